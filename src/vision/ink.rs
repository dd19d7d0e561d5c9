//! From shades of grey to ink: 0 is paper, 1 ink.

use super::Grey;
use ndarray::{Array2, s};

/// Difference from the border below which nothing is ink in a picture without a constant border.
const MIN_CONTRAST: f32 = 0.08;
/// Share of the border that has exactly one shade where a border is called constant: ink may touch it.
const CONSTANT: f32 = 0.75;
/// Bins of the histogram that Otsu's method divides.
const BINS: usize = 256;

/// The ink of a picture, of its shape, each in 0..=1.
///
/// The border tells paper from ink. If it has one shade, but for ink that touches it, every pixel of another shade is
/// ink, as strong as it differs and unstretched. Otherwise the border's median is paper, and a global threshold by Otsu's method (1979, *A
/// Threshold Selection Method from Gray-Level Histograms*) on the difference from it finds the ink.
///
/// # Panics
/// If a shade is not in 0..=1.
///
/// ```
/// use ndarray::array;
///
/// let picture = array![[1.0, 1.0, 1.0], [1.0, 0.25, 1.0], [1.0, 1.0, 1.0]];
/// let ink = digits::vision::ink_of(&picture);
/// assert_eq!(ink, array![[0.0, 0.0, 0.0], [0.0, 0.75, 0.0], [0.0, 0.0, 0.0]]);
/// ```
pub fn ink_of(grey: &Grey) -> Array2<f32> {
    let mut border = border_of(grey);
    if border.is_empty() {
        return grey.clone();
    }
    let middle = border.len() / 2;
    let (_, &mut paper, _) = border.select_nth_unstable_by(middle, f32::total_cmp);
    let of_one_shade = border
        .iter()
        .filter(|shade| shade.to_bits() == paper.to_bits())
        .count();
    if of_one_shade as f32 >= CONSTANT * border.len() as f32 {
        return grey.mapv(|shade| (shade - paper).abs());
    }
    let lighter = grey.iter().fold(0.0, |most: f32, &shade| most.max(shade - paper));
    let darker = grey.iter().fold(0.0, |most: f32, &shade| most.max(paper - shade));
    let sign = if darker >= lighter { -1.0 } else { 1.0 };
    let difference = grey.mapv(|shade| (sign * (shade - paper)).max(0.0));
    let threshold = otsu(&difference);
    let ink = difference.iter().filter(|&&value| value > threshold);
    let full = ink.clone().sum::<f32>() / ink.count().max(1) as f32;
    if full < MIN_CONTRAST {
        return Array2::zeros(grey.dim());
    }
    difference.mapv(|value| {
        if value > threshold {
            (value / full).min(1.0)
        } else {
            0.0
        }
    })
}

/// The outermost pixels.
fn border_of(grey: &Grey) -> Vec<f32> {
    let sides = [s![..1, ..], s![-1.., ..]]
        .map(|side| grey.slice(side))
        .into_iter();
    let ends = [s![.., ..1], s![.., -1..]].map(|side| grey.slice(side));
    sides
        .chain(ends)
        .flat_map(|side| side.iter().copied().collect::<Vec<_>>())
        .collect()
}

/// The threshold in 0..=1 that leaves the two sides with the least variance within them.
fn otsu(values: &Array2<f32>) -> f32 {
    let mut histogram = [0.0_f64; BINS];
    for value in values {
        histogram[(value * (BINS - 1) as f32).round() as usize] += 1.0;
    }
    let total: f64 = histogram.iter().sum();
    let sum: f64 = histogram
        .iter()
        .enumerate()
        .map(|(bin, count)| bin as f64 * count)
        .sum();
    let (mut below, mut below_sum, mut best, mut threshold) = (0.0, 0.0, 0.0, 0);
    for (bin, count) in histogram.iter().enumerate() {
        below += count;
        below_sum += bin as f64 * count;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let between = below * above * (below_sum / below - (sum - below_sum) / above).powi(2);
        if between > best {
            (best, threshold) = (between, bin);
        }
    }
    (threshold as f32 + 0.5) / (BINS - 1) as f32
}
