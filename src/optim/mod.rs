//! Optimizers: what to do with a gradient.
//!
//! The article's step, `weights -= rate · gradient`, is [`Optimizer::Sgd`] without momentum; the others remember
//! something of the steps before. That memory is plain data ([`OptimizerState`]), and the rate is an argument, set
//! anew for every step by a [`Schedule`].

mod schedule;

pub use schedule::Schedule;

use ndarray::{Array2, ArrayRef1, ArrayViewMut1, Zip, s};
use rayon::prelude::*;

/// How gradients change weights. Weight decay leaves the bias column alone.
///
/// ```
/// use digits::optim::Optimizer;
/// use ndarray::array;
///
/// // Two steps down the slope of w²: momentum makes the second one longer.
/// let sgd = Optimizer::Sgd { momentum: 0.5, nesterov: false, weight_decay: 0.0 };
/// let mut w = [array![[1.0, 0.0]]];
/// let mut state = sgd.start(vec![array![[0.0, 0.0]]]);
/// for expected in [0.75, 0.4375] {
///     let gradient = 2.0 * &w[0];
///     sgd.step(0.125, &mut state, w.iter_mut(), &[gradient]);
///     assert_eq!(w[0][[0, 0]], expected);
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

/// Rows of a weight matrix that are worth handing to another thread.
const MIN_ROWS: usize = 32;

/// What an optimizer carries from step to step.
///
/// ```
/// let adam = digits::optim::Optimizer::Adam { weight_decay: 0.0 };
/// let state = adam.start(vec![ndarray::Array2::zeros((3, 5))]);
/// assert_eq!((state.steps, state.second[0].dim()), (0, (3, 5)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState {
    /// Steps taken so far.
    pub steps: u64,
    /// Velocity (SGD) or first moment (Adam) of every weight matrix.
    pub first: Vec<Array2<f32>>,
    /// Second moment (Adam) of every weight matrix; empty for SGD.
    pub second: Vec<Array2<f32>>,
}

impl Optimizer {
    /// The state before the first step on weights of the shapes of `zeros`.
    pub fn start(&self, zeros: Vec<Array2<f32>>) -> OptimizerState {
        let second = match self {
            Self::Sgd { .. } => Vec::new(),
            Self::Adam { .. } => zeros.clone(),
        };
        OptimizerState {
            steps: 0,
            first: zeros,
            second,
        }
    }

    /// One step: changes `weights` by `gradients`; both have the order and shapes that the state was started with.
    ///
    /// ```
    /// use digits::optim::Optimizer;
    /// use ndarray::array;
    ///
    /// let plain = Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    /// let mut weights = [array![[1.0, 2.0]]];
    /// let mut state = plain.start(vec![array![[0.0, 0.0]]]);
    /// plain.step(0.1, &mut state, weights.iter_mut(), &[array![[10.0, -10.0]]]);
    /// assert_eq!(weights, [array![[0.0, 3.0]]]);
    /// ```
    ///
    /// # Panics
    /// If a gradient's shape is not that of its weights.
    pub fn step<'a>(
        &self,
        rate: f32,
        state: &mut OptimizerState,
        weights: impl Iterator<Item = &'a mut Array2<f32>>,
        gradients: &[Array2<f32>],
    ) {
        state.steps += 1;
        let matrices = weights.zip(&mut state.first).zip(gradients);
        match *self {
            Self::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => {
                let sgd = Sgd {
                    rate,
                    momentum,
                    nesterov,
                    weight_decay,
                };
                for ((w, v), g) in matrices {
                    let rows = Zip::from(w.rows_mut()).and(v.rows_mut()).and(g.rows());
                    rows.into_par_iter()
                        .with_min_len(MIN_ROWS)
                        .for_each(|(w, v, g)| sgd.step_row(w, v, &g));
                }
            }
            Self::Adam { weight_decay } => {
                let adam = Adam::new(rate, weight_decay, state.steps);
                for (((w, m), g), v) in matrices.zip(&mut state.second) {
                    let rows = Zip::from(w.rows_mut())
                        .and(m.rows_mut())
                        .and(v.rows_mut())
                        .and(g.rows());
                    rows.into_par_iter()
                        .with_min_len(MIN_ROWS)
                        .for_each(|(w, m, v, g)| adam.step_row(w, m, v, &g));
                }
            }
        }
    }
}

/// The numbers of one SGD step.
struct Sgd {
    rate: f32,
    momentum: f32,
    nesterov: bool,
    weight_decay: f32,
}

impl Sgd {
    fn step_row(&self, mut w: ArrayViewMut1<f32>, mut v: ArrayViewMut1<f32>, g: &ArrayRef1<f32>) {
        // Nesterov's direction is g + μ·v, the classical one v.
        let (now, ahead) = if self.nesterov {
            (1.0, self.momentum)
        } else {
            (0.0, 1.0)
        };
        for (columns, decay) in [(s![..-1], self.weight_decay), (s![-1..], 0.0)] {
            Zip::from(w.slice_mut(columns))
                .and(v.slice_mut(columns))
                .and(g.slice(columns))
                .for_each(|w, v, &g| {
                    let g = g + decay * *w;
                    *v = self.momentum * *v + g;
                    *w -= self.rate * (now * g + ahead * *v);
                });
        }
    }
}

/// The numbers of one Adam step.
struct Adam {
    rate: f32,
    weight_decay: f32,
    /// 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ): both moments start at zero, and this takes out what that drags them down.
    unbias: [f32; 2],
}

impl Adam {
    fn new(rate: f32, weight_decay: f32, steps: u64) -> Self {
        let steps = i32::try_from(steps).unwrap_or(i32::MAX);
        Self {
            rate,
            weight_decay,
            unbias: [BETA1, BETA2].map(|beta| 1.0 / (1.0 - beta.powi(steps))),
        }
    }

    fn step_row(
        &self,
        mut w: ArrayViewMut1<f32>,
        mut m: ArrayViewMut1<f32>,
        mut v: ArrayViewMut1<f32>,
        g: &ArrayRef1<f32>,
    ) {
        let [unbias1, unbias2] = self.unbias;
        for (columns, decay) in [(s![..-1], self.weight_decay), (s![-1..], 0.0)] {
            Zip::from(w.slice_mut(columns))
                .and(m.slice_mut(columns))
                .and(v.slice_mut(columns))
                .and(g.slice(columns))
                .for_each(|w, m, v, &g| {
                    *m = BETA1 * *m + (1.0 - BETA1) * g;
                    *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                    let direction = unbias1 * *m / ((unbias2 * *v).sqrt() + EPSILON);
                    *w -= self.rate * (decay * *w + direction);
                });
        }
    }
}
