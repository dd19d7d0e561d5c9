//! What the forward pass keeps and the backward pass needs, for one shard of a batch.

use super::Network;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

/// The buffers of one shard: every layer's inputs with their column of ones (the article's `x_s`), and ∂E/∂x of each.
///
/// Made once by [`Network::cache`] and reused from step to step.
///
/// ```
/// use digits::nn::{Activation, Init, Loss, Network};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let network = Network::dense(&[2, 3], Activation::Relu, Loss::CrossEntropy, Init::Xavier, &mut rng)?;
/// let mut cache = network.cache(64);
/// cache.set_rows(10);
/// cache.inputs_mut().fill(0.5);
/// network.forward(&mut cache);
/// assert_eq!(cache.outputs().dim(), (10, 3));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cache {
    /// Rows in use, at most those of the arrays.
    rows: usize,
    /// `x[i]` (capacity, width + 1) is the input of layer `i`; the last one holds the network's outputs.
    pub(super) x: Vec<Array2<f32>>,
    /// `dx[i]` (capacity, width) is ∂E/∂`x[i]`. The first stays empty: nobody changes the pixels.
    pub(super) dx: Vec<Array2<f32>>,
}

impl Cache {
    /// Buffers for at most `rows` rows of the given widths: the network's inputs, then each layer's outputs.
    pub(super) fn new(rows: usize, widths: &[usize]) -> Self {
        let x = widths.iter().map(|&width| {
            let mut x = Array2::zeros((rows, width + 1));
            x.slice_mut(s![.., -1]).fill(1.0);
            x
        });
        let dx = widths
            .iter()
            .enumerate()
            .map(|(i, &width)| Array2::zeros((rows, if i == 0 { 0 } else { width })));
        Self {
            rows,
            x: x.collect(),
            dx: dx.collect(),
        }
    }

    /// Number of rows in use.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Uses only the first `rows` rows from here on (all of them, if there are fewer).
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows.min(self.x[0].nrows());
    }

    /// The network's inputs (rows, I), to be filled before [`Network::forward`].
    pub fn inputs_mut(&mut self) -> ArrayViewMut2<'_, f32> {
        self.x[0].slice_mut(s![..self.rows, ..-1])
    }

    /// The network's outputs (rows, C) after [`Network::forward`].
    pub fn outputs(&self) -> ArrayView2<'_, f32> {
        self.x[self.x.len() - 1].slice(s![..self.rows, ..-1])
    }

    /// The outputs, and their gradient (rows, C) to be filled before [`Network::backward`].
    pub fn outputs_and_gradient(&mut self) -> (ArrayView2<'_, f32>, ArrayViewMut2<'_, f32>) {
        let last = self.x.len() - 1;
        (
            self.x[last].slice(s![..self.rows, ..-1]),
            self.dx[last].slice_mut(s![..self.rows, ..]),
        )
    }
}

impl Network {
    /// Buffers for shards of at most `rows` rows.
    pub fn cache(&self, rows: usize) -> Cache {
        Cache::new(rows, self.widths())
    }
}
