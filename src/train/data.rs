//! Whether sets are such that a network can learn from them.

use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// Checks what is learned from and, unless it is empty, what informs.
///
/// # Errors
/// [`Error::Parameter`] if there is nothing to learn from, if images and labels are not as many, if there are other images than of
/// so many `pixels`, or more classes, or if the pixels of an image are not neighbours in memory.
pub(super) fn check([train, validation]: [&Dataset; 2], pixels: usize, classes: usize) -> Result<()> {
    if train.is_empty() {
        return Err(Error::parameter("train", "at least one image", "none"));
    }
    for (name, data) in [("train", train), ("validation", validation)] {
        let (images, labels) = (data.images.nrows(), data.labels.len());
        if images != labels {
            let found = format!("{images} images and {labels} labels");
            return Err(Error::parameter(name, "a label for each image", found));
        }
        let found = (data.images.ncols(), data.classes());
        if labels > 0 && (found.0 != pixels || found.1 > classes) {
            let expected = format!("images of {pixels} pixels and at most {classes} classes");
            let found = format!("{} pixels and {} classes", found.0, found.1);
            return Err(Error::parameter(name, expected, found));
        }
        if !data.images.is_standard_layout() {
            let expected = "images row by row in memory, as `as_standard_layout` makes them";
            return Err(Error::parameter(name, expected, "another order"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};

    fn data(images: usize, pixels: usize, labels: usize, label: u8) -> Dataset {
        Dataset {
            images: Array2::zeros((images, pixels)),
            labels: Array1::from_elem(labels, label),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_name() {
        let good = data(3, 4, 3, 1);
        assert!(check([&good, &good], 4, 2).is_ok());
        assert!(check([&good, &data(0, 0, 0, 0)], 4, 2).is_ok());
        let nothing = data(0, 4, 0, 0);
        let mut turned = data(4, 3, 3, 1);
        turned.images.swap_axes(0, 1);
        for (train, validation, words) in [
            (&nothing, &good, "train: expected at least one image"),
            (
                &good,
                &data(3, 5, 3, 1),
                "validation: expected images of 4 pixels",
            ),
            (&data(3, 4, 3, 2), &good, "found 4 pixels and 3 classes"),
            (&data(2, 4, 3, 1), &good, "found 2 images and 3 labels"),
            (&turned, &good, "train: expected images row by row in memory"),
        ] {
            let error = check([train, validation], 4, 2).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
