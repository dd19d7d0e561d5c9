//! How good predictions are, each figure with what it is worth.

mod calibration;
mod interval;

pub use calibration::{Bin, calibration_error, reliability};
pub use interval::wilson_interval;

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
    ///
    /// # Panics
    /// If there are not as many labels as rows, or a label is not below C.
    pub fn of(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) -> Self {
        check_lengths(probabilities, labels);
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

    /// 95 % confidence interval of the accuracy, by [`wilson_interval`].
    ///
    /// ```
    /// use digits::metrics::Metrics;
    /// use ndarray::array;
    ///
    /// // Right every time, but only twice: that is no proof of much.
    /// let [low, high] = Metrics::of(&array![[0.9, 0.1], [0.2, 0.8]], &array![0, 1]).interval();
    /// assert!((low - 0.342).abs() < 1e-3 && high > 0.999);
    /// ```
    pub fn interval(&self) -> [f64; 2] {
        wilson_interval(self.confusion.diag().sum(), self.count as u64)
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

    /// Pairs of a class and another one that it was taken for, and how often; the most frequent first.
    ///
    /// ```
    /// use digits::metrics::Metrics;
    /// use ndarray::array;
    ///
    /// let metrics = Metrics::of(&array![[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], &array![0, 1, 1]);
    /// assert_eq!(metrics.confusions(), [([1, 0], 2)]);
    /// ```
    pub fn confusions(&self) -> Vec<([usize; 2], u64)> {
        let all = self.confusion.indexed_iter();
        let mut pairs: Vec<_> = all
            .map(|((row, column), &count)| ([row, column], count))
            .collect();
        pairs.retain(|&([row, column], count)| row != column && count > 0);
        pairs.sort_by_key(|&(pair, count)| (std::cmp::Reverse(count), pair));
        pairs
    }
}

/// A sample whose most probable class is not its label.
///
/// ```
/// let mistake = digits::metrics::Mistake { index: 7, label: 4, prediction: 9, probability: 0.8 };
/// assert_ne!(mistake.label, mistake.prediction);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mistake {
    /// Index of the sample.
    pub index: usize,
    /// Its label.
    pub label: usize,
    /// The class that it was taken for.
    pub prediction: usize,
    /// The probability of that class, in 0..=1.
    pub probability: f32,
}

/// Every mistake of `probabilities` (N, C) against `labels` (N), the most confident first.
///
/// ```
/// use digits::metrics::mistakes;
/// use ndarray::array;
///
/// let mistakes = mistakes(&array![[0.6, 0.4], [0.9, 0.1], [0.8, 0.2]], &array![1, 1, 0]);
/// assert_eq!(mistakes.iter().map(|mistake| mistake.index).collect::<Vec<_>>(), [1, 0]);
/// ```
///
/// # Panics
/// If there are not as many labels as rows, or there is no class.
pub fn mistakes(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) -> Vec<Mistake> {
    check_lengths(probabilities, labels);
    let samples = probabilities.outer_iter().zip(labels).enumerate();
    let mut mistakes: Vec<Mistake> = samples
        .map(|(index, (row, &label))| {
            let prediction = argmax(&row);
            Mistake {
                index,
                label: label.into(),
                prediction,
                probability: row[prediction],
            }
        })
        .filter(|mistake| mistake.prediction != mistake.label)
        .collect();
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    mistakes
}

/// Accuracy, in 0..=1, of `probabilities` (N, C) against `labels` (N) on the samples whose index `counts`; 0 if none
/// does.
///
/// ```
/// use digits::metrics::accuracy_where;
/// use ndarray::array;
///
/// let (probabilities, labels) = (array![[0.9, 0.1], [0.8, 0.2]], array![0, 1]);
/// assert_eq!(accuracy_where(&probabilities, &labels, |index| index == 0), 1.0);
/// ```
///
/// # Panics
/// If there are not as many labels as rows.
pub fn accuracy_where(
    probabilities: &ArrayRef2<f32>,
    labels: &ArrayRef1<u8>,
    counts: impl Fn(usize) -> bool,
) -> f64 {
    check_lengths(probabilities, labels);
    let (mut right, mut count) = (0, 0);
    for (index, (row, &label)) in probabilities.outer_iter().zip(labels).enumerate() {
        if counts(index) {
            count += 1;
            right += usize::from(argmax(&row) == usize::from(label));
        }
    }
    right as f64 / count.max(1) as f64
}

/// What is measured would be another set's.
fn check_lengths(probabilities: &ArrayRef2<f32>, labels: &ArrayRef1<u8>) {
    assert!(
        probabilities.nrows() == labels.len(),
        "a label for each row of probabilities"
    );
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
