//! Grain: what differs from pixel to pixel, which hides ink on dark paper.

use super::paper::DARKEST;
use super::picture::Picture;
use super::{Grey, median};

/// The strongest grain, as a share of the paper's shade, that ink is told from.
const STRONGEST: f32 = 0.04;
/// Pictures are not made smaller than this on their longer side, in pixels.
const SMALLEST: usize = 35;

/// The picture at half of its size, and at half of that, until its grain is weak; with it goes half of the grain each
/// time. None if there is little.
pub(super) fn without_grain(picture: &Picture) -> Option<Picture> {
    let mut smooth = None;
    loop {
        let last = smooth.as_ref().unwrap_or(picture);
        let long_side = last.grey.nrows().max(last.grey.ncols());
        if long_side < 2 * SMALLEST || share(&last.grey) <= STRONGEST {
            return smooth;
        }
        smooth = Some(last.reduced(2));
    }
}

/// The standard deviation of the grain as a share of the paper's shade, which is the median one.
///
/// From what pixels differ by from a mean of their neighbours that leaves no slope (Immerkær, 1996, *Fast Noise
/// Variance Estimation*); of every third line the median, so that strokes have no say.
fn share(grey: &Grey) -> f32 {
    let (rows, columns) = grey.dim();
    if rows < 3 || columns < 3 {
        return 0.0;
    }
    let (mut differences, mut shades) = (Vec::new(), Vec::new());
    for lines in grey.exact_chunks((3, columns)) {
        let bend = |line: usize, column: usize| {
            lines[[line, column]] - 2.0 * lines[[line, column + 1]] + lines[[line, column + 2]]
        };
        let columns = 0..columns - 2;
        differences.extend(columns.map(|at| (bend(0, at) - 2.0 * bend(1, at) + bend(2, at)).abs()));
        shades.extend(lines.row(1));
    }
    // The length of the nine weights, and the median of a normal distribution's absolute values.
    let deviation = median(differences).map(|median| median / 6.0 / 0.6745);
    let paper = median(shades).map(|paper| paper.max(DARKEST));
    deviation
        .zip(paper)
        .map_or(0.0, |(deviation, paper)| deviation / paper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use rand_chacha::{ChaCha8Rng, rand_core::RngCore, rand_core::SeedableRng};

    #[test]
    fn the_grain_of_a_slope_is_known_and_halved_until_it_is_weak() {
        for (deviation, reduction) in [(0.005, None), (0.015, Some(2)), (0.05, Some(8))] {
            let mut rng = ChaCha8Rng::seed_from_u64(0);
            let mut uniform = || f64::from(rng.next_u32()) as f32 / u32::MAX as f32;
            let grey = Array2::from_shape_fn((300, 400), |(row, _)| {
                // The sum of twelve has the variance 1.
                let normal = (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
                0.2 + 0.0003 * row as f32 + deviation * normal
            });
            let found = share(&grey);
            let expected = deviation / 0.245;
            assert!((found - expected).abs() < 0.1 * expected, "{deviation}: {found}");
            let smooth = without_grain(&Picture::grey(grey));
            assert_eq!(smooth.map(|smooth| smooth.reduction), reduction, "{deviation}");
        }
    }
}
