//! Convolutional layer: the same fully connected layer, applied to the patch around every pixel.
//!
//! | symbol | shape             | meaning                                                               |
//! |--------|-------------------|-----------------------------------------------------------------------|
//! | `x`    | (B, H·W·I + 1)    | images of I channels, last column 1                                   |
//! | `w`    | (O, K·K·I + 1)    | weights by row, column and channel of a patch, last column the bias   |
//! | `z`    | (B, H′·W′·O + 1)  | weighted sums, last column 1; H′ = H + 2·padding − K + 1, W′ likewise |
//! | `dz`   | (B, H′·W′·O)      | ∂E/∂z                                                                 |
//! | `dw`   | (O, K·K·I + 1)    | ∂E/∂w                                                                 |
//! | `dx`   | (B, H·W·I)        | ∂E/∂x                                                                 |
//!
//! A patch with its 1 is the article's `x_s` of one sample; so forward, gradient and backward are the article's three
//! products, summed over the patches that share the weights (`LeCun` et al., 1989, *Backpropagation Applied to
//! Handwritten Zip Code Recognition*). As in [`super::Dense`], `w` lies transposed in memory.

use super::kernels::{
    Patches, Tiles, convolution, convolution_bias_gradient, convolution_gradient, gather_gradient,
    transform_weights, winograd, winograd_gradient,
};
use super::layer::Pass;
use super::room::{Images, Room};
use super::{Matrix, Shape};
use ndarray::{Array2, ArrayView2};

/// The largest kernel.
const MAX_KERNEL: usize = 15;

/// A convolutional layer with square kernels, moved by one pixel at a time.
///
/// ```
/// use digits::nn::{Convolution, Layer, Loss, Network};
/// use ndarray::array;
///
/// // The sum of two neighbours in a row of three pixels, without padding.
/// let pair = Convolution::new(&array![[1.0, 1.0, 0.0, 0.0, 0.0]], 2, 0).unwrap();
/// let network = Network::new([2, 3, 1], vec![Layer::Convolution(pair)], Loss::SquaredError)?;
/// assert_eq!(network.outputs(&array![[1.0, 2.0, 3.0, 0.0, 0.0, 0.0]]), array![[3.0, 5.0]]);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Convolution {
    /// wᵀ, shape (K·K·I + 1, O).
    w_transposed: Matrix,
    /// The weights as [`winograd`] takes them, if it can, and until they are changed.
    transformed: Option<Matrix>,
    kernel: usize,
    padding: usize,
}

impl PartialEq for Convolution {
    fn eq(&self, other: &Self) -> bool {
        let parts = |layer: &Self| (layer.kernel, layer.padding);
        parts(self) == parts(other) && self.w_transposed == other.w_transposed
    }
}

impl Convolution {
    /// A layer of the given weights, shape (O, K·K·I + 1), last column the bias, for kernels of `kernel`×`kernel`
    /// pixels, 1 to 15, and `padding` background pixels on every side of the image, fewer than `kernel`. `None` if
    /// these do not belong together.
    ///
    /// ```
    /// use digits::nn::Convolution;
    ///
    /// assert!(Convolution::new(&ndarray::Array2::zeros((16, 10)), 3, 1).is_some());
    /// assert!(Convolution::new(&ndarray::Array2::zeros((16, 11)), 3, 1).is_none());
    /// ```
    pub fn new(weights: &Array2<f32>, kernel: usize, padding: usize) -> Option<Self> {
        let (outputs, inputs) = weights.dim();
        let fits = (1..=MAX_KERNEL).contains(&kernel) && padding < kernel && outputs > 0 && inputs > 1;
        if !fits || !(inputs - 1).is_multiple_of(kernel * kernel) {
            return None;
        }
        let w_transposed = Matrix::of(&weights.t());
        let layer = Self {
            w_transposed,
            transformed: None,
            kernel,
            padding,
        };
        Some(layer.finished())
    }

    /// The same, with the weights transformed once for all if they can be.
    pub(super) fn finished(mut self) -> Self {
        self.transformed = Tiles::are_for(self.kernel, self.channels()).then(|| {
            let mut u = Matrix::zeros(0, 0);
            transform_weights(&self.w_transposed, &mut u);
            u
        });
        self
    }

