//! Convolutional layer: the same fully connected layer, applied to the patch around every pixel.
//!
//! | symbol | shape             | meaning                                                               |
//! |--------|-------------------|-----------------------------------------------------------------------|
//! | `x`    | (B, H·W·I + 1)    | images of I channels, last column 1                                   |
//! | `w`    | (O, K·K·I + 1)    | weights by row, column and channel of a patch, last column the bias   |
//! | `z`    | (B, H′·W′·O + 1)  | weighted sums, last column 1; H′ = H + 2·border − K + 1, W′ likewise  |
//! | `dz`   | (B, H′·W′·O)      | ∂E/∂z                                                                 |
//! | `dw`   | (O, K·K·I + 1)    | ∂E/∂w                                                                 |
//! | `dx`   | (B, H·W·I)        | ∂E/∂x                                                                 |
//!
//! A patch with its 1 is the article's `x_s` of one sample; so forward, gradient and backward are the article's three
//! products, summed over the patches that share the weights (`LeCun` et al., 1989, *Backpropagation Applied to Handwritten
//! Zip Code Recognition*). As in [`super::Dense`], `w` lies transposed in memory.

use super::cache::Own;
use super::kernels::{Patches, convolution, convolution_bias_gradient, convolution_gradient};
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
/// // The sum of two neighbours in a row of three pixels, without a border.
/// let pair = Convolution::new(&array![[1.0, 1.0, 0.0, 0.0, 0.0]], 2, 0).unwrap();
/// let network = Network::new([2, 3, 1], vec![Layer::Convolution(pair)], Loss::SquaredError)?;
/// assert_eq!(network.outputs(&array![[1.0, 2.0, 3.0, 0.0, 0.0, 0.0]]), array![[3.0, 5.0]]);
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    /// wᵀ, shape (K·K·I + 1, O).
    pub(super) w_transposed: Matrix,
    kernel: usize,
    border: usize,
}

impl Convolution {
    /// A layer of the given weights, shape (O, K·K·I + 1), last column the bias, for kernels of `kernel`×`kernel` pixels, 1
    /// to 15, and a border of `border` background pixels around the image, fewer than `kernel`. `None` if these do not
    /// belong together.
    ///
    /// ```
    /// use digits::nn::Convolution;
    ///
    /// assert!(Convolution::new(&ndarray::Array2::zeros((16, 10)), 3, 1).is_some());
    /// assert!(Convolution::new(&ndarray::Array2::zeros((16, 11)), 3, 1).is_none());
    /// ```
    pub fn new(weights: &Array2<f32>, kernel: usize, border: usize) -> Option<Self> {
        let (outputs, inputs) = weights.dim();
        let fits = (1..=MAX_KERNEL).contains(&kernel) && border < kernel && outputs > 0 && inputs > 1;
        (fits && (inputs - 1).is_multiple_of(kernel * kernel)).then(|| Self {
            w_transposed: Matrix::of(&weights.t()),
            kernel,
            border,
        })
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
    /// assert_eq!(layer.border(), 1);
    /// ```
    pub fn border(&self) -> usize {
        self.border
    }

    /// Channels of an input pixel.
    fn channels(&self) -> usize {
        (self.w_transposed.dim().0 - 1) / (self.kernel * self.kernel)
    }

    /// What it makes of an image; `None` if it cannot take it.
    pub(super) fn outputs(&self, image: Shape) -> Option<Shape> {
        let length = |length: usize| (length + 2 * self.border + 1).checked_sub(self.kernel);
        let (height, width) = (length(image.height)?, length(image.width)?);
        (image.channels == self.channels() && height > 0 && width > 0).then_some(Shape {
            height,
            width,
            channels: self.w_transposed.dim().1,
        })
    }

    /// z = patches of x · w, for the first `rows` images. `bordered` is a buffer for anything.
    pub(super) fn forward(
        &self,
        rows: usize,
        image: Shape,
        x: &Matrix,
        z: &mut Matrix,
        bordered: &mut Vec<f32>,
    ) {
        let patches = self.patches(image, self.border);
        for (row, z) in z.rows_mut(rows).enumerate() {
            add_border(image, x.row(row), self.border, bordered);
            convolution(patches, bordered, &self.w_transposed, z);
        }
    }

    /// dw = Σ (patches of x)ᵀ · dz over the first `rows` images, transposed as the weights are. If the next layer takes out
    /// every constant again, biases have no say, and no gradient.
    pub(super) fn gradient(
        &self,
        rows: usize,
        image: Shape,
        [x, dz]: [&Matrix; 2],
        own: &mut Own,
        bordered: &mut Vec<f32>,
    ) {
        let dw = &mut own.dw;
        let patches = self.patches(image, self.border);
        dw.padded_mut().fill(0.0);
        for row in 0..rows {
            add_border(image, x.row(row), self.border, bordered);
            convolution_gradient(patches, bordered, dz.row(row), dw);
            if !own.normalized_next {
                convolution_bias_gradient(dz.row(row), dw);
            }
        }
    }

    /// Room for the weights of the way back.
    pub(super) fn kept(&self) -> Matrix {
        let outputs = self.w_transposed.dim().1;
        Matrix::zeros(self.kernel * self.kernel * outputs + 1, self.channels())
    }

    /// dx: every pixel takes from each patch that it is in what that patch's dz times the pixel's weights is. That is a
    /// convolution of dz, whose shape is `output`, with the kernel turned by half a turn, inputs and outputs exchanged.
    pub(super) fn backward(
        &self,
        rows: usize,
        output: Shape,
        dz: &Matrix,
        dx: &mut Matrix,
        turned: &mut Matrix,
        bordered: &mut Vec<f32>,
    ) {
        let border = self.kernel - 1 - self.border;
        self.turn(turned);
        let patches = self.patches(output, border);
        for (row, dx) in dx.rows_mut(rows).enumerate() {
            add_border(output, dz.row(row), border, bordered);
            convolution(patches, bordered, turned, dx);
        }
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

    /// The patches of an image once it has its border.
    fn patches(&self, image: Shape, border: usize) -> Patches {
        Patches {
            height: image.height + 2 * border,
            width: image.width + 2 * border,
            channels: image.channels,
            kernel: self.kernel,
        }
    }
}

/// Into `bordered` the image `x` with `border` pixels of zeros around it.
fn add_border(image: Shape, x: &[f32], border: usize, bordered: &mut Vec<f32>) {
    let (line, margin) = (image.width * image.channels, border * image.channels);
    bordered.clear();
    bordered.resize(border * (line + 2 * margin) + margin, 0.0);
    for (row, x) in x.chunks_exact(line).take(image.height).enumerate() {
        if row > 0 {
            bordered.resize(bordered.len() + 2 * margin, 0.0);
        }
        bordered.extend_from_slice(x);
    }
    bordered.resize(bordered.len() + margin + border * (line + 2 * margin), 0.0);
}
