//! From samples to the inputs of a network: order, variation, scale.

use super::elastic::fill_distorted;
use super::pen::change_pen;
use super::{Dataset, PIXELS, SIDE};
use crate::random::{Purpose, stream};
use crate::vectorize::vectorized;
use ndarray::ArrayRef2;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand::seq::SliceRandom;

/// How many times as strong as [`Augment::Elastic`]'s the distortions of [`Augment::ElasticStrong`] are.
const STRONG: f32 = 1.4;

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
    /// Turned, stretched, slanted, moved and bent a little (Simard et al., 2003, *Best Practices for Convolutional
    /// Neural Networks*).
    Elastic,
    /// [`Augment::Elastic`], 1.4 times as strong.
    ElasticStrong,
    /// [`Augment::Elastic`], and as if other pens had been used: thicker or thinner strokes, out of focus, grainy.
    Pens,
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
/// If `x` has fewer rows than there are indices, if an index is that of no image, or if `x` or the images have not 784
/// columns that are neighbours in memory.
pub fn fill(
    data: &Dataset,
    indices: &[usize],
    augment: Augment,
    seed: u64,
    epoch: u64,
    x: &mut ArrayRef2<f32>,
) {
    assert!(
        indices.len() <= x.nrows() && x.ncols() == PIXELS && data.images.ncols() == PIXELS,
        "images of 784 pixels, and a row of as many columns for each of them"
    );
    for (&index, mut x) in indices.iter().zip(x.outer_iter_mut()) {
        let image = data.images.row(index);
        let (Some(image), Some(x)) = (image.to_slice(), x.as_slice_mut()) else {
            unreachable!("the pixels of an image are neighbours in memory");
        };
        let rng = || stream(seed, Purpose::Augmentation, epoch, index as u64);
        match augment {
            Augment::None => fill_shifted(image, [0, 0], x),
            Augment::Shift => {
                let mut rng = rng();
                let shift = [rng.random_range(-1..=1), rng.random_range(-1..=1)];
                fill_shifted(image, shift, x);
            }
            Augment::Elastic => fill_distorted(image, 1.0, &mut rng(), x),
            Augment::ElasticStrong => fill_distorted(image, STRONG, &mut rng(), x),
            Augment::Pens => {
                let mut rng = rng();
                fill_distorted(image, 1.0, &mut rng, x);
                change_pen(&mut rng, x);
            }
        }
    }
}

vectorized! {
    /// The image moved down and right by `shift`, each from −1 to 1, with background where nothing moves in.
    fn fill_shifted(image: &[u8], shift: [i32; 2], x: &mut [f32]) {
        let [down, right] = shift;
        // In one sweep over all lines, as if they were one: what leaves a line at its end enters the next one.
        let by = down * SIDE as i32 + right;
        let (into, from) = (by.max(0) as usize, (-by).max(0) as usize);
        let length = PIXELS - into - from;
        x[..into].fill(0.0);
        x[into + length..PIXELS].fill(0.0);
        for (x, &pixel) in x[into..into + length].iter_mut().zip(&image[from..from + length]) {
            *x = f32::from(pixel) / 255.0;
        }
        // That was one column, which is background.
        if right != 0 {
            let entered = if right > 0 { 0 } else { SIDE - 1 };
            for line in x.chunks_exact_mut(SIDE) {
                line[entered] = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_move_every_pixel_and_bring_in_background() {
        let image: Vec<u8> = (0..PIXELS).map(|i| (i % 251 + 1) as u8).collect();
        let mut x = vec![7.0; PIXELS];
        for (down, right) in [(0, 0), (1, 0), (-1, 1), (1, -1), (0, 1), (-1, -1)] {
            fill_shifted(&image, [down, right], &mut x);
            for (index, &found) in x.iter().enumerate() {
                let (row, column) = ((index / SIDE) as i32 - down, (index % SIDE) as i32 - right);
                let inside = (0..28).contains(&row) && (0..28).contains(&column);
                let pixel = if inside {
                    image[(row * 28 + column) as usize]
                } else {
                    0
                };
                assert_eq!(
                    found.to_bits(),
                    (f32::from(pixel) / 255.0).to_bits(),
                    "{down} {right} {index}"
                );
            }
        }
    }
}
