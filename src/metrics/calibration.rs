//! Whether probabilities mean what they say.

use super::{argmax, check_lengths};
use ndarray::{ArrayRef1, ArrayRef2};

/// Bins of the expected calibration error and of the reliability diagram.
const BINS: usize = 15;

/// The predictions whose probabilities fall into one bin.
///
/// ```
/// use digits::metrics::Bin;
///
/// let bin = Bin { count: 4, right: 3, probability: 3.6 };
/// assert_eq!((bin.accuracy(), bin.confidence()), (Some(0.75), Some(0.9)));
/// assert_eq!(Bin::default().accuracy(), None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// How many there are.
    pub count: u64,
    /// How many of them are right.
    pub right: u64,
    /// The sum of their probabilities.
    pub probability: f64,
}

impl Bin {
    /// The share that is right, in 0..=1; `None` of an empty bin.
    ///
    /// ```
    /// let bin = digits::metrics::Bin { count: 2, right: 1, probability: 1.5 };
    /// assert_eq!(bin.accuracy(), Some(0.5));
    /// ```
    pub fn accuracy(&self) -> Option<f64> {
        (self.count > 0).then(|| self.right as f64 / self.count as f64)
    }

    /// The mean probability, in 0..=1; `None` of an empty bin.
    ///
    /// ```
    /// let bin = digits::metrics::Bin { count: 2, right: 1, probability: 1.5 };
    /// assert_eq!(bin.confidence(), Some(0.75));
    /// ```
    pub fn confidence(&self) -> Option<f64> {
        (self.count > 0).then(|| self.probability / self.count as f64)
    }
}

/// The predictions of `probabilities` (N, C) for `labels` (N), sorted into 15 equal bins by the probability of their
/// class, as reliability diagrams show them (Niculescu-Mizil & Caruana, 2005, *Predicting Good Probabilities with
/// Supervised Learning*).
///
/// ```
/// let bins = digits::metrics::reliability(&ndarray::array![[0.99, 0.01], [0.42, 0.58]], &ndarray::array![0, 0]);
/// assert_eq!((bins[14].count, bins[14].right, bins[8].count, bins[8].right), (1, 1, 1, 0));
/// ```
///
/// # Panics
/// If there are not as many labels as rows, or there is no class.
pub fn reliability(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) -> [Bin; BINS] {
    check_lengths(probabilities, labels);
    let mut bins = [Bin::default(); BINS];
    for (row, &label) in probabilities.outer_iter().zip(labels) {
        let class = argmax(&row);
        let probability = f64::from(row[class]);
        // Bins are open below and closed above.
        let bin = &mut bins[((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
        bin.count += 1;
        bin.right += u64::from(class == usize::from(label));
        bin.probability += probability;
    }
    bins
}

/// Expected calibration error of `probabilities` (N, C) against `labels` (N): the mean over all samples of how far
/// the accuracy of their bin of [`reliability`] is from its mean probability, in 0..=1 (Guo et al., 2017, *On
/// Calibration of Modern Neural Networks*).
///
/// ```
/// use digits::metrics::calibration_error;
/// use ndarray::array;
///
/// // Always sure to 80 %, and right every other time.
/// let error = calibration_error(&array![[0.8, 0.2], [0.8, 0.2]], &array![0, 1]);
/// assert!((error - 0.3).abs() < 1e-6);
/// ```
///
/// # Panics
/// As [`reliability`].
pub fn calibration_error(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) -> f64 {
    let bins = reliability(probabilities, labels);
    let gaps = bins.iter().map(|bin| (bin.probability - bin.right as f64).abs());
    gaps.sum::<f64>() / labels.len().max(1) as f64
}
