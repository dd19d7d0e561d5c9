//! How far a share that was counted may be from the true one.

/// The quantile of the normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// 95 % confidence interval, in 0..=1, of a share of which `count` trials showed `successes`; `[0, 1]` without a trial.
///
/// (p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n) (Wilson, 1927, *Probable Inference, the Law of Succession,
/// and Statistical Inference*). Unlike p̂ ± z·standard error it stays within 0..=1 and has a width even where
/// nothing, or everything, succeeded, which is where accuracies of digits are.
///
/// ```
/// use digits::metrics::wilson_interval;
///
/// let [low, high] = wilson_interval(9901, 10_000);
/// assert!(low < 0.9901 && 0.9901 < high && high - low < 0.004);
/// ```
pub fn wilson_interval(successes: u64, count: u64) -> [f64; 2] {
    if count == 0 {
        return [0.0, 1.0];
    }
    let n = count as f64;
    let share = successes.min(count) as f64 / n;
    let square = Z * Z / n;
    let middle = share + square / 2.0;
    let reach = Z * (share * (1.0 - share) / n + square / (4.0 * n)).sqrt();
    // Rounding may step over the ends.
    [middle - reach, middle + reach].map(|end| (end / (1.0 + square)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe, 1998, *Two-Sided Confidence Intervals for the Single Proportion*, table I, method 3, and
    /// `statsmodels.stats.proportion.proportion_confint(9901, 10000, method="wilson")`.
    #[test]
    fn intervals_are_the_published_ones() {
        for (successes, count, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (20, 20, 0.8389, 1.0000),
            (9901, 10_000, 0.9880, 0.9919),
        ] {
            let found = wilson_interval(successes, count);
            for (found, expected) in found.into_iter().zip([low, high]) {
                assert!((found - expected).abs() < 6e-5, "{successes}/{count}: {found}");
            }
        }
        let [low, high] = wilson_interval(0, 0);
        assert!(low < 1e-9 && high > 1.0 - 1e-9);
    }
}