    /// The weights, shape (O, K·K·I + 1), last column the bias.
    ///
    /// ```
    /// let layer = digits::nn::Convolution::new(&ndarray::Array2::zeros((16, 10)), 3, 1).unwrap();
    /// assert_eq!(layer.weights().dim(), (16, 10));
    /// ```
    pub fn weights(&self) -> ArrayView2<'_, f32> {
        self.w_transposed.view().reversed_axes()
    }

    /// The weights as they lie in memory.
    pub(super) fn w_transposed(&self) -> &Matrix {
        &self.w_transposed
    }

    /// [`Self::w_transposed`], to be changed.
    pub(super) fn w_transposed_mut(&mut self) -> &mut Matrix {
        self.transformed = None;
        &mut self.w_transposed
    }

    /// Rows, and columns, of a patch.
    ///
    /// ```
    /// let layer = digits::nn::Convolution::new(&ndarray::Array2::zeros((16, 10)), 3, 1).unwrap();
    /// assert_eq!(layer.kernel(), 3);
    /// ```
    pub fn kernel(&self) -> usize {
        self.kernel
    }

    /// Background pixels around the image.
    ///
    /// ```
    /// let layer = digits::nn::Convolution::new(&ndarray::Array2::zeros((16, 10)), 3, 1).unwrap();
    /// assert_eq!(layer.padding(), 1);
    /// ```
    pub fn padding(&self) -> usize {
        self.padding
    }

    /// Channels of an input pixel.
    fn channels(&self) -> usize {
        (self.w_transposed.dim().0 - 1) / (self.kernel * self.kernel)
    }

    /// What it makes of an image; `None` if it cannot take it.
    pub(super) fn outputs(&self, image: Shape) -> Option<Shape> {
        let length = |length: usize| (length + 2 * self.padding + 1).checked_sub(self.kernel);
        let (height, width) = (length(image.height)?, length(image.width)?);
        (image.channels == self.channels() && height > 0 && width > 0).then_some(Shape {
            height,
            width,
            channels: self.w_transposed.dim().1,
        })
    }

    /// z = patches of x · w, for all images in use.
    pub(super) fn forward(&self, pass: &mut Pass, x: &Matrix, z: &mut Matrix) {
        let work = Work::of(pass.image, self.padding, self.kernel);
        let Room { u, images, .. } = &mut *pass.room;
        let u = self
            .transformed
            .as_ref()
            .unwrap_or_else(|| work.transform(&self.w_transposed, u));
        work.convolve(pass.rows, [&self.w_transposed, u], x, z, images);
    }

    /// dw = Σ (patches of x)ᵀ · dz over all images in use, transposed as the weights are. If the next layer takes out
    /// every constant again, biases have no say, and no gradient.
    pub(super) fn gradient(&self, pass: &mut Pass, [x, dz]: [&Matrix; 2]) {
        let dw = &mut pass.own.dw;
        let Room { u: du, images, .. } = &mut *pass.room;
        let work = Work::of(pass.image, self.padding, self.kernel);
        dw.padded_mut().fill(0.0);
        if let Some(tiles) = work.tiles {
            du.reshape(tiles.weights(), dw.dim().1);
            du.padded_mut().fill(0.0);
        }
        let Images { padded, between } = images;
        work.clear(padded);
        for row in 0..pass.rows {
            let dz = dz.row(row);
            work.add_padding(x.row(row), padded);
            match work.tiles {
                Some(tiles) => winograd_gradient(tiles, padded.row(0), dz, du, between),
                None => convolution_gradient(work.patches, padded.row(0), dz, dw),
            }
            if !pass.own.normalized_next {
                convolution_bias_gradient(dz, dw);
            }
        }
        if work.tiles.is_some() {
            gather_gradient(du, dw);
        }
    }

    /// Room for the weights of the way back.
    pub(super) fn kept(&self) -> Matrix {
        let outputs = self.w_transposed.dim().1;
        Matrix::zeros(self.kernel * self.kernel * outputs + 1, self.channels())
    }

    /// dx: every pixel takes from each patch that it is in what that patch's dz times the pixel's weights is. That is a
    /// convolution of dz with the kernel turned by half a turn, inputs and outputs exchanged.
    pub(super) fn backward(&self, pass: &mut Pass, dz: &Matrix, dx: &mut Matrix) {
        let work = Work::of(pass.outputs, self.kernel - 1 - self.padding, self.kernel);
        let (turned, Room { u, images, .. }) = (&mut pass.own.kept, &mut *pass.room);
        self.turn(turned);
        work.convolve(pass.rows, [turned, work.transform(turned, u)], dz, dx, images);
    }

    /// Into `turned` the weights of the convolution that goes back, shape (K·K·O + 1, I); its bias is 0.
    fn turn(&self, turned: &mut Matrix) {
        let (channels, outputs) = (self.channels(), self.w_transposed.dim().1);
        let places = self.kernel * self.kernel;
        for (row, numbers) in turned.rows_mut(places * outputs).enumerate() {
            let (place, output) = (places - 1 - row / outputs, row % outputs);
            for (channel, number) in numbers.iter_mut().enumerate() {
                *number = self.w_transposed.row(place * channels + channel)[output];
            }
        }
    }
}

