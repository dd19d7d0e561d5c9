//! The tiles of 4×4 inputs and 2×2 outputs that [`super::winograd`] cuts images into.

use super::Patches;
use crate::nn::Matrix;
use crate::nn::matrix::LINE;
use std::ops::Range;

/// Places in a tile.
pub(super) const PLACES: usize = 16;
/// Rows, and columns, from a tile to the next: those of its outputs.
pub(super) const STEP: usize = 2;

/// An image, cut into tiles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiles {
    /// Rows and columns of outputs.
    outputs: [usize; 2],
    channels: usize,
}

impl Tiles {
    /// Whether there are tiles for kernels of this size and so many channels: for 3×3, if channels fill whole cache
    /// lines and the processor has the instructions.
    pub(crate) fn are_for(kernel: usize, channels: usize) -> bool {
        kernel == 3 && channels.is_multiple_of(LINE) && available()
    }

    /// The tiles of these patches, if there are any.
    pub(crate) fn of(patches: Patches) -> Option<Self> {
        Self::are_for(patches.kernel, patches.channels).then(|| Self {
            outputs: patches.outputs(),
            channels: patches.channels,
        })
    }

    #[inline]
    pub(super) fn channels(self) -> usize {
        self.channels
    }

    /// Rows of transformed weights.
    pub(crate) fn weights(self) -> usize {
        PLACES * self.channels
    }

    /// Rows and columns of outputs.
    #[inline]
    pub(super) fn outputs(self) -> [usize; 2] {
        self.outputs
    }

    /// Rows and columns of tiles; the last ones reach beyond the outputs if their number is odd.
    #[inline]
    pub(super) fn counts(self) -> [usize; 2] {
        self.outputs.map(|length| length.div_ceil(STEP))
    }

    /// Rows and columns of the image with its padding and whatever else the last tiles reach.
    pub(crate) fn size(self) -> [usize; 2] {
        self.counts().map(|count| STEP * count + 2)
    }

    /// Tiles that take the steps together, in groups of about equal length, at most `most`.
    #[inline]
    pub(super) fn together(self, most: usize) -> usize {
        let [rows, columns] = self.counts();
        let count = rows * columns;
        count.div_ceil(count.div_ceil(most))
    }

    /// The groups of so many tiles.
    #[inline]
    pub(super) fn groups(self, together: usize) -> impl Iterator<Item = Range<usize>> {
        let [rows, columns] = self.counts();
        let count = rows * columns;
        (0..count)
            .step_by(together)
            .map(move |first| first..count.min(first + together))
    }

    /// # Panics
    /// If an image `x` with its padding, `inputs` rows of transformed weights or an image `z` of so many `outputs` do
    /// not belong to these tiles.
    pub(super) fn check(self, x: &[f32], inputs: usize, z: &[f32], outputs: usize) {
        let ([height, width], [rows, columns]) = (self.size(), self.outputs);
        assert!(
            x.len() >= height * width * self.channels
                && inputs == self.weights()
                && z.len() >= rows * columns * outputs,
            "{self:?} of {} numbers, {inputs}×{outputs} weights, {} numbers",
            x.len(),
            z.len()
        );
    }
}

/// Room for what lies between the steps, one row each. Matrices start on a cache line: where a `Vec` starts, and with
/// it how many loads straddle two lines, would be chance.
#[derive(Debug, Clone)]
pub(crate) struct Between {
    pub(super) v: Matrix,
    pub(super) m: Matrix,
}

impl Default for Between {
    /// No room yet.
    fn default() -> Self {
        Self {
            v: Matrix::zeros(0, 0),
            m: Matrix::zeros(0, 0),
        }
    }
}

impl Between {
    /// Makes room for `together` tiles of so many `inputs`, and of outputs padded to `stride`, whole cache lines.
    pub(super) fn reserve(&mut self, together: usize, inputs: usize, stride: usize) {
        self.v.reshape(1, PLACES * place_step(together, inputs));
        self.m.reshape(1, PLACES * place_step(together, stride));
    }
}

/// Numbers from one place of `together` tiles to the next, each of so many `channels`: a cache line more than there
/// are. They often are a power of two, and then a tile's 16 places would share the few lines that a first-level cache
/// has for such addresses.
#[inline]
pub(super) fn place_step(together: usize, channels: usize) -> usize {
    together * channels + LINE
}

fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    return crate::vectorize::has_avx2();
    #[cfg(not(target_arch = "x86_64"))]
    false
}
