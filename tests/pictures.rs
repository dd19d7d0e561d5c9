//! From pictures to 28×28: MNIST's own images come back as they are.

mod common;

use common::root;
use digits::dataset::mnist;
use digits::vision::{normalize, plain_ink};
use ndarray::Array2;

/// The longer side of the box around an image's ink.
fn long_side(image: &Array2<u8>) -> usize {
    let extent = |lines: Vec<bool>| {
        let first = lines.iter().position(|&inked| inked).unwrap();
        lines.iter().rposition(|&inked| inked).unwrap() + 1 - first
    };
    let inked = |line: ndarray::ArrayView1<u8>| line.iter().any(|&pixel| pixel > 0);
    extent(image.rows().into_iter().map(inked).collect())
        .max(extent(image.columns().into_iter().map(inked).collect()))
}

/// Every test image, as it is and enlarged by repetition, each in both polarities.
///
/// The exceptions: three test images break MNIST's own rule, since their ink is not 20 pixels long.
#[test]
fn mnist_images_come_back_byte_for_byte() {
    let mnist = mnist::load(&root().join("data")).unwrap();
    let (mut not_20, mut others) = (0, Vec::new());
    for (index, image) in mnist.test.images.outer_iter().enumerate() {
        let image = Array2::from_shape_fn((28, 28), |(row, column)| image[row * 28 + column]);
        if long_side(&image) != 20 {
            not_20 += 1;
            continue;
        }
        for (enlarged, inverted) in [(1, false), (1, true), (2, false), (3, true)] {
            let grey = Array2::from_shape_fn((28 * enlarged, 28 * enlarged), |(row, column)| {
                let ink = f32::from(image[[row / enlarged, column / enlarged]]) / 255.0;
                if inverted { 1.0 - ink } else { ink }
            });
            if normalize(&plain_ink(&grey).unwrap()).as_ref() != Some(&image) && others.last() != Some(&index)
            {
                others.push(index);
            }
        }
    }
    assert_eq!((not_20, others.len()), (3, 0), "{others:?}");
}
