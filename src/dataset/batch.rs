//! From samples to the inputs of a network: order, variation, scale.

use super::{Dataset, SIDE};
use crate::random::{Purpose, stream};
use ndarray::{ArrayRef1, ArrayRef2};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand::seq::SliceRandom;

/// How images are varied while training, anew for every image in every epoch.
///
/// ```
/// use digits::{dataset::Augment, train::Preset};
///
/// assert_eq!(Preset::Mlp.config().augment, Augment::Shift);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Augment {
    /// Not at all.
    None,
    /// Shifted by −1, 0 or 1 pixel in each direction.
    Shift,
}

/// The order of `count` samples in `epoch`: a permutation of 0..count.
///
/// ```
/// let mut order = digits::dataset::batch::order(5, 42, 0);
/// order.sort_unstable();
/// assert_eq!(order, [0, 1, 2, 3, 4]);
/// ```
pub fn order(count: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut stream(seed, Purpose::Shuffling, epoch, 0));
    order
}

/// Writes the samples `indices` of `data` as inputs in 0..=1 into the first rows of `x` (at least B, 784), varied by
/// `augment`.
///
/// ```
/// use digits::dataset::{Augment, Dataset, PIXELS, batch};
/// use ndarray::{Array1, Array2};
///
/// let data = Dataset { images: Array2::from_elem((2, PIXELS), 51), labels: Array1::zeros(2) };
/// let mut x = Array2::zeros((1, PIXELS));
/// batch::fill(&data, &[1], Augment::None, 0, 0, &mut x);
/// assert!(x.iter().all(|&pixel| pixel == 0.2));
/// ```
///
/// # Panics
/// If `x` has fewer rows than there are indices.
pub fn fill(
    data: &Dataset,
    indices: &[usize],
    augment: Augment,
    seed: u64,
    epoch: u64,
    x: &mut ArrayRef2<f32>,
) {
    for (row, &index) in indices.iter().enumerate() {
        let image = data.images.row(index);
        let mut x = x.row_mut(row);
        match augment {
            Augment::None => x.zip_mut_with(&image, |x, &pixel| *x = scale(pixel)),
            Augment::Shift => {
                let mut rng = stream(seed, Purpose::Augmentation, epoch, index as u64);
                let shift = [rng.random_range(-1_i32..=1), rng.random_range(-1_i32..=1)];
                fill_shifted(&image, shift, &mut x);
            }
        }
    }
}

/// A pixel as a network input.
fn scale(pixel: u8) -> f32 {
    f32::from(pixel) / 255.0
}

/// The image moved down and right by `shift`, with background where nothing moves in.
fn fill_shifted(image: &ArrayRef1<u8>, [down, right]: [i32; 2], x: &mut ArrayRef1<f32>) {
    let side = SIDE as i32;
    for (index, x) in x.iter_mut().enumerate() {
        let (row, column) = ((index / SIDE) as i32 - down, (index % SIDE) as i32 - right);
        let inside = (0..side).contains(&row) && (0..side).contains(&column);
        *x = if inside {
            scale(image[(row * side + column) as usize])
        } else {
            0.0
        };
    }
}
