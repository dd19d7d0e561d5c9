//! Losses: how far a network's outputs are from their targets, and in which direction.
//!
//! | symbol | shape  | meaning                                             |
//! |--------|--------|-----------------------------------------------------|
//! | `y`    | (B, C) | the network's outputs                               |
//! | `t`    | (B, C) | targets, one-hot or smoothed                        |
//! | `dy`   | (B, C) | ∂E/∂y of the *mean* loss over a batch               |

use ndarray::{Array2, ArrayRef2, Zip};

/// The loss that training minimises, averaged over the samples of a batch.
///
/// ```
/// use digits::nn::Loss;
/// use ndarray::array;
///
/// let (outputs, targets) = (array![[0.0, 0.0]], array![[1.0, 0.0]]);
/// let mut gradient = array![[0.0, 0.0]];
/// let sum = Loss::CrossEntropy.forward_backward(&outputs, &targets, 1, &mut gradient);
/// assert!((sum - 2.0_f64.ln()).abs() < 1e-7);
/// assert_eq!(gradient, array![[-0.5, 0.5]]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The article's ½·Σ(y − t)² over the classes; the outputs are activations.
    SquaredError,
    /// −Σ t·ln softmax(y), softmax and logarithm fused; the outputs are logits.
    CrossEntropy,
}

impl Loss {
    /// Sum of the loss over the rows of `y`, and into `dy` the gradient of (that sum / `batch`).
    ///
    /// `y`, `t` and `dy` have shape (B, C); `batch`, at least 1, is the number of rows of the whole batch, of which
    /// `y` may be a shard. The sum accumulates in f64.
    ///
    /// ```
    /// use digits::nn::Loss;
    /// use ndarray::array;
    ///
    /// let mut dy = array![[0.0, 0.0]];
    /// assert_eq!(Loss::SquaredError.forward_backward(&array![[1.0, 3.0]], &array![[1.0, 1.0]], 1, &mut dy), 2.0);
    /// assert_eq!(dy, array![[0.0, 2.0]]);
    /// ```
    ///
    /// # Panics
    /// If `y`, `t` and `dy` are not of one shape.
    pub fn forward_backward(
        self,
        y: &ArrayRef2<f32>,
        t: &ArrayRef2<f32>,
        batch: usize,
        dy: &mut ArrayRef2<f32>,
    ) -> f64 {
        assert!(y.dim() == t.dim() && y.dim() == dy.dim(), "one shape");
        let scale = 1.0 / batch as f32;
        let mut sum = 0.0;
        for ((y, t), mut dy) in y.outer_iter().zip(t.outer_iter()).zip(dy.outer_iter_mut()) {
            match self {
                Self::SquaredError => Zip::from(&mut dy).and(&y).and(&t).for_each(|dy, &y, &t| {
                    sum += 0.5 * f64::from(y - t).powi(2);
                    *dy = (y - t) * scale;
                }),
                // With e = exp(y − max), so that nothing overflows: softmax(y) = e / Σe, and its logarithm is
                // y − max − ln Σe.
                Self::CrossEntropy => {
                    let max = y.fold(f32::NEG_INFINITY, |max, &y| max.max(y));
                    Zip::from(&mut dy)
                        .and(&y)
                        .for_each(|dy, &y| *dy = (y - max).exp());
                    let total = dy.sum();
                    let log_total = total.ln();
                    Zip::from(&mut dy).and(&y).and(&t).for_each(|dy, &y, &t| {
                        sum -= f64::from(t) * f64::from(y - max - log_total);
                        *dy = (*dy / total - t) * scale;
                    });
                }
            }
        }
        sum
    }
}

/// Softmax of every row of `logits` (B, C), in place: probabilities that sum to 1.
///
/// ```
/// let mut rows = ndarray::array![[0.0_f32, 0.0], [1000.0, 0.0]];
/// digits::nn::softmax(&mut rows);
/// assert_eq!(rows, ndarray::array![[0.5, 0.5], [1.0, 0.0]]);
/// ```
pub fn softmax(logits: &mut ArrayRef2<f32>) {
    for mut row in logits.outer_iter_mut() {
        let max = row.fold(f32::NEG_INFINITY, |max, &x| max.max(x));
        row.mapv_inplace(|x| (x - max).exp());
        row /= row.sum();
    }
}

/// One-hot targets (B, C) of `labels`: 1 at the label, 0 elsewhere, then softened by `smoothing` in [0, 1): each
/// becomes `t·(1 − smoothing) + smoothing / C` (Szegedy et al., 2016, *Rethinking the Inception Architecture*).
///
/// ```
/// assert_eq!(digits::nn::one_hot(&[1, 0], 2, 0.0), ndarray::array![[0.0, 1.0], [1.0, 0.0]]);
/// ```
///
/// # Panics
/// If a label is not below `classes`.
pub fn one_hot(labels: &[u8], classes: usize, smoothing: f32) -> Array2<f32> {
    let mut targets = Array2::zeros((labels.len(), classes));
    one_hot_into(labels, smoothing, &mut targets);
    targets
}

/// [`one_hot`] into the first rows of an array of shape (at least B, C).
pub(crate) fn one_hot_into(labels: &[u8], smoothing: f32, targets: &mut ArrayRef2<f32>) {
    let rest = smoothing / targets.ncols() as f32;
    for (&label, mut row) in labels.iter().zip(targets.outer_iter_mut()) {
        row.fill(rest);
        row[usize::from(label)] += 1.0 - smoothing;
    }
}
