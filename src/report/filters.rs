//! What the first layer looks for: its weights as pictures.

use super::picture;
use crate::dataset::{PIXELS, SIDE};
use crate::error::Result;
use crate::nn::{Layer, Network};
use image::ExtendedColorType;
use ndarray::ArrayView2;
use std::fmt::Write as _;

/// Filters that are shown: those with the largest weights.
const SHOWN: usize = 48;

/// The first layer's filters.
pub(super) struct Filters {
    /// What they are, in words.
    pub(super) words: String,
    /// The pictures.
    pub(super) html: String,
}

impl Filters {
    /// The filters of the first layer with weights; `None` if they are no pictures.
    pub(super) fn of(network: &Network) -> Result<Option<Self>> {
        let weighted = network.layers().iter().zip(network.shapes());
        let first = weighted.clone().find(|(layer, _)| layer.weights().is_some());
        let (what, class, weights, [width, height]) = match first {
            // Channels of a kernel stand side by side.
            Some((Layer::Convolution(layer), image)) => {
                let size = [layer.kernel() * image.channels, layer.kernel()];
                (
                    "kernels of its first convolution",
                    "kernels",
                    layer.weights(),
                    size,
                )
            }
            Some((Layer::Dense(layer), _)) if layer.inputs() == PIXELS => (
                "neurons of its first layer",
                "neurons",
                layer.weights(),
                [SIDE, SIDE],
            ),
            _ => return Ok(None),
        };
        let strongest = strongest(&weights);
        // The scale of all: a few weights far out would make the others grey.
        let most = reach(&weights);
        let mut html = format!("<ul class=\"filters {class}\">\n");
        for &filter in strongest.iter().take(SHOWN) {
            let weights = weights.row(filter);
            let pixels: Vec<u8> = weights
                .iter()
                .take(width * height)
                .flat_map(|w| colour(w / most))
                .collect();
            let uri = picture::uri(&pixels, [width, height], ExtendedColorType::Rgb8)?;
            let _ = writeln!(
                html,
                "<li><img src=\"{uri}\" width=\"{width}\" height=\"{height}\" alt=\"Weights of filter {filter}\"></li>"
            );
        }
        html.push_str("</ul>\n");
        let (count, shown) = (strongest.len(), strongest.len().min(SHOWN));
        let which = if shown < count {
            format!("The {shown} of {count} {what} with the largest weights")
        } else {
            format!("The {count} {what}")
        };
        let words = format!(
            "{which}. Dark and blue is ink that speaks against (to −{most:.2}), light and yellow ink that speaks for (to \
             {most:.2}), grey says nothing."
        );
        Ok(Some(Self { words, html }))
    }
}

/// The filters of weights (O, I + 1) by the sum of their squares, the largest first.
fn strongest(weights: &ArrayView2<f32>) -> Vec<usize> {
    let squares: Vec<f32> = weights
        .outer_iter()
        .map(|w| w.iter().map(|w| w * w).sum())
        .collect();
    let mut order: Vec<usize> = (0..squares.len()).collect();
    order.sort_by(|&a, &b| squares[b].total_cmp(&squares[a]));
    order
}

/// The size that 99.5 % of the weights, biases left out, do not exceed; above 0.
fn reach(weights: &ArrayView2<f32>) -> f32 {
    let inputs = weights.ncols() - 1;
    let mut sizes: Vec<f32> = weights
        .outer_iter()
        .flat_map(|w| w.to_vec().into_iter().take(inputs))
        .map(f32::abs)
        .collect();
    sizes.sort_by(f32::total_cmp);
    sizes
        .get(sizes.len() * 995 / 1000)
        .copied()
        .unwrap_or(1.0)
        .max(1e-6)
}

/// Red, green and blue of a number in −1..=1: from dark blue over grey to light yellow. Its lightness rises all the
/// way, so that the sign is seen without colours too.
fn colour(number: f32) -> [u8; 3] {
    const ENDS: [[f32; 3]; 3] = [[0.0, 32.0, 96.0], [124.0, 126.0, 130.0], [255.0, 226.0, 92.0]];
    let place = (number.clamp(-1.0, 1.0) + 1.0).min(1.999_999);
    let (part, share) = (place as usize, place.fract());
    [0, 1, 2].map(|channel| {
        let [from, to] = [ENDS[part][channel], ENDS[part + 1][channel]];
        (from + (to - from) * share).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn colours_rise_in_lightness_and_end_where_they_should() {
        let lightness = |step: i32| {
            let [red, green, blue] = colour(step as f32 / 50.0).map(f32::from);
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        assert!((-49..=50).all(|step| lightness(step) > lightness(step - 1)));
        assert_eq!(colour(-7.0), [0, 32, 96]);
        assert_eq!(colour(0.0), [124, 126, 130]);
        assert_eq!(colour(f32::INFINITY), [255, 226, 92]);
    }

    #[test]
    fn the_strongest_filter_comes_first_and_a_bias_makes_no_scale() {
        let weights = array![[0.1, 0.2, 0.0], [3.0, -4.0, 0.0], [0.0, 0.5, 100.0]];
        assert_eq!(strongest(&weights.view()), [2, 1, 0]);
        assert!((reach(&weights.view()) - 4.0).abs() < 1e-6);
        assert!(reach(&array![[0.0, 0.0]].view()) > 0.0);
    }
}
