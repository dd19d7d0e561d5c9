//! A model: what classifies.

use crate::dataset::{PIXELS, SIDE};
use crate::nn::Network;
use ndarray::{Array2, ArrayRef2, s};

/// The most networks.
pub(crate) const MAX_MEMBERS: usize = 64;

/// The most views of an image.
pub(crate) const MAX_VIEWS: usize = 64;

/// The most multiplications for one image: a minute's.
const MAX_WORK: usize = 1_000_000_000_000;

/// One network, or several whose probabilities are averaged, and what makes probabilities of their outputs.
///
/// ```
/// use digits::model_file::Model;
/// use digits::nn::{Activation, Init, Loss, Network};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let network = Network::dense(&[784, 10], Activation::Relu, Loss::CrossEntropy, Init::Xavier, &mut rng)?;
/// let model = Model::new(network);
/// let bytes = model.to_bytes()?;
/// assert_eq!(Model::from_bytes(&bytes, "a.bin".as_ref())?, model);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The networks, at least one, all with the same numbers of inputs and classes.
    pub members: Vec<Network>,
    /// By how many pixels down and right an image is shifted for each look that is taken at it: `[[0, 0]]` for one
    /// look at it as it is, which is the only choice for inputs that are not 28×28 pixels.
    pub views: Vec<[i8; 2]>,
    /// The name of each class.
    pub class_names: Vec<String>,
    /// What logits are divided by before softmax, 0.001 to 1000; 1 if nothing was calibrated.
    pub temperature: f32,
    /// Where the model comes from, as names and values: preset, seed, data checksum, …
    pub notes: Vec<(String, String)>,
}

impl Model {
    /// A model of one network, whose classes are named by their numbers.
    ///
    /// ```
    /// let network = digits::Recognizer::builtin()?.into_model().members.remove(0);
    /// assert_eq!(digits::model_file::Model::new(network).class_names[9], "9");
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn new(network: Network) -> Self {
        let class_names = (0..network.classes()).map(|class| class.to_string()).collect();
        Self {
            members: vec![network],
            views: vec![[0, 0]],
            class_names,
            temperature: 1.0,
            notes: Vec::new(),
        }
    }

    /// Probabilities (B, C) for inputs (B, I): the mean of all members' for all views.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// let probabilities = model.probabilities(&ndarray::Array2::zeros((2, 784)));
    /// assert_eq!(probabilities.dim(), (2, 10));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// The inputs are finite numbers: with others the probabilities mean nothing. Nor do they without a member or a
    /// view.
    ///
    /// # Panics
    /// If `x` has not as many columns as the members have inputs, or if there are not as many class names as each
    /// member has classes.
    pub fn probabilities(&self, x: &ArrayRef2<f32>) -> Array2<f32> {
        self.combine(&self.outputs(x), self.temperature)
    }

    /// Number of learned numbers of all members.
    ///
    /// ```
    /// let model = digits::Recognizer::builtin()?.into_model();
    /// assert_eq!(model.parameter_count(), 4 * 144_618);
    /// # Ok::<(), digits::Error>(())
    /// ```
    pub fn parameter_count(&self) -> usize {
        self.members.iter().map(Network::parameter_count).sum()
    }

    /// What is wrong with the model, if it was put together of parts that do not go together.
    pub(crate) fn inconsistency(&self) -> Option<String> {
        let Some(inputs) = self.members.first().map(|member| member.shapes()[0]) else {
            return Some("no networks".to_owned());
        };
        if self.members.len() > MAX_MEMBERS {
            return Some(format!("{} networks", self.members.len()));
        }
        if !(1e-3..=1e3).contains(&self.temperature) {
            return Some(format!("temperature {}", self.temperature));
        }
        let named = self.class_names.len();
        for member in &self.members {
            if member.shapes()[0] != inputs {
                return Some(format!("inputs of shape {inputs} and {}", member.shapes()[0]));
            }
            if member.classes() != named {
                return Some(format!("{named} class names for {} classes", member.classes()));
            }
        }
        let views = self.views.len();
        let still = self.views == [[0, 0]];
        if views == 0 || views > MAX_VIEWS || (inputs.len() != PIXELS && !still) {
            return Some(format!("{views} views of inputs of shape {inputs}"));
        }
        let mut shifts = self.views.iter().flatten();
        if let Some(shift) = shifts.find(|shift| usize::from(shift.unsigned_abs()) >= SIDE) {
            return Some(format!("a shift by {shift} pixels"));
        }
        let work = self.members.iter().map(Network::multiplications);
        let work = work.fold(0, usize::saturating_add);
        (work.saturating_mul(views) > MAX_WORK)
            .then(|| format!("{work} multiplications for each of {views} views"))
    }

