//! All that training carries from step to step, as plain data: what a checkpoint keeps.
//!
//! Random streams are no part of it, since each is made anew from the seed, the epoch and the sample. Nor is the
//! order of an epoch's samples, nor the learning rate: both follow from the number of steps.

use crate::nn::{Matrix, Network};
use crate::optim::OptimizerState;

/// More steps, and images in an epoch, than any training has.
const MOST: u64 = 1 << 48;

/// Where a training stands between two steps.
///
/// ```
/// use digits::optim::OptimizerState;
/// use digits::train::{EpochSums, TrainState};
///
/// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
/// let optimizer = OptimizerState::new(network.transposed_shapes());
/// let state = TrainState { members: Vec::new(), network, average: None, optimizer, epoch: EpochSums::default() };
/// assert_eq!(state.optimizer.steps, 0);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrainState {
    /// The model's networks that are finished.
    pub members: Vec<Network>,
    /// The network in training.
    pub network: Network,
    /// The moving average of its weights, if there is to be one.
    pub average: Option<Network>,
    /// What the optimizer remembers of every weight matrix of the network, first to last, and the steps that it took:
    /// they say which epoch it is, and which batch comes next.
    pub optimizer: OptimizerState,
    /// Sums over the present epoch's steps.
    pub epoch: EpochSums,
}

/// Sums over the steps of an epoch so far.
///
/// ```
/// assert_eq!(digits::train::EpochSums::default().right, 0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EpochSums {
    /// Of the losses of all images.
    pub loss: f64,
    /// Of the images that were classified rightly.
    pub right: u64,
    /// Of the time that steps took, in seconds.
    pub seconds: f64,
}

impl TrainState {
    /// Whether all weights are finite numbers.
    pub(crate) fn is_finite(&self) -> bool {
        let networks = self.members.iter().chain(&self.average);
        networks.chain([&self.network]).all(Network::is_finite)
    }

    /// Checks that its parts belong together; what is wrong, if they do not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.is_finite() {
            return Err("a weight that is no finite number".to_owned());
        }
        if self
            .average
            .as_ref()
            .is_some_and(|average| !average.is_like(&self.network))
        {
            return Err("an average of another network".to_owned());
        }
        let ends = |network: &Network| (network.inputs(), network.classes(), network.loss());
        if self
            .members
            .iter()
            .any(|member| ends(member) != ends(&self.network))
        {
            return Err("networks with other inputs or classes".to_owned());
        }
        for moments in [&self.optimizer.first, &self.optimizer.second] {
            if !moments
                .iter()
                .map(Matrix::dim)
                .eq(self.network.transposed_shapes())
            {
                return Err("an optimizer of other weights".to_owned());
            }
            // A square may have left the numbers that a float can hold, and harms nothing.
            if moments
                .iter()
                .any(|moments| moments.view().iter().any(|number| number.is_nan()))
            {
                return Err("what an optimizer remembers is no number".to_owned());
            }
        }
        let EpochSums { loss, right, seconds } = self.epoch;
        let sums = [loss, seconds].iter().all(|sum| sum.is_finite() && *sum >= 0.0);
        if !sums || right > MOST || self.optimizer.steps > MOST {
            return Err(format!("{:?} after {} steps", self.epoch, self.optimizer.steps));
        }
        Ok(())
    }
}
