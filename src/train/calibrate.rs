//! Makes probabilities mean what they say: the temperature that logits are divided by before softmax (Guo et al.,
//! 2017, *On Calibration of Modern Neural Networks*). Of one network it changes no answer, only how sure the answer
//! is.

use super::evaluate::for_all;
use crate::dataset::Dataset;
use crate::metrics::Metrics;
use crate::model_file::Model;
use crate::nn::Loss;
use crate::parallel::Team;

/// Range of the natural logarithm of the temperature.
const RANGE: [f64; 2] = [-2.0, 2.0];
/// Thirds by which the range is narrowed: to less than a millionth.
const NARROWINGS: usize = 40;

/// The temperature at which the model's probabilities for `held_out` have the least mean loss; 1 without samples, or
/// for a model whose outputs are no logits.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::parallel::Team;
/// use ndarray::{Array1, Array2};
///
/// let model = digits::Recognizer::builtin()?.into_model();
/// let nothing = Dataset { images: Array2::zeros((0, PIXELS)), labels: Array1::zeros(0) };
/// assert_eq!(digits::train::fit_temperature(&model, &nothing, &Team::new(1)?), 1.0);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// The temperature is between e⁻² and e².
///
/// # Panics
/// As [`super::probabilities`], and if there are not as many labels as images, or a label is none of the model's
/// classes.
pub fn fit_temperature(model: &Model, held_out: &Dataset, team: &Team) -> f32 {
    if held_out.is_empty()
        || model
            .members
            .iter()
            .any(|member| member.loss() != Loss::CrossEntropy)
    {
        return 1.0;
    }
    let logits = for_all(held_out, model.output_columns(), team, |x| model.outputs(x));
    let loss = |log_temperature: f64| {
        let probabilities = model.combine(&logits, log_temperature.exp() as f32);
        Metrics::of(&probabilities, &held_out.labels).loss
    };
    // Ternary search: the loss of one network's logits has one minimum, and that of an average nearly so.
    let [mut low, mut high] = RANGE;
    for _ in 0..NARROWINGS {
        let third = (high - low) / 3.0;
        if loss(low + third) < loss(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    (0.5 * (low + high)).exp() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::PIXELS;
    use crate::nn::{Dense, Layer, Network};
    use ndarray::{Array1, Array2};

    #[test]
    fn logits_that_are_too_large_are_cooled_down_by_as_much() {
        // Logits ±k from one pixel, right for three of four: the best probability is ¾, the logit's difference ln 3.
        let k = 4.0;
        let mut weights = Array2::zeros((2, PIXELS + 1));
        (weights[[0, 0]], weights[[1, 0]]) = (k, -k);
        let network = Network::new(
            PIXELS,
            vec![Layer::Dense(Dense::new(&weights))],
            Loss::CrossEntropy,
        )
        .unwrap();
        let held_out = Dataset {
            images: Array2::from_elem((40, PIXELS), 255),
            labels: Array1::from_shape_fn(40, |i| u8::from(i % 4 == 0)),
        };
        let temperature = fit_temperature(&Model::new(network), &held_out, &Team::new(2).unwrap());
        assert!(
            (temperature - 2.0 * k / 3.0_f32.ln()).abs() < 0.01,
            "{temperature}"
        );
    }
}
