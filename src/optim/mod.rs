//! Optimizers: what to do with a gradient.
//!
//! The article's step, `weights -= rate · gradient`, is [`Optimizer::Sgd`] without momentum; the others remember
//! something of the steps before. That memory is plain data ([`OptimizerState`]), and the rate is an argument, set
//! anew for every step by a [`Schedule`].

mod schedule;

pub use schedule::Schedule;

use crate::nn::Matrix;
use crate::vectorize::vectorized;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

/// How gradients change weights. Weight decay leaves the bias column alone.
///
/// ```
/// use digits::optim::{Optimizer, Weights};
/// use ndarray::array;
///
/// // Two steps down the slope of w²: momentum makes the second one longer.
/// let sgd = Optimizer::Sgd { momentum: 0.5, nesterov: false, weight_decay: 0.0 };
/// let (mut w, mut first, mut second) = (array![[1.0]], array![[0.0]], array![[0.0]]);
/// for (number, expected) in [(1, 0.75), (2, 0.4375)] {
///     let g = 2.0 * &w;
///     let weights = Weights { w: w.view_mut(), first: first.view_mut(), second: second.view_mut(), g: g.view() };
///     sgd.step(0.125, number).apply(true, weights);
///     assert_eq!(w, array![[expected]]);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent, with classical or Nesterov momentum (Sutskever et al., 2013, *On the importance
    /// of initialization and momentum in deep learning*) in the form that PyTorch uses:
    /// g ← g + λ·w, v ← μ·v + g, then w ← w − rate·v, or w ← w − rate·(g + μ·v) for Nesterov's.
    Sgd {
        /// μ in [0, 1); with 0 this is the article's plain step.
        momentum: f32,
        /// Whether to look ahead by one step of momentum.
        nesterov: bool,
        /// λ ≥ 0.
        weight_decay: f32,
    },
    /// Adam (Kingma & Ba, 2015) with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and decoupled weight decay (`AdamW`: Loshchilov &
    /// Hutter, 2019, *Decoupled Weight Decay Regularization*).
    Adam {
        /// λ ≥ 0: w ← w − rate·λ·w before the step.
        weight_decay: f32,
    },
}

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// What an optimizer remembers and is smaller than this becomes 0. It could not move a weight any more, but would decay
/// into subnormal numbers, on which a processor is slower by a factor of a hundred.
const TINY: f32 = 1e-30;

/// What an optimizer carries from step to step: plain data.
///
/// ```
/// use digits::optim::OptimizerState;
///
/// let state = OptimizerState::new([(785, 512), (513, 10)]);
/// assert_eq!((state.steps, state.first[1].dim()), (0, (513, 10)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState {
    /// Steps taken so far.
    pub steps: u64,
    /// Velocity (SGD) or first moment (Adam) of every weight matrix, transposed as the weights lie in memory.
    pub first: Vec<Matrix>,
    /// Second moment (Adam) of every weight matrix; stays 0 for SGD.
    pub second: Vec<Matrix>,
}

impl OptimizerState {
    /// The state before the first step on weight matrices of the given shapes (I + 1, O), as they lie in memory.
    ///
    /// ```
    /// let state = digits::optim::OptimizerState::new([(3, 2)]);
    /// assert_eq!(state.second[0].view().sum(), 0.0);
    /// ```
    pub fn new(shapes: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let first: Vec<Matrix> = shapes
            .into_iter()
            .map(|(rows, columns)| Matrix::zeros(rows, columns))
            .collect();
        Self {
            steps: 0,
            second: first.clone(),
            first,
        }
    }
}

/// The arithmetic of one step, the same for every weight.
///
/// ```
/// use digits::optim::Optimizer;
///
/// let adam = Optimizer::Adam { weight_decay: 0.01 };
/// assert_ne!(adam.step(0.1, 1), adam.step(0.1, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    optimizer: Optimizer,
    rate: f32,
    /// 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ): both of Adam's moments start at zero, and this takes out what that drags them
    /// down.
    bias_correction: [f32; 2],
}

impl Optimizer {
    /// The arithmetic of step `number`, counted from 1 (0 counts as 1), at the learning rate `rate`.
    ///
    /// ```
    /// use digits::optim::Optimizer;
    ///
    /// let adam = Optimizer::Adam { weight_decay: 0.0 };
    /// assert_ne!(adam.step(0.1, 1), adam.step(0.1, 2));
    /// ```
    pub fn step(&self, rate: f32, number: u64) -> Step {
        let number = i32::try_from(number).unwrap_or(i32::MAX).max(1);
        Step {
            optimizer: *self,
            rate,
            bias_correction: [BETA1, BETA2].map(|beta| 1.0 / (1.0 - beta.powi(number))),
        }
    }
}