    /// Number of columns of [`Model::outputs`].
    pub(crate) fn output_columns(&self) -> usize {
        self.members.len() * self.views.len() * self.class_names.len()
    }

    /// The outputs (B, V·M·C) of all members for all views of inputs (B, I).
    pub(crate) fn outputs(&self, x: &ArrayRef2<f32>) -> Array2<f32> {
        let classes = self.class_names.len();
        let mut outputs = Array2::zeros((x.nrows(), self.output_columns()));
        let mut columns = outputs.axis_chunks_iter_mut(ndarray::Axis(1), classes);
        for view in &self.views {
            let shifted = (*view != [0, 0]).then(|| shifted(x, *view));
            for (member, mut columns) in self.members.iter().zip(&mut columns) {
                columns.assign(&member.outputs(shifted.as_deref().unwrap_or(x)));
            }
        }
        outputs
    }

    /// The probabilities (B, C) that these outputs stand for at `temperature`.
    pub(crate) fn combine(&self, outputs: &ArrayRef2<f32>, temperature: f32) -> Array2<f32> {
        let classes = self.class_names.len();
        let mut sum = Array2::zeros((outputs.nrows(), classes));
        let columns = outputs.axis_chunks_iter(ndarray::Axis(1), classes);
        for (outputs, member) in columns.zip(self.members.iter().cycle()) {
            let mut outputs = outputs.to_owned();
            member.outputs_to_probabilities(&mut outputs, temperature);
            sum += &outputs;
        }
        sum / (self.members.len() * self.views.len()) as f32
    }
}

/// Images (B, 784) moved down and right, with background where nothing moves in.
fn shifted(x: &ArrayRef2<f32>, [down, right]: [i8; 2]) -> Array2<f32> {
    let mut shifted = Array2::zeros((x.nrows(), PIXELS));
    let range = |by: i8| {
        let by = isize::from(by);
        let (from, to) = (
            by.min(0).unsigned_abs().min(SIDE),
            by.max(0).unsigned_abs().min(SIDE),
        );
        let length = SIDE - from.max(to);
        (from..from + length, to..to + length)
    };
    let ((from_rows, to_rows), (from_columns, to_columns)) = (range(down), range(right));
    for (x, mut shifted) in x.outer_iter().zip(shifted.outer_iter_mut()) {
        for (from, to) in from_rows.clone().zip(to_rows.clone()) {
            let line = |row: usize, columns: &std::ops::Range<usize>| {
                row * SIDE + columns.start..row * SIDE + columns.end
            };
            let (from, to) = (line(from, &from_columns), line(to, &to_columns));
            shifted.slice_mut(s![to]).assign(&x.slice(s![from]));
        }
    }
    shifted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_shifted_images() {
        let x = Array2::from_shape_fn((2, PIXELS), |(row, pixel)| (row * PIXELS + pixel + 1) as f32);
        for view in [[0, 0], [1, 0], [-1, 2], [0, -3], [27, -27], [3, 1]] {
            let found = shifted(&x, view);
            for ((row, pixel), &found) in found.indexed_iter() {
                let from = [pixel / SIDE, pixel % SIDE].map(|place| place as i32);
                let from = [from[0] - i32::from(view[0]), from[1] - i32::from(view[1])];
                let inside = from.iter().all(|place| (0..SIDE as i32).contains(place));
                let expected = if inside {
                    x[[row, (from[0] * 28 + from[1]) as usize]]
                } else {
                    0.0
                };
                assert!(
                    (found - expected).abs() < 0.5,
                    "{view:?} {row} {pixel}: {found}, not {expected}"
                );
            }
        }
    }
}
