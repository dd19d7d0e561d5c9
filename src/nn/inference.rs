//! A network in use: from inputs to outputs and to probabilities; nothing is kept but room for the next ones.

use super::cache::Cache;
use super::{Loss, Network, softmax};
use ndarray::{Array2, ArrayRef2, Axis};
use std::cell::RefCell;

/// Numbers, about, that a block of samples has in all layers while they are classified: what stays in a core's cache.
const BLOCK: usize = 1 << 18;

/// Kinds of networks whose buffers are kept.
const KINDS: usize = 4;

thread_local! {
    /// Buffers of this thread's last passes, for the next ones through networks of the same kind, as the members of an
    /// ensemble are. Memory that is asked for anew comes page by page from the system, which takes as long as a pass.
    static KEPT: RefCell<Vec<Cache>> = const { RefCell::new(Vec::new()) };
}

impl Network {
    /// Outputs (B, C) for inputs (B, I): logits after [`Loss::CrossEntropy`], activations after
    /// [`Loss::SquaredError`].
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(network.outputs(&ndarray::Array2::zeros((3, 784))).dim(), (3, 10));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `x` has not [`Network::inputs`] columns.
    pub fn outputs(&self, x: &ArrayRef2<f32>) -> Array2<f32> {
        // One column would be spread over all inputs.
        assert_eq!(x.ncols(), self.inputs(), "inputs of a sample");
        let block = (BLOCK / self.numbers()).max(1);
        let mut cache = self.kept_buffers(block);
        let mut outputs = Array2::zeros((x.nrows(), self.classes()));
        let blocks = outputs.axis_chunks_iter_mut(Axis(0), block);
        for (mut outputs, x) in blocks.zip(x.axis_chunks_iter(Axis(0), block)) {
            cache.set_rows(x.nrows());
            cache.inputs_mut().assign(&x);
            self.forward(&mut cache);
            outputs.assign(&cache.outputs());
        }
        // What is larger than a block has been too large for a core's cache, and would only be in the way.
        if self.numbers() <= BLOCK {
            KEPT.with_borrow_mut(|kept| {
                kept.truncate(KINDS - 1);
                kept.insert(0, cache);
            });
        }
        outputs
    }

    /// Buffers for blocks of `rows` rows, out of those that are kept, if some are for a network of the same layers.
    fn kept_buffers(&self, rows: usize) -> Cache {
        let kept = KEPT.with_borrow_mut(|kept| {
            let place = kept.iter().position(|cache| self.fits(cache))?;
            Some(kept.remove(place))
        });
        kept.unwrap_or_else(|| self.forward_cache(rows))
    }

    /// What the layers make of inputs (B, I): for each its index among [`Network::layers`] and its outputs (B, O),
    /// but for layers whose outputs the next one replaces, as an activation does.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let activations = network.activations(&ndarray::Array2::zeros((3, 784)));
    /// assert_eq!(activations.last().map(|(_, outputs)| outputs.dim()), Some((3, 10)));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `x` has not [`Network::inputs`] columns.
    pub fn activations(&self, x: &ArrayRef2<f32>) -> Vec<(usize, Array2<f32>)> {
        assert_eq!(x.ncols(), self.inputs(), "inputs of a sample");
        let mut cache = self.forward_cache(x.nrows());
        cache.inputs_mut().assign(x);
        self.forward(&mut cache);
        let kept = (0..self.layers().len())
            .filter(|&index| cache.slots.get(index + 2) != cache.slots.get(index + 1));
        kept.map(|index| (index, cache.outputs_of(index).to_owned()))
            .collect()
    }

    /// Probabilities (B, C) for inputs (B, I); every row sums to 1.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let sum = network.probabilities(&ndarray::Array2::zeros((1, 784))).sum();
    /// assert!((sum - 1.0).abs() < 1e-5);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `x` has not [`Network::inputs`] columns.
    pub fn probabilities(&self, x: &ArrayRef2<f32>) -> Array2<f32> {
        let mut outputs = self.outputs(x);
        self.outputs_to_probabilities(&mut outputs, 1.0);
        outputs
    }

    /// Turns outputs (B, C) into probabilities, in place.
    ///
    /// Logits are divided by `temperature`, above 0 (Guo et al., 2017, *On Calibration of Modern Neural Networks*)
    /// and go through softmax. Activations trained on the squared error estimate the probabilities themselves; they
    /// are clipped at 0 and scaled to sum to 1 (to 1/C each, if none is positive).
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// let mut outputs = ndarray::Array2::zeros((1, 10));
    /// network.outputs_to_probabilities(&mut outputs, 2.0);
    /// assert!(outputs.iter().all(|&probability| probability == 0.1));
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn outputs_to_probabilities(&self, outputs: &mut ArrayRef2<f32>, temperature: f32) {
        match self.loss() {
            Loss::CrossEntropy => {
                outputs.mapv_inplace(|logit| logit / temperature);
                softmax(outputs);
            }
            Loss::SquaredError => {
                for mut row in outputs.outer_iter_mut() {
                    row.mapv_inplace(|y| y.max(0.0));
                    let sum = row.sum();
                    let classes = row.len() as f32;
                    row.mapv_inplace(|y| if sum > 0.0 { y / sum } else { 1.0 / classes });
                }
            }
        }
    }
}
