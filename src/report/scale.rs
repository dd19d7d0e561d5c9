//! From numbers to places along an axis, and which numbers to write beside it.

/// A linear axis from the numbers `domain` to the places `range`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) domain: [f64; 2],
    pub(super) range: [f64; 2],
}

impl Scale {
    /// The place of `number`, which is held within the domain.
    pub(super) fn at(&self, number: f64) -> f64 {
        let ([low, high], [from, to]) = (self.domain, self.range);
        let share = if high > low {
            (number - low) / (high - low)
        } else {
            0.5
        };
        from + (to - from) * share.clamp(0.0, 1.0)
    }
}

/// Round numbers, about `count` of them, whose first is not above `low` and whose last is not below `high`: multiples
/// of 1, 2 or 5 times a power of ten (Heckbert, 1990, *Nice Numbers for Graph Labels*).
pub(super) fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    // So wide at least that neighbouring ticks are different numbers.
    let least = 1e-6 * (1.0 + low.abs().max(high.abs()));
    let step = nice((high - low).max(least) / count.max(1) as f64);
    // A hair of rounding is no reason for another tick.
    let (first, last) = ((low / step + 1e-6).floor(), (high / step - 1e-6).ceil());
    let steps = (last - first).clamp(1.0, 100.0) as usize;
    (0..=steps).map(|index| (first + index as f64) * step).collect()
}

/// The least of 1, 2, 5 and 10 times a power of ten that is not below `step`, which is above 0.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factors = [1.0, 2.0, 5.0].into_iter();
    power
        * factors
            .clone()
            .find(|factor| step <= factor * power * (1.0 + 1e-9))
            .unwrap_or(10.0)
}

/// The number with as many decimals as its step needs, at most eight.
pub(super) fn label(number: f64, step: f64) -> String {
    let decimals = (-(step.abs().max(1e-8) * 1.000_001).log10().floor()).max(0.0) as usize;
    // No minus before a zero.
    let number = if number.abs() < step.abs() / 2.0 {
        0.0
    } else {
        number
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_both_ends() {
        for (low, high, count, expected) in [
            (0.0, 0.78, 4, &["0.0", "0.2", "0.4", "0.6", "0.8"][..]),
            (84.4, 99.4, 4, &["80", "85", "90", "95", "100"]),
            (1.0, 12.0, 3, &["0", "5", "10", "15"]),
            (98.97, 100.0, 4, &["98.5", "99.0", "99.5", "100.0"]),
            (-0.3, 0.3, 3, &["-0.4", "-0.2", "0.0", "0.2", "0.4"]),
        ] {
            let ticks = ticks(low, high, count);
            let labels: Vec<String> = ticks
                .iter()
                .map(|&tick| label(tick, ticks[1] - ticks[0]))
                .collect();
            assert_eq!(labels, expected);
        }
        // Numbers that are all the same still make an axis.
        for number in [0.0, 0.5, 1e9, -3.0] {
            let ticks = ticks(number, number, 4);
            assert!(
                ticks.len() > 1 && ticks[0] <= number && number <= ticks[ticks.len() - 1],
                "{ticks:?}"
            );
            assert!(ticks[0] < ticks[1], "{ticks:?}");
        }
    }

    #[test]
    fn places_stay_on_the_axis() {
        let scale = Scale {
            domain: [0.0, 2.0],
            range: [100.0, 0.0],
        };
        assert_eq!(
            [0.0, 0.5, 2.0, 3.0].map(|number| scale.at(number) as i32),
            [100, 75, 0, 0]
        );
    }
}
