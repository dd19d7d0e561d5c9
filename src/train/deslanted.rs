//! A whole set of images, deslanted before training.

use crate::dataset::{Dataset, PIXELS};
use crate::nn::deslant;
use crate::parallel::Team;
use ndarray::Axis;

/// Images that a thread takes at a time.
const AT_ONCE: usize = 256;

/// The images deslanted, in whole steps of grey, with the labels they have.
pub(super) fn deslanted(data: &Dataset, team: &Team) -> Dataset {
    let mut images = data.images.clone();
    team.for_each(images.axis_chunks_iter_mut(Axis(0), AT_ONCE), |mut images| {
        let (mut image, mut upright) = ([0.0; PIXELS], [0.0; PIXELS]);
        for mut pixels in images.outer_iter_mut() {
            for (number, &pixel) in image.iter_mut().zip(&pixels) {
                *number = f32::from(pixel);
            }
            deslant(&image, &mut upright);
            for (pixel, number) in pixels.iter_mut().zip(upright) {
                // What `round` gives, without a call for each pixel.
                let whole = number as u8;
                *pixel = whole + u8::from(number - f32::from(whole) >= 0.5);
            }
        }
    });
    Dataset {
        images,
        labels: data.labels.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};

    #[test]
    fn images_lose_their_slant_but_not_their_labels() {
        // Rows 4 to 23 have three pixels of ink, a column further to the right every second row.
        let ink = |(_, pixel): (usize, usize)| {
            let (row, column) = (pixel / 28, pixel % 28);
            let from = 6 + row / 2;
            if (4..24).contains(&row) && (from..from + 3).contains(&column) {
                255
            } else {
                0
            }
        };
        let data = Dataset {
            images: Array2::from_shape_fn((1, PIXELS), ink),
            labels: Array1::from_elem(1, 3),
        };
        let found = deslanted(&data, &Team::new(2).unwrap());
        assert_eq!(found.labels, data.labels);
        let darkest = |row: usize| {
            let row = found.images.row(0).to_vec()[row * 28..][..28].to_vec();
            (0..28).max_by_key(|&column| (row[column], column)).unwrap_or(0)
        };
        let columns: Vec<usize> = (4..24).map(darkest).collect();
        assert!(
            columns.iter().all(|column| column.abs_diff(columns[0]) <= 1),
            "{columns:?}"
        );
    }
}
