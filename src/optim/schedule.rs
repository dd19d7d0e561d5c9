//! Learning-rate schedules: the rate of every step, as a function of the step alone.

use std::f32::consts::PI;

/// How the learning rate goes from the first step to the last.
///
/// ```
/// use digits::optim::Schedule;
///
/// assert_eq!(Schedule::Constant.rate(0.1, 70, 100), 0.1);
/// assert_eq!(Schedule::Cosine.rate(0.1, 0, 100), 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// The peak rate throughout.
    Constant,
    /// From the peak down to 0 along half a cosine (Loshchilov & Hutter, 2017, *SGDR*).
    Cosine,
    /// Up from a 25th of the peak and down to 0, both along half a cosine (Smith & Topin, 2018,
    /// *Super-Convergence*).
    OneCycle {
        /// Share of the steps that goes up, in (0, 1).
        warm_up: f32,
    },
}

impl Schedule {
    /// The rate of `step` (counted from 0) of `steps`.
    ///
    /// ```
    /// use digits::optim::Schedule;
    ///
    /// let cycle = Schedule::OneCycle { warm_up: 0.2 };
    /// assert!((cycle.rate(0.2, 0, 100) - 0.2 / 25.0).abs() < 1e-6);
    /// assert_eq!(cycle.rate(0.2, 20, 100), 0.2);
    /// assert!(cycle.rate(0.2, 99, 100) < 0.001);
    /// ```
    pub fn rate(self, peak: f32, step: u64, steps: u64) -> f32 {
        let done = step as f32 / steps.max(1) as f32;
        match self {
            Self::Constant => peak,
            Self::Cosine => half_cosine(peak, 0.0, done),
            Self::OneCycle { warm_up } if done < warm_up => half_cosine(peak / 25.0, peak, done / warm_up),
            Self::OneCycle { warm_up } => half_cosine(peak, 0.0, (done - warm_up) / (1.0 - warm_up)),
        }
    }
}

/// From `start` at 0 to `end` at 1, level at both ends.
fn half_cosine(start: f32, end: f32, done: f32) -> f32 {
    end + (start - end) * 0.5 * (1.0 + (PI * done).cos())
}
