//! How good predictions are, each figure with what it is worth.

use ndarray::{Array2, ArrayRef1, ArrayRef2};

/// Probabilities are held above this, so that one wrong answer does not make the mean loss infinite.
const LEAST: f64 = 1e-12;

/// What a classifier did on a labelled set.
///
/// ```
/// use digits::metrics::Metrics;
/// use ndarray::array;
///
/// let metrics = Metrics::of(&array![[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]], &array![0, 1, 1]);
/// assert_eq!(metrics.count, 3);
/// assert!((metrics.accuracy - 2.0 / 3.0).abs() < 1e-9);
/// assert!((metrics.standard_error() - (2.0_f64 / 27.0).sqrt()).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Number of samples N.
    pub count: usize,
    /// Share of samples whose most probable class is their label, in 0..=1.
    pub accuracy: f64,
    /// Mean of −ln p(label), natural logarithm; p is held above 10⁻¹².
    pub loss: f64,
    /// Counts, shape (C, C): rows are true classes, columns predicted ones.
    pub confusion: Array2<u64>,
}

/// Precision, recall and their harmonic mean for one class, each in 0..=1; 0 where it is undefined.
///
/// ```
/// use digits::metrics::Metrics;
/// use ndarray::array;
///
/// let class = Metrics::of(&array![[0.9, 0.1], [0.8, 0.2]], &array![0, 1]).classes()[0];
/// assert_eq!((class.precision, class.recall, class.support), (0.5, 1.0, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassMetrics {
    /// Of those predicted to be of the class, the share that is.
    pub precision: f64,
    /// Of those that are of the class, the share predicted to be.
    pub recall: f64,
    /// 2·precision·recall / (precision + recall).
    pub f1: f64,
    /// Number of samples of the class.
    pub support: u64,
}

impl Metrics {
    /// Measures `probabilities` (N, C) against `labels` (N), each below C.
    ///
    /// ```
    /// use digits::metrics::Metrics;
    /// use ndarray::array;
    ///
    /// let metrics = Metrics::of(&array![[0.9, 0.1], [0.8, 0.2]], &array![0, 1]);
    /// assert_eq!((metrics.accuracy, metrics.count), (0.5, 2));
    /// assert_eq!(metrics.confusion, array![[1, 0], [1, 0]]);
    /// ```
    pub fn of(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) -> Self {
        let classes = probabilities.ncols();
        let mut confusion = Array2::zeros((classes, classes));
        let mut loss = 0.0;
        for (row, &label) in probabilities.outer_iter().zip(labels) {
            confusion[[usize::from(label), argmax(&row)]] += 1;
            let probability = f64::from(row[usize::from(label)]);
            // What is no number stays none: `max` would hide it.
            loss -= if probability < LEAST { LEAST } else { probability }.ln();
        }
        let count = labels.len();
        let samples = count.max(1) as f64;
        let right = confusion.diag().sum();
        Self {
            count,
            accuracy: right as f64 / samples,
            loss: loss / samples,
            confusion,
        }
    }

    /// Standard error of the accuracy, √(a·(1 − a) / N): what another test set of this size would change it by.
    ///
    /// ```
    /// use digits::metrics::Metrics;
    /// use ndarray::array;
    ///
    /// let metrics = Metrics::of(&array![[0.9, 0.1], [0.8, 0.2]], &array![0, 1]);
    /// assert!((metrics.standard_error() - 0.125_f64.sqrt()).abs() < 1e-9);
    /// ```
    pub fn standard_error(&self) -> f64 {
        (self.accuracy * (1.0 - self.accuracy) / self.count.max(1) as f64).sqrt()
    }

    /// Precision, recall and F1 of every class.
    ///
    /// ```
    /// use digits::metrics::Metrics;
    /// use ndarray::array;
    ///
    /// let metrics = Metrics::of(&array![[0.9, 0.1], [0.8, 0.2]], &array![0, 1]);
    /// assert_eq!(metrics.classes()[1].recall, 0.0);
    /// ```
    pub fn classes(&self) -> Vec<ClassMetrics> {
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        (0..self.confusion.nrows())
            .map(|class| {
                let right = self.confusion[[class, class]] as f64;
                let support = self.confusion.row(class).sum();
                let precision = ratio(right, self.confusion.column(class).sum() as f64);
                let recall = ratio(right, support as f64);
                ClassMetrics {
                    precision,
                    recall,
                    f1: ratio(2.0 * precision * recall, precision + recall),
                    support,
                }
            })
            .collect()
    }
}

/// Bins of the expected calibration error.
const BINS: usize = 15;

/// Expected calibration error of `probabilities` (N, C) against `labels` (N): predictions are sorted into 15 equal bins by
/// the probability of their class; the mean over all samples of how far their bin's accuracy is from its mean probability,
/// in 0..=1 (Guo et al., 2017, *On Calibration of Modern Neural Networks*).
///
/// ```
/// use digits::metrics::calibration_error;
/// use ndarray::array;
///
/// // Always sure to 80 %, and right every other time.
/// let error = calibration_error(&array![[0.8, 0.2], [0.8, 0.2]], &array![0, 1]);
/// assert!((error - 0.3).abs() < 1e-6);
/// ```
pub fn calibration_error(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) -> f64 {
    // Of each bin, the sum of (probability − 1 if right).
    let mut gaps = [0.0; BINS];
    for (row, &label) in probabilities.outer_iter().zip(labels) {
        let class = argmax(&row);
        let probability = f64::from(row[class]);
        // Bins are open below and closed above.
        let bin = ((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        gaps[bin] += probability - f64::from(u8::from(class == usize::from(label)));
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / labels.len().max(1) as f64
}

/// Accuracy, in 0..=1, of `probabilities` (N, C) against `labels` (N) on the samples whose index `counts`; 0 if none does.
///
/// ```
/// use digits::metrics::accuracy_where;
/// use ndarray::array;
///
/// let (probabilities, labels) = (array![[0.9, 0.1], [0.8, 0.2]], array![0, 1]);
/// assert_eq!(accuracy_where(&probabilities, &labels, |index| index == 0), 1.0);
/// ```
pub fn accuracy_where(
    probabilities: &ArrayRef2<f32>,
    labels: &ArrayRef1<u8>,
    counts: impl Fn(usize) -> bool,
) -> f64 {
    let (mut right, mut count) = (0, 0);
    for (index, (row, &label)) in probabilities.outer_iter().zip(labels).enumerate() {
        if counts(index) {
            count += 1;
            right += usize::from(argmax(&row) == usize::from(label));
        }
    }
    right as f64 / count.max(1) as f64
}

/// Index of the largest value, the first of equals; 0 for an empty row.
///
/// ```
/// assert_eq!(digits::metrics::argmax(&ndarray::array![0.1, 0.7, 0.7]), 1);
/// ```
pub fn argmax(row: &ArrayRef1<f32>) -> usize {
    let mut best = 0;
    for (index, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = index;
        }
    }
    best
}
