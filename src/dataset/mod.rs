//! Labelled images in memory, and how they are read, batched and varied.
//!
//! [`mnist::load`] reads a data folder, with the names of its classes; [`idx`] and [`kaggle`] know the file formats;
//! [`batch`] turns samples into network inputs; [`corrupted`] spoils a set on purpose.

pub mod batch;
mod cache;
mod classes;
mod corruption;
mod elastic;
#[cfg(feature = "fetch")]
pub mod fetch;
mod files;
pub mod idx;
pub mod kaggle;
pub mod mnist;
mod pen;

pub use batch::Augment;
pub use corruption::{Corruption, corrupted};

use crate::error::{Error, Result};
use ndarray::{Array1, Array2, Axis, s};

/// Height and width of an image in pixels.
///
/// ```
/// assert_eq!(digits::dataset::SIDE, 28);
/// ```
pub const SIDE: usize = 28;
/// Pixels of an image.
///
/// ```
/// assert_eq!(digits::dataset::PIXELS, 784);
/// ```
pub const PIXELS: usize = SIDE * SIDE;
/// The most classes of a data folder: the ten digits and all letters, large and small, as in EMNIST.
///
/// ```
/// assert_eq!(digits::dataset::MAX_CLASSES, 62);
/// ```
pub const MAX_CLASSES: usize = 62;

/// Labelled images.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use ndarray::{Array2, array};
///
/// let data = Dataset { images: Array2::zeros((2, PIXELS)), labels: array![3, 1] };
/// assert_eq!((data.len(), data.classes()), (2, 4));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Pixels, shape (N, 784), row by row; 0 is background, 255 full ink.
    pub images: Array2<u8>,
    /// Labels, shape (N), each below the number of classes.
    pub labels: Array1<u8>,
}

impl Dataset {
    /// Number of samples N.
    ///
    /// ```
    /// use digits::dataset::{Dataset, PIXELS};
    /// use ndarray::{Array2, array};
    ///
    /// let data = Dataset { images: Array2::zeros((2, PIXELS)), labels: array![3, 1] };
    /// assert_eq!(data.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    ///
    /// ```
    /// use digits::dataset::{Dataset, PIXELS};
    /// use ndarray::{Array2, array};
    ///
    /// let data = Dataset { images: Array2::zeros((2, PIXELS)), labels: array![3, 1] };
    /// assert!(!data.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The largest label plus one; 0 without samples.
    ///
    /// ```
    /// use digits::dataset::{Dataset, PIXELS};
    /// use ndarray::{Array2, array};
    ///
    /// let data = Dataset { images: Array2::zeros((2, PIXELS)), labels: array![3, 1] };
    /// assert_eq!(data.classes(), 4);
    /// ```
    pub fn classes(&self) -> usize {
        self.labels
            .iter()
            .max()
            .map_or(0, |&label| usize::from(label) + 1)
    }

    /// Cuts off the last `held_out` samples as a validation set: the same ones whatever the seed.
    ///
    /// ```
    /// use digits::dataset::{Dataset, PIXELS};
    /// use ndarray::{Array1, Array2};
    ///
    /// let data = Dataset { images: Array2::zeros((10, PIXELS)), labels: Array1::zeros(10) };
    /// let (train, validation) = data.split(3)?;
    /// assert_eq!((train.len(), validation.len()), (7, 3));
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if nothing would be left to train on.
    pub fn split(mut self, held_out: usize) -> Result<(Self, Self)> {
        if held_out >= self.len() {
            let expected = format!(
                "fewer images than there are to train on, which are {}",
                self.len()
            );
            return Err(Error::parameter("validation", expected, held_out));
        }
        let at = self.len() - held_out;
        let rest = Self {
            images: self.images.slice(s![at.., ..]).to_owned(),
            labels: self.labels.slice(s![at..]).to_owned(),
        };
        self.images.slice_axis_inplace(Axis(0), (..at).into());
        self.labels.slice_axis_inplace(Axis(0), (..at).into());
        Ok((self, rest))
    }
}
