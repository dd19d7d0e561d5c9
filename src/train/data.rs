//! Whether sets are such that a network can learn from them.

use crate::dataset::{Dataset, PIXELS};
use crate::error::{Error, Result};

/// Checks what is learned from and, unless it is empty, what informs.
///
/// # Errors
/// [`Error::Parameter`] if there is nothing to learn from, if images and labels are not as many, if there are other
/// images than of so many `pixels`, which must be 784, or more classes, or if the pixels of an image are not
/// neighbours in memory.
pub(super) fn check([train, validation]: [&Dataset; 2], pixels: usize, classes: usize) -> Result<()> {
    if train.is_empty() {
        return Err(Error::parameter("train", "at least one image", "none"));
    }
    check_set("train", train, pixels, classes)?;
    check_set("validation", validation, pixels, classes)
}

/// Checks the set of that `name`, which may be empty.
///
/// # Errors
/// As [`check`].
pub(super) fn check_set(name: &'static str, data: &Dataset, pixels: usize, classes: usize) -> Result<()> {
    if pixels != PIXELS {
        let expected = "28×28 pixels, as all images here have";
        return Err(Error::parameter("image", expected, format!("{pixels} numbers")));
    }
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
        let good = data(3, PIXELS, 3, 1);
        assert!(check([&good, &good], PIXELS, 2).is_ok());
        assert!(check([&good, &data(0, 0, 0, 0)], PIXELS, 2).is_ok());
        let nothing = data(0, PIXELS, 0, 0);
        let mut turned = data(PIXELS, 3, 3, 1);
        turned.images.swap_axes(0, 1);
        for (train, validation, words) in [
            (&nothing, &good, "train: expected at least one image"),
            (
                &good,
                &data(3, 5, 3, 1),
                "validation: expected images of 784 pixels",
            ),
            (&data(3, PIXELS, 3, 2), &good, "found 784 pixels and 3 classes"),
            (&data(2, PIXELS, 3, 1), &good, "found 2 images and 3 labels"),
            (&turned, &good, "train: expected images row by row in memory"),
        ] {
            let error = check([train, validation], PIXELS, 2).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let small = data(3, 100, 3, 1);
        let error = check([&small, &small], 100, 2).unwrap_err().to_string();
        assert!(error.contains("image: expected 28×28 pixels"), "{error}");
    }
}