/// Some of the weights of a matrix, with what is remembered of them and their gradients; all of one shape.
///
/// ```
/// use digits::optim::{Optimizer, Weights};
/// use ndarray::array;
///
/// let (mut w, mut first, mut second) = (array![[1.0, 2.0]], array![[0.0, 0.0]], array![[0.0, 0.0]]);
/// let g = array![[10.0, -10.0]];
/// let weights = Weights { w: w.view_mut(), first: first.view_mut(), second: second.view_mut(), g: g.view() };
/// let plain = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
/// plain.step(0.1, 1).apply(true, weights);
/// assert_eq!(w, array![[0.0, 3.0]]);
/// ```
pub struct Weights<'a> {
    /// The weights.
    pub w: ArrayViewMut2<'a, f32>,
    /// Velocity or first moment.
    pub first: ArrayViewMut2<'a, f32>,
    /// Second moment; SGD leaves it alone.
    pub second: ArrayViewMut2<'a, f32>,
    /// Gradients.
    pub g: ArrayView2<'a, f32>,
}

impl Step {
    /// Changes the weights, and what is remembered of them. Weight decay acts only if they are `decayed`, as biases are
    /// not.
    ///
    /// ```
    /// use digits::optim::{Optimizer, Weights};
    /// use ndarray::array;
    ///
    /// let (mut w, mut first, mut second) = (array![[1.0, 2.0]], array![[0.0, 0.0]], array![[0.0, 0.0]]);
    /// let g = array![[10.0, -10.0]];
    /// let weights = Weights { w: w.view_mut(), first: first.view_mut(), second: second.view_mut(), g: g.view() };
    /// let plain = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    /// plain.step(0.1, 1).apply(true, weights);
    /// assert_eq!(w, array![[0.0, 3.0]]);
    /// ```
    ///
    /// # Panics
    /// If the arrays are not of one shape, or the rows of one are scattered in memory.
    pub fn apply(&self, decayed: bool, weights: Weights) {
        let shape = weights.w.dim();
        let others = [weights.first.dim(), weights.second.dim(), weights.g.dim()];
        assert!(
            others == [shape; 3],
            "weights, moments and gradients of one shape"
        );
        let rate = self.rate;
        let decay = |weight_decay| if decayed { weight_decay } else { 0.0 };
        match self.optimizer {
            Optimizer::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => sgd([rate, momentum, decay(weight_decay)], nesterov, weights),
            Optimizer::Adam { weight_decay } => {
                adam([rate, decay(weight_decay)], self.bias_correction, weights);
            }
        }
    }
}

/// A row as the neighbours in memory that it must consist of.
fn row(row: ArrayViewMut1<'_, f32>) -> &mut [f32] {
    row.into_slice()
        .unwrap_or_else(|| unreachable!("rows are not scattered"))
}

/// [`row`] of what is only read.
fn read_row<'a>(row: &ArrayView1<'a, f32>) -> &'a [f32] {
    row.to_slice()
        .unwrap_or_else(|| unreachable!("rows are not scattered"))
}

vectorized! {
    /// g ← g + λ·w, v ← μ·v + g, w ← w − rate·(g + μ·v) for Nesterov's momentum, else w ← w − rate·v.
    fn sgd(numbers: [f32; 3], nesterov: bool, weights: Weights) {
        let [rate, momentum, decay] = numbers;
        let (now, ahead) = if nesterov { (1.0, momentum) } else { (0.0, 1.0) };
        let Weights { mut w, mut first, g, .. } = weights;
        for ((w, v), g) in w.outer_iter_mut().zip(first.outer_iter_mut()).zip(g.outer_iter()) {
            for ((w, v), g) in row(w).iter_mut().zip(row(v)).zip(read_row(&g)) {
                let g = g + decay * *w;
                let velocity = momentum * *v + g;
                *v = if velocity.abs() < TINY { 0.0 } else { velocity };
                *w -= rate * (now * g + ahead * *v);
            }
        }
    }
}

vectorized! {
    /// m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − rate·(λ·w + m̂ / (√v̂ + ε)).
    fn adam(numbers: [f32; 2], bias_correction: [f32; 2], weights: Weights) {
        let [rate, decay] = numbers;
        let Weights { mut w, mut first, mut second, g } = weights;
        let moments = first.outer_iter_mut().zip(second.outer_iter_mut());
        for ((w, (m, v)), g) in w.outer_iter_mut().zip(moments).zip(g.outer_iter()) {
            let numbers = row(w).iter_mut().zip(row(m).iter_mut().zip(row(v)));
            for ((w, (m, v)), g) in numbers.zip(read_row(&g)) {
                let first = BETA1 * *m + (1.0 - BETA1) * g;
                let second = BETA2 * *v + (1.0 - BETA2) * g * g;
                *m = if first.abs() < TINY { 0.0 } else { first };
                *v = if second < TINY { 0.0 } else { second };
                let direction = bias_correction[0] * *m / ((bias_correction[1] * *v).sqrt() + EPSILON);
                *w -= rate * (decay * *w + direction);
            }
        }
    }
}