/// The convolution of images of one shape with kernels of one size.
struct Work {
    image: Shape,
    padding: usize,
    patches: Patches,
    /// How to do it with fewer multiplications, if it can be.
    tiles: Option<Tiles>,
}

impl Work {
    fn of(image: Shape, padding: usize, kernel: usize) -> Self {
        let patches = Patches {
            height: image.height + 2 * padding,
            width: image.width + 2 * padding,
            channels: image.channels,
            kernel,
        };
        Self {
            image,
            padding,
            patches,
            tiles: Tiles::of(patches),
        }
    }

    /// Rows and columns of an image with its padding and whatever else is reached.
    fn size(&self) -> [usize; 2] {
        self.tiles.map_or(self.patches.size(), Tiles::size)
    }

    /// Makes `padded` an image of zeros, for [`Self::add_padding`]: what is padding stays zero from image to image.
    fn clear(&self, padded: &mut Matrix) {
        let [height, width] = self.size();
        padded.reshape(1, height * width * self.image.channels);
        padded.padded_mut().fill(0.0);
    }

    /// Into the middle of `padded` the image `x`.
    fn add_padding(&self, x: &[f32], padded: &mut Matrix) {
        let channels = self.image.channels;
        let (line, padded_line) = (self.image.width * channels, self.size()[1] * channels);
        let lines = padded.padded_mut()[self.padding * padded_line..].chunks_exact_mut(padded_line);
        for (x, padded) in x.chunks_exact(line).take(self.image.height).zip(lines) {
            padded[self.padding * channels..][..line].copy_from_slice(x);
        }
    }

    /// Into `u` the weights `w` (K·K·I + 1, O) as tiles need them, if there are any.
    fn transform<'u>(&self, w: &Matrix, u: &'u mut Matrix) -> &'u Matrix {
        if self.tiles.is_some() {
            transform_weights(w, u);
        }
        u
    }

    /// z = patches of x · w, for the first `rows` images, given [`Self::transform`] of the weights too.
    fn convolve(&self, rows: usize, [w, u]: [&Matrix; 2], x: &Matrix, z: &mut Matrix, images: &mut Images) {
        let Images { padded, between } = images;
        self.clear(padded);
        for (row, z) in z.rows_mut(rows).enumerate() {
            self.add_padding(x.row(row), padded);
            match self.tiles {
                Some(tiles) => winograd(tiles, padded.row(0), u, w.row(w.dim().0 - 1), z, between),
                None => convolution(self.patches, padded.row(0), w, z),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Layer, Loss, Network};

    #[test]
    fn weights_that_are_changed_are_those_that_count() {
        let with = |scale: f32| {
            let weights = Array2::from_shape_fn((5, 9 * 16 + 1), |(row, column)| {
                scale * ((row * 7 + column * 3) % 11) as f32
            });
            let layers = vec![Layer::Convolution(Convolution::new(&weights, 3, 1).unwrap())];
            Network::new([4, 4, 16], layers, Loss::SquaredError).unwrap()
        };
        let kept = |network: &Network| match &network.layers()[0] {
            Layer::Convolution(convolution) => convolution.transformed.is_some(),
            _ => unreachable!(),
        };
        let x = Array2::from_shape_fn((2, 4 * 4 * 16), |(row, column)| ((row + column) % 5) as f32);
        let mut network = with(1.0);
        network.weights_mut().for_each(|mut weights| weights *= 2.0);
        assert!(!kept(&network));
        assert_eq!(network.outputs(&x), with(2.0).outputs(&x));
        let folded = network.folded();
        assert_eq!(kept(&folded), Tiles::are_for(3, 16));
        assert_eq!(folded.outputs(&x), with(2.0).outputs(&x));
    }
}
