//! What the forward pass keeps and the backward pass needs, for one shard of a batch.

use super::room::Room;
use super::sparse::Sparse;
use super::{Layer, Matrix, Network, Shape};
use ndarray::{ArrayView2, ArrayViewMut2, s};
use rand_chacha::ChaCha8Rng;
use std::mem::{Discriminant, discriminant};

/// The buffers of one shard: every layer's inputs with their column of ones (the article's `x_s`), and gradients ∂E/∂x.
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
    /// The network that it is for: its shapes and kinds of layers.
    shapes: Vec<Shape>,
    kinds: Vec<Discriminant<Layer>>,
    /// Rows in use, at most those of the matrices.
    pub(super) rows: usize,
    /// The slot of each layer's inputs, and of the network's outputs: the same for layers that work in place.
    pub(super) slots: Vec<usize>,
    /// `x[slot]` (capacity, width + 1): a layer's inputs, or the network's outputs.
    pub(super) x: Vec<Matrix>,
    /// Where ∂E/∂`x[slot]` is. The pixels have none: nobody changes them.
    pub(super) places: Vec<usize>,
    /// Gradients (capacity, width). Those of fully connected layers' outputs stay until the weights' gradient is
    /// worked out; the others take turns in two places, which stay in a core's cache.
    pub(super) dx: Vec<Matrix>,
    /// What each layer keeps for itself.
    pub(super) own: Vec<Own>,
    /// The inputs of the first layer without their zeros, if it is fully connected; it may be the second where
    /// nothing goes back, and images are deslanted first.
    pub(super) sparse: Sparse,
    /// What layers work with, one after the other.
    pub(super) room: Room,
    /// Decides what is left out; there only while training.
    pub(super) rng: Option<ChaCha8Rng>,
}

/// What a layer keeps for itself.
#[derive(Debug, Clone)]
pub(super) struct Own {
    /// Whatever it needs from forward to backward, or while it goes back.
    pub(super) kept: Matrix,
    /// The gradient of weights that are shared by the pixels of a sample, transposed as the weights are.
    pub(super) dw: Matrix,
    /// Whether a normalisation follows, which takes out every constant that this layer adds.
    pub(super) normalized_next: bool,
}

impl Cache {
    /// Number of rows in use.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// assert_eq!(cache.rows(), 4);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Uses only the first `rows` rows from here on (all of them, if there are fewer).
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// cache.set_rows(3);
    /// assert_eq!(cache.rows(), 3);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn set_rows(&mut self, rows: usize) {
        self.rows = rows.min(self.x[0].dim().0);
    }

    /// The network's inputs (rows, I), to be filled before [`Network::forward`].
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// assert_eq!(cache.inputs_mut().dim(), (4, 784));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn inputs_mut(&mut self) -> ArrayViewMut2<'_, f32> {
        self.x[0].view_mut().slice_move(s![..self.rows, ..-1])
    }

    /// From here on, layers that behave differently while training do as in training, by what `rng` decides.
    ///
    /// ```
    /// use digits::random::{Purpose, stream};
    ///
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// network.cache(4).train_with(stream(0, Purpose::Dropout, 0, 0));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn train_with(&mut self, rng: ChaCha8Rng) {
        self.rng = Some(rng);
    }

    /// Prepares the inputs for a product that leaves out their zeros, if the first layer is one.
    pub(crate) fn leave_out_zeros(&mut self) {
        if self.sparse.has_room() {
            self.sparse.compress(&self.x[0], self.rows);
        }
    }

    /// The inputs without their zeros, after [`Cache::leave_out_zeros`].
    pub(crate) fn sparse_inputs(&self) -> &Sparse {
        &self.sparse
    }

    /// The gradient of the first layer's outputs, in the rows in use, after [`Network::backward`].
    pub(crate) fn first_gradient(&self) -> &Matrix {
        &self.dx[self.places[1]]
    }

    /// The outputs (rows, O) of the first layer, to be filled before [`Network::forward_from`].
    pub(crate) fn first_outputs_mut(&mut self) -> ArrayViewMut2<'_, f32> {
        self.x[1].view_mut().slice_move(s![..self.rows, ..-1])
    }

    /// The outputs (rows, O) of layer `index` after [`Network::forward`], changed by the layers after it that work in
    /// place.
    pub(super) fn outputs_of(&self, index: usize) -> ArrayView2<'_, f32> {
        self.x[self.slots[index + 1]]
            .view()
            .slice_move(s![..self.rows, ..-1])
    }

    /// The network's outputs (rows, C) after [`Network::forward`].
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// network.forward(&mut cache);
    /// assert_eq!(cache.outputs().dim(), (4, 10));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn outputs(&self) -> ArrayView2<'_, f32> {
        self.x[self.x.len() - 1].view().slice_move(s![..self.rows, ..-1])
    }

    /// The outputs, and their gradient (rows, C) to be filled before [`Network::backward`].
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// network.forward(&mut cache);
    /// let (outputs, mut gradient) = cache.outputs_and_gradient();
    /// gradient.assign(&outputs);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn outputs_and_gradient(&mut self) -> (ArrayView2<'_, f32>, ArrayViewMut2<'_, f32>) {
        let last = self.x.len() - 1;
        (
            self.x[last].view().slice_move(s![..self.rows, ..-1]),
            self.dx[self.places[last]]
                .view_mut()
                .slice_move(s![..self.rows, ..]),
        )
    }
}

