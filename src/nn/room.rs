//! Memory that layers work in.

use super::Matrix;
use super::kernels::Between;
use super::sparse::Sparse;

/// What the layers of a network work with, one after the other: nothing in it outlives a layer's turn.
#[derive(Debug, Clone)]
pub(super) struct Room {
    /// Few samples of a fully connected layer, without their zeros.
    pub(super) few: Sparse,
    /// A convolution's transformed weights, or their gradient.
    pub(super) u: Matrix,
    pub(super) images: Images,
}

/// Of a convolution, one image at a time.
#[derive(Debug, Clone)]
pub(super) struct Images {
    /// An image with its padding, all in one row.
    pub(super) padded: Matrix,
    pub(super) between: Between,
}

impl Default for Room {
    /// No room yet: it is made where it is needed first.
    fn default() -> Self {
        Self {
            few: Sparse::with_room(0, 0),
            u: Matrix::zeros(0, 0),
            images: Images {
                padded: Matrix::zeros(0, 0),
                between: Between::default(),
            },
        }
    }
}
