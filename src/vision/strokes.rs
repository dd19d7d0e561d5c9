//! The strokes of one digit, at a size at which they are quickly measured and changed.

use super::dilate;
use super::normalize::{BOX, resize};
use super::stroke::{stroke_width, widen};
use ndarray::{Array2, ArrayRef2, s};

/// The longer side of that size.
const SIDE: usize = 64;
/// A pixel there, in pixels of MNIST's box.
const PER_PIXEL: f32 = BOX as f32 / SIDE as f32;
/// Strokes that measure less, in pixels there, may be in part or all averaged away: one pixel measures 2.
const HAIR: f32 = 2.2;

/// The strokes of one digit.
pub(super) struct Strokes {
    /// How wide they were found, in pixels of that size: 0 for hair lines of which averaging left nothing.
    width: f32,
    /// The strokes, if need be wider than they were found, and how wide they are here.
    ink: Array2<f32>,
    ink_width: f32,
}

impl Strokes {
    /// The strokes of `ink` (height, width; 0 paper, 1 ink), drawn or found in a photo, where hair lines are mostly
    /// no strokes.
    pub(super) fn of(ink: &ArrayRef2<f32>, drawn: bool) -> Self {
        let small = resize(ink, SIDE);
        let width = stroke_width(&small).unwrap_or(0.0);
        if width >= HAIR || !drawn {
            return Self {
                width,
                ink: small,
                ink_width: width,
            };
        }
        // Hair lines are widened before they are made small.
        let (rows, columns) = ink.dim();
        let by = rows.max(columns).div_ceil(SIDE);
        let mut framed = Array2::zeros((rows + 2 * by, columns + 2 * by));
        framed.slice_mut(s![by..by + rows, by..by + columns]).assign(ink);
        let wider = dilate(&framed, by);
        let strongest = wider.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let small = resize(&(wider / strongest), SIDE);
        let ink_width = stroke_width(&small).unwrap_or(0.0);
        Self {
            width,
            ink: small,
            ink_width,
        }
    }

    /// Their mean width in pixels of MNIST's 20-pixel box.
    pub(super) fn width(&self) -> f32 {
        self.width * PER_PIXEL
    }

    /// The strokes of that width, in pixels of MNIST's box.
    pub(super) fn made(&self, width: f32) -> Array2<f32> {
        widen(&self.ink, width / PER_PIXEL - self.ink_width)
    }
}
