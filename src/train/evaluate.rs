//! A model's probabilities for a whole data set.

use crate::dataset::{Augment, Dataset, batch};
use crate::model_file::Model;
use crate::parallel::Team;
use ndarray::{Array2, Axis};

/// Images that a thread takes at a time.
const ROWS: usize = 256;

/// Probabilities (N, C) of `model` for every image of `data`.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use ndarray::{Array1, Array2};
///
/// let team = digits::parallel::Team::new(0)?;
/// let recognizer = digits::Recognizer::builtin()?;
/// let data = Dataset { images: Array2::zeros((3, PIXELS)), labels: Array1::zeros(3) };
/// assert_eq!(digits::train::probabilities(recognizer.model(), &data, &team).dim(), (3, 10));
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Panics
/// If the images have not 784 pixels, and the model as many inputs, if there are fewer images than labels, or if the
/// pixels of an image are not neighbours in memory.
pub fn probabilities(model: &Model, data: &Dataset, team: &Team) -> Array2<f32> {
    for_all(data, model.class_names.len(), team, |x| model.probabilities(x))
}

/// What `of` makes of the inputs of every image of `data`, shape (N, `columns`).
pub(super) fn for_all(
    data: &Dataset,
    columns: usize,
    team: &Team,
    of: impl Fn(&Array2<f32>) -> Array2<f32> + Sync,
) -> Array2<f32> {
    let mut results = Array2::zeros((data.len(), columns));
    let chunks = results.axis_chunks_iter_mut(Axis(0), ROWS).enumerate();
    team.for_each(chunks, |(chunk, mut rows)| {
        let indices: Vec<usize> = (chunk * ROWS..chunk * ROWS + rows.nrows()).collect();
        let mut x = Array2::zeros((indices.len(), data.images.ncols()));
        batch::fill(data, &indices, Augment::None, 0, 0, &mut x);
        rows.assign(&of(&x));
    });
    results
}
