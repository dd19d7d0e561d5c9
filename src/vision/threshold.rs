//! Thresholds between paper and ink.

use ndarray::ArrayRef2;

/// Bins of the histogram that Otsu's method divides.
const BINS: usize = 256;
/// Contrast below which nothing is ink.
const FAINTEST: f32 = 0.035;
/// Standard deviations of the paper's grain above which something may be ink.
const ABOVE_GRAIN: f32 = 5.0;
/// The most thresholds that are tried; and by which factor the next must be higher, to tell anything new.
const LEVELS: usize = 3;
const HIGHER: f32 = 1.1;

/// The threshold in 0..=1 among values from `least` on (those above 1 count as 1) that leaves its two sides with the
/// least variance within them (Otsu, 1979, *A Threshold Selection Method from Gray-Level Histograms*); `least` if
/// there is nothing to divide.
pub(super) fn otsu(values: &ArrayRef2<f32>, least: f32) -> f32 {
    let mut histogram = [0.0_f64; BINS];
    for value in values.iter().filter(|&&value| value >= least) {
        let bin = (value * (BINS - 1) as f32).round() as usize;
        histogram[bin.min(BINS - 1)] += 1.0;
    }
    let total: f64 = histogram.iter().sum();
    let sum: f64 = histogram
        .iter()
        .enumerate()
        .map(|(bin, count)| bin as f64 * count)
        .sum();
    let (mut below, mut below_sum, mut best, mut threshold) = (0.0, 0.0, 0.0, None);
    for (bin, count) in histogram.iter().enumerate() {
        below += count;
        below_sum += bin as f64 * count;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let between = below * above * (below_sum / below - (sum - below_sum) / above).powi(2);
        if between > best {
            (best, threshold) = (between, Some(bin));
        }
    }
    threshold.map_or(least, |bin| (bin as f32 + 0.5) / (BINS - 1) as f32)
}

/// Thresholds to try on contrasts: just above the paper's grain, then by Otsu's method among what lies above the one
/// before, which tells printed lines from a pen, or a pen's strokes from its blots.
pub(super) fn levels(contrast: &ArrayRef2<f32>) -> Vec<f32> {
    let mut values = contrast.flatten().to_vec();
    let mut quantile = |share: f32| {
        let rank = (share * (values.len() - 1) as f32) as usize;
        *values.select_nth_unstable_by(rank, f32::total_cmp).1
    };
    // At least half of the pixels are paper; the standard deviation is that of a normal distribution with these
    // quantiles.
    let (lower, middle) = (quantile(0.2), quantile(0.5));
    let deviation = (middle - lower) / 0.8416;
    let grain = (middle + ABOVE_GRAIN * deviation).clamp(FAINTEST, 1.0);
    let mut levels = vec![grain];
    while levels.len() < LEVELS {
        let last = levels[levels.len() - 1];
        let next = otsu(contrast, last);
        if next <= last * HIGHER {
            break;
        }
        levels.push(next);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::super::art::{drawn, enlarged};
    use super::*;

    /// Grain of a hundredth, and a stroke whose soft edges are half as strong.
    #[test]
    fn levels_lie_above_the_grain_and_below_the_ink() {
        let mut page = enlarged(
            &drawn(&[
                "........", "..+##+..", "..+##+..", "..+##+..", "........", "........",
            ]),
            10,
        );
        for (index, value) in page.iter_mut().enumerate() {
            *value = 0.8 * *value + 0.01 * ((index * 7919) % 11) as f32 / 11.0;
        }
        let levels = levels(&page);
        assert!(levels[0] < 0.1 && levels.is_sorted(), "{levels:?}");
        assert!((0.4..0.8).contains(&levels[1]), "{levels:?}");
        assert!((0.4..0.8).contains(&otsu(&page, levels[0])));
    }
}
