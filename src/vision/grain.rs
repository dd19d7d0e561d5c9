//! Grain: what differs from pixel to pixel, which hides ink on dark paper.

use super::Grey;
use super::picture::Picture;
use ndarray::s;

/// The strongest grain, as a share of the paper's shade, that ink is told from.
const STRONGEST: f32 = 0.04;
/// Paper darker than this counts as this.
const DARKEST: f32 = 0.15;
/// Pictures are not made smaller than this on their longer side, in pixels.
const SMALLEST: usize = 35;

/// The picture at half of its size, and at half of that, until its grain is weak; with it goes half of the grain each time. None if there is
/// little.
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
/// From what each pixel differs by from a mean of its neighbours that leaves no slope (Immerkær, 1996, *Fast Noise Variance Estimation*);
/// of all pixels the median, so that strokes have no say.
fn share(grey: &Grey) -> f32 {
    let (rows, columns) = grey.dim();
    if rows < 3 || columns < 3 {
        return 0.0;
    }
    let mut shades = grey.flatten().to_vec();
    let mut differences = vec![0.0_f32; (rows - 2) * (columns - 2)];
    let mut at = differences.chunks_exact_mut(columns - 2);
    for (above, here, below) in (0..rows - 2).map(|row| (row, row + 1, row + 2)) {
        let [above, here, below] = [above, here, below].map(|row| grey.slice(s![row, ..]));
        for (column, difference) in at.next().into_iter().flatten().enumerate() {
            let twice =
                |line: ndarray::ArrayView1<f32>| line[column] - 2.0 * line[column + 1] + line[column + 2];
            *difference = (twice(above) - 2.0 * twice(here) + twice(below)).abs();
        }
    }
    let median = |values: &mut [f32]| {
        let middle = values.len() / 2;
        *values.select_nth_unstable_by(middle, f32::total_cmp).1
    };
    // The median of a normal distribution's absolute values, and the length of the nine weights.
    let deviation = median(&mut differences) / 0.6745 / 6.0;
    deviation / median(&mut shades).max(DARKEST)
}
