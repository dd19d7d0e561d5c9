//! Other pens and other cameras: what real pictures of digits suffer beside being bent.
//!
//! MNIST's strokes all come from similar pens, through the same scanner. Here some images get thicker or thinner
//! strokes, by grey-scale dilation and erosion (Serra, 1982, *Image Analysis and Mathematical Morphology*), some are
//! out of focus, by the binomial filter 1 2 1, and some have grainy ink. The background has no grain, as the reading
//! of pictures leaves it.

use super::{PIXELS, SIDE};
use crate::vectorize::vectorized;
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

/// Probability of each of the three.
const SHARE: f32 = 0.3;
/// Largest standard deviation of the grain.
const GRAIN: f32 = 0.15;
/// Up to this it is background, which gets no grain.
const INK: f32 = 0.05;

/// Changes `x` (784 numbers in 0..=1), which stays in that range.
pub(super) fn change_pen(rng: &mut impl Rng, x: &mut [f32]) {
    if rng.random::<f32>() < SHARE {
        // Towards the largest neighbour, or the smallest, by some of the way.
        let (thicker, strength) = (rng.random::<bool>(), rng.random());
        spread(thicker, strength, 1, x);
        spread(thicker, strength, SIDE, x);
    }
    if rng.random::<f32>() < SHARE {
        let strength = rng.random();
        blur(strength, 1, x);
        blur(strength, SIDE, x);
    }
    if rng.random::<f32>() < SHARE {
        let deviation = GRAIN * rng.random::<f32>();
        for x in x.iter_mut().filter(|x| **x > INK) {
            let grain: f32 = StandardNormal.sample(rng);
            *x = (*x * (1.0 + deviation * grain)).clamp(0.0, 1.0);
        }
    }
}

vectorized! {
    /// Moves every pixel towards the largest (or smallest) of itself and its two neighbours at the distance `step`: 1
    /// for those in its row, [`SIDE`] for those in its column. The outermost pixels, which have one neighbour only,
    /// stay.
    fn spread(thicker: bool, strength: f32, step: usize, x: &mut [f32]) {
        let mut before = [0.0; PIXELS];
        before.copy_from_slice(x);
        for (index, x) in x.iter_mut().enumerate().take(PIXELS - step).skip(step) {
            let (a, b, c) = (before[index - step], before[index], before[index + step]);
            let extreme = if thicker { a.max(b).max(c) } else { a.min(b).min(c) };
            *x = b + strength * (extreme - b);
        }
        keep_ends(step, &before, x);
    }
}

vectorized! {
    /// Moves every pixel towards ¼ a + ½ b + ¼ c of its neighbours a and c, which are those of [`spread`].
    fn blur(strength: f32, step: usize, x: &mut [f32]) {
        let mut before = [0.0; PIXELS];
        before.copy_from_slice(x);
        for (index, x) in x.iter_mut().enumerate().take(PIXELS - step).skip(step) {
            let (a, b, c) = (before[index - step], before[index], before[index + step]);
            *x = b + strength * 0.25 * (a + c - 2.0 * b);
        }
        keep_ends(step, &before, x);
    }
}

/// Puts back the ends of rows, whose neighbours in memory belong to other rows.
fn keep_ends(step: usize, before: &[f32; PIXELS], x: &mut [f32]) {
    if step == 1 {
        for (x, before) in x.chunks_exact_mut(SIDE).zip(before.chunks_exact(SIDE)) {
            (x[0], x[SIDE - 1]) = (before[0], before[SIDE - 1]);
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    /// A vertical stroke of three columns, at half ink.
    fn stroke() -> [f32; PIXELS] {
        std::array::from_fn(|i| {
            let inked = (4..24).contains(&(i / SIDE)) && (12..15).contains(&(i % SIDE));
            if inked { 0.5 } else { 0.0 }
        })
    }

    fn ink(x: &[f32]) -> f32 {
        x.iter().sum()
    }

    #[test]
    fn strokes_get_thicker_and_thinner_and_blur_keeps_ink() {
        let at = |column| 10 * SIDE + column;
        let mut x = stroke();
        spread(true, 1.0, 1, &mut x);
        assert_eq!((x[at(11)], x[at(12)], x[at(10)]), (0.5, 0.5, 0.0));
        let mut x = stroke();
        spread(false, 0.5, 1, &mut x);
        assert_eq!((x[at(11)], x[at(12)], x[at(13)]), (0.0, 0.25, 0.5));
        let mut x = stroke();
        blur(1.0, SIDE, &mut x);
        assert!((ink(&x) - ink(&stroke())).abs() < 1e-4 && x[3 * SIDE + 13] > 0.1);
    }

    #[test]
    fn pens_differ_stay_in_range_and_leave_the_background_alone() {
        use crate::random::{Purpose, stream};
        let mut inks = Vec::new();
        for sample in 0..200 {
            let mut x = stroke();
            change_pen(&mut stream(1, Purpose::Augmentation, 0, sample), &mut x);
            assert!(x.iter().all(|x| (0.0..=1.0).contains(x)));
            assert_eq!(x[10 * SIDE + 20], 0.0);
            inks.push(ink(&x));
        }
        let same = inks.iter().filter(|&&found| found == ink(&stroke())).count();
        // All three left out: 0.7³ of the images.
        assert!((40..100).contains(&same), "{same}");
        assert!(inks.iter().any(|&found| found > 1.2 * ink(&stroke())));
        assert!(inks.iter().any(|&found| found < 0.8 * ink(&stroke())));
    }
}
