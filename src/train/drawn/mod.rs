//! Images that are drawn here, beside those that people wrote.

mod canvas;
mod glyphs;
mod outliers;
mod styles;

pub use outliers::with_outliers;
pub use styles::with_styles;

use crate::dataset::{Dataset, PIXELS};
use ndarray::{Array1, Array2, Axis, concatenate};

/// `data`, and behind it `count` images and their labels, which `draw` draws by their numbers.
fn drawn_after(data: &Dataset, count: usize, draw: impl Fn(u64) -> (Array1<u8>, u8)) -> Dataset {
    let (mut images, mut labels) = (Array2::zeros((count, PIXELS)), Array1::zeros(count));
    for (index, (mut image, label)) in images.outer_iter_mut().zip(&mut labels).enumerate() {
        let (drawn, drawn_label) = draw(index as u64);
        image.assign(&drawn);
        *label = drawn_label;
    }
    // Whose images need not even have 784 columns.
    if data.is_empty() {
        return Dataset { images, labels };
    }
    let images = concatenate(Axis(0), &[data.images.view(), images.view()]);
    let labels = concatenate(Axis(0), &[data.labels.view(), labels.view()]);
    Dataset {
        images: images.unwrap_or_else(|_| unreachable!("both have 784 columns")),
        labels: labels.unwrap_or_else(|_| unreachable!("both have one dimension")),
    }
}
