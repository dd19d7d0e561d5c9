//! Where a convolution's patches lie.

use crate::nn::Matrix;

/// The `kernel`×`kernel` patches of an image (height, width, channels) that already has its padding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patches {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) kernel: usize,
}

impl Patches {
    /// Rows and columns of the image with its padding.
    #[inline]
    pub(crate) fn size(self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Rows and columns of patches.
    #[inline]
    pub(crate) fn outputs(self) -> [usize; 2] {
        [self.height + 1 - self.kernel, self.width + 1 - self.kernel]
    }

    /// Number of patches.
    #[inline]
    pub(crate) fn count(self) -> usize {
        let [rows, columns] = self.outputs();
        rows * columns
    }

    /// Numbers of an image.
    #[inline]
    pub(crate) fn image_length(self) -> usize {
        self.height * self.width * self.channels
    }

    /// Numbers of one row of a patch: neighbours in memory.
    #[inline]
    pub(crate) fn row_length(self) -> usize {
        self.kernel * self.channels
    }

    /// Numbers of a patch.
    #[inline]
    pub(crate) fn length(self) -> usize {
        self.kernel * self.row_length()
    }

    /// Where row `row` of patch number `index` begins in the image.
    #[inline]
    pub(crate) fn start(self, index: usize, row: usize) -> usize {
        let columns = self.outputs()[1];
        ((index / columns + row) * self.width + index % columns) * self.channels
    }

    /// # Panics
    /// If an image `x`, weights `w` (or their gradient) or outputs `z` are too small for these patches.
    pub(super) fn check(self, x: &[f32], w: &Matrix, z: &[f32]) {
        let (inputs, outputs) = w.dim();
        assert!(
            self.kernel > 0 && self.kernel <= self.height.min(self.width) && self.channels > 0 && outputs > 0,
            "{self:?} has no patches"
        );
        assert!(
            x.len() >= self.image_length()
                && inputs == self.length() + 1
                && z.len() >= self.count() * outputs,
            "{self:?} in {} numbers with {inputs}×{outputs} weights to {} numbers",
            x.len(),
            z.len()
        );
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::Patches;

    fn patches(height: usize, width: usize, channels: usize, kernel: usize) -> Patches {
        Patches {
            height,
            width,
            channels,
            kernel,
        }
    }

    /// Shapes of all sorts, among them rows of outputs of every length from 1 to 15 and of two blocks, and rows of
    /// patches of every length from 1 to 12 and more.
    pub(in super::super) fn shapes() -> Vec<Patches> {
        let rows = (1..=15)
            .chain([23, 28])
            .map(|outputs| patches(4, outputs + 2, 2, 3));
        let channels = (1..=13).map(|channels| patches(3, 4, channels, 1));
        let others = [
            patches(5, 30, 16, 3),
            patches(4, 30, 1, 3),
            patches(9, 9, 5, 3),
            patches(4, 27, 3, 2),
            patches(7, 17, 4, 5),
            patches(3, 4, 24, 3),
        ];
        rows.chain(channels).chain(others).collect()
    }

    /// Numbers between −1 and 1 that look random.
    pub(in super::super) fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * i * 7 + i * seed + seed) % 23) as f32 / 11.5 - 1.0)
            .collect()
    }
}