impl Network {
    /// Buffers for shards of at most `rows` rows.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut cache = network.cache(4);
    /// assert_eq!(cache.rows(), 4);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn cache(&self, rows: usize) -> Cache {
        // `back == 0` means a cache that never goes back, also where there are no rows.
        self.buffers(rows, rows.max(1))
    }

    /// Whether `cache` is that of a network of the same kinds of layers and the same shapes.
    pub(super) fn fits(&self, cache: &Cache) -> bool {
        let kinds = self.layers().iter().map(discriminant);
        cache.shapes == self.shapes() && kinds.eq(cache.kinds.iter().copied())
    }

    /// Panics if `cache` is that of a network of other layers.
    pub(super) fn check_cache(&self, cache: &Cache) {
        assert!(self.fits(cache), "a cache of this network, not of another");
    }

    /// Buffers for shards that only go forward.
    pub(super) fn forward_cache(&self, rows: usize) -> Cache {
        self.buffers(rows, 0)
    }

    /// Buffers for shards of at most `rows` rows, of which `back` at most go back.
    fn buffers(&self, rows: usize, back: usize) -> Cache {
        let shapes = self.shapes();
        let (mut slots, mut widths, mut stays) = (vec![0], vec![shapes[0].len()], vec![false]);
        // The pixels are kept as they are, and so is whatever an elementwise layer needs of its own outputs on the
        // way back.
        let mut replaceable = false;
        for (layer, shape) in self.layers().iter().zip(&shapes[1..]) {
            let in_place = replaceable && layer.is_elementwise();
            if !in_place {
                widths.push(shape.len());
                stays.push(matches!(layer, Layer::Dense(_)));
            }
            replaceable = !layer.is_elementwise();
            slots.push(widths.len() - 1);
        }
        let x = widths.iter().map(|width| {
            let mut x = Matrix::zeros(rows, width + 1);
            x.view_mut().column_mut(*width).fill(1.0);
            x
        });
        let taking_turns = |slot: usize| slot > 0 && slot < widths.len() - 1 && !stays[slot];
        let largest = (0..widths.len())
            .filter(|&slot| taking_turns(slot))
            .map(|slot| widths[slot])
            .max();
        let mut dx: Vec<Matrix> = (0..2)
            .map(|_| Matrix::zeros(back, largest.unwrap_or(0)))
            .collect();
        let mut places = Vec::new();
        for (slot, &width) in widths.iter().enumerate() {
            if slot == 0 || taking_turns(slot) {
                places.push(slot % 2);
            } else {
                places.push(dx.len());
                dx.push(Matrix::zeros(back, width));
            }
        }
        let layers = self.layers().iter().zip(shapes).enumerate();
        let own = layers
            .map(|(index, (layer, &shape))| layer.own(back, shape, self.layers().get(index + 1)))
            .collect();
        let sparse = match self.layers() {
            [Layer::Dense(_), ..] => Sparse::with_room(rows, shapes[0].len() + 1),
            // A trainer would have it for the first layer alone.
            [Layer::Deslant, Layer::Dense(_), ..] if back == 0 => {
                Sparse::with_room(rows, shapes[0].len() + 1)
            }
            _ => Sparse::with_room(0, 0),
        };
        Cache {
            shapes: shapes.to_vec(),
            kinds: self.layers().iter().map(discriminant).collect(),
            rows,
            x: x.collect(),
            slots,
            places,
            dx,
            own,
            sparse,
            room: Room::default(),
            rng: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Activation, Init, Loss};
    use crate::random::{Purpose, stream};
    use std::panic::catch_unwind;

    #[test]
    fn a_cache_of_another_network_is_refused() {
        let network = |widths: &[usize], loss| {
            let rng = &mut stream(0, Purpose::Initialisation, 0, 0);
            Network::dense(widths, Activation::Tanh, loss, Init::Xavier, rng).unwrap()
        };
        let own = network(&[2, 3], Loss::CrossEntropy);
        for other in [
            network(&[2, 2], Loss::CrossEntropy),
            network(&[2, 3, 3], Loss::CrossEntropy),
            // An activation more, of the same shape.
            network(&[2, 3], Loss::SquaredError),
        ] {
            for uses in [
                |own: &Network, mut cache: Cache| own.forward(&mut cache),
                |own: &Network, mut cache: Cache| own.backward(&mut cache),
                |own: &Network, cache: Cache| drop(own.gradients(&cache)),
            ] {
                assert!(catch_unwind(|| uses(&own, other.cache(1))).is_err());
                assert!(catch_unwind(|| uses(&own, own.cache(1))).is_ok());
            }
        }
    }
}
