//! A model's probabilities for a whole data set.

use crate::dataset::{Augment, Dataset, batch};
use crate::model_file::Model;
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Rows of one matrix product.
const ROWS: usize = 256;

/// Probabilities (N, C) of `model` for every image of `data`, on the threads of the current pool.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use ndarray::{Array1, Array2};
///
/// let recognizer = digits::Recognizer::builtin()?;
/// let data = Dataset { images: Array2::zeros((3, PIXELS)), labels: Array1::zeros(3) };
/// assert_eq!(digits::train::probabilities(recognizer.model(), &data).dim(), (3, 10));
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Panics
/// If the model has not 784 inputs.
pub fn probabilities(model: &Model, data: &Dataset) -> Array2<f32> {
    let mut probabilities = Array2::zeros((data.len(), model.class_names.len()));
    probabilities
        .axis_chunks_iter_mut(Axis(0), ROWS)
        .into_par_iter()
        .enumerate()
        .for_each(|(chunk, mut rows)| {
            let indices: Vec<usize> = (chunk * ROWS..chunk * ROWS + rows.nrows()).collect();
            let mut x = Array2::zeros((indices.len(), data.images.ncols()));
            batch::fill(data, &indices, Augment::None, 0, 0, &mut x);
            rows.assign(&model.probabilities(&x));
        });
    probabilities
}
