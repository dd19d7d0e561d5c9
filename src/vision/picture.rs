//! A decoded picture: upright, opaque, and no larger than a reader needs.

use super::Grey;
use super::decode::MAX_PIXELS;
use image::DynamicImage;
use image::metadata::Orientation;
use ndarray::{Array2, Array3, ArrayView3, Axis, s};

/// The longer side of the largest picture that is worked on. Larger ones are averaged down.
const LONG_SIDE: usize = 1024;
/// Rec. 709 luma of red, green and blue.
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
/// Difference between a channel and luma from which a picture is coloured.
const COLOURED: f32 = 0.03;

/// A picture as it should be looked at.
///
/// ```
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let picture = digits::vision::decode(picture)?;
/// assert_eq!(picture.reduction, 1);
/// assert!(picture.colours.is_none());
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Luma, shape (height, width); where no colour is to be seen, green, which then is as good and exact.
    pub grey: Grey,
    /// Red, green and blue, each of the same shape; none if there is no colour to be seen.
    pub colours: Option<[Grey; 3]>,
    /// How many rows and columns of the file each pixel is the mean of; there may be fewer left for the last ones.
    pub reduction: usize,
    /// Rows and columns of the upright file, be this all of it or a part.
    pub file: (usize, usize),
}

impl Picture {
    /// A picture without colour.
    ///
    /// ```
    /// let picture = digits::vision::Picture::grey(ndarray::Array2::zeros((28, 28)));
    /// assert_eq!(picture.reduction, 1);
    /// ```
    pub fn grey(grey: Grey) -> Self {
        Self {
            file: grey.dim(),
            grey,
            colours: None,
            reduction: 1,
        }
    }

    /// Averages, turns and lays over a ground what a decoder gave.
    pub(super) fn of(image: &DynamicImage, orientation: Orientation) -> Self {
        let size = (image.height() as usize, image.width() as usize);
        let reduction = size.0.max(size.1).div_ceil(LONG_SIDE);
        let channels = usize::from(image.color().channel_count());
        let mut planes = match image {
            DynamicImage::ImageLuma8(_)
            | DynamicImage::ImageLumaA8(_)
            | DynamicImage::ImageRgb8(_)
            | DynamicImage::ImageRgba8(_) => reduced(image.as_bytes(), size, channels, reduction, 255),
            DynamicImage::ImageLuma16(pixels) => reduced(pixels, size, channels, reduction, 65_535),
            DynamicImage::ImageLumaA16(pixels) => reduced(pixels, size, channels, reduction, 65_535),
            DynamicImage::ImageRgb16(pixels) => reduced(pixels, size, channels, reduction, 65_535),
            DynamicImage::ImageRgba16(pixels) => reduced(pixels, size, channels, reduction, 65_535),
            other => reduced(&other.to_rgba16(), size, 4, reduction, 65_535),
        };
        if planes.len_of(Axis(0)) % 2 == 0 {
            lay_over_contrasting_ground(&mut planes);
        }
        let file = if turns_over(orientation) {
            (size.1, size.0)
        } else {
            size
        };
        let upright = |plane: usize| turned(&planes.index_axis(Axis(0), plane), orientation);
        if planes.len_of(Axis(0)) < 3 {
            return Self {
                reduction,
                file,
                ..Self::grey(upright(0))
            };
        }
        let colours = [0, 1, 2].map(upright);
        let mut grey = Array2::zeros(colours[0].dim());
        for (colour, share) in colours.iter().zip(LUMA) {
            grey.scaled_add(share, colour);
        }
        // White must stay white, whatever the sum was rounded to.
        grey.mapv_inplace(|shade: f32| shade.min(1.0));
        let coloured = colours.iter().any(|colour| {
            colour
                .iter()
                .zip(&grey)
                .any(|(colour, grey)| (colour - grey).abs() > COLOURED)
        });
        if !coloured {
            // Without colour, all channels are the same to the last bit, which their weighted sum need not be.
            let [_, green, _] = colours;
            return Self {
                reduction,
                file,
                ..Self::grey(green)
            };
        }
        Self {
            grey,
            colours: Some(colours),
            reduction,
            file,
        }
    }

    /// The colours with their names.
    pub(super) fn channels(&self) -> Option<[(&'static str, &Grey); 3]> {
        let [red, green, blue] = self.colours.as_ref()?;
        Some([("red", red), ("green", green), ("blue", blue)])
    }

    /// Part of the picture.
    pub(super) fn crop(&self, area: &super::Area) -> Self {
        let cut = |plane: &Grey| {
            plane
                .slice(s![area.top..area.bottom, area.left..area.right])
                .to_owned()
        };
        Self {
            grey: cut(&self.grey),
            colours: self.colours.as_ref().map(|colours| colours.each_ref().map(cut)),
            reduction: self.reduction,
            file: self.file,
        }
    }

    /// The picture at 1/`by` of its size, each pixel the mean of `by`² ones.
    pub(super) fn reduced(&self, by: usize) -> Self {
        let less = |plane: &Grey| {
            let (rows, columns) = plane.dim();
            let mut small = Array2::zeros((rows.div_ceil(by), columns.div_ceil(by)));
            for (row, line) in plane.outer_iter().enumerate() {
                let mut sums = small.row_mut(row / by);
                for (column, &shade) in line.iter().enumerate() {
                    sums[column / by] += shade;
                }
            }
            for ((row, column), sum) in small.indexed_iter_mut() {
                let count = by.min(rows - row * by) * by.min(columns - column * by);
                *sum /= count as f32;
            }
            small
        };
        if by == 1 {
            return self.clone();
        }
        Self {
            grey: less(&self.grey),
            colours: self.colours.as_ref().map(|colours| colours.each_ref().map(less)),
            reduction: self.reduction * by,
            file: self.file,
        }
    }
}

/// The planes (C, height, width) of samples (height, width, C) averaged over squares, in 0..=1. Where there is an alpha
/// channel, the last, the others come multiplied by it.
fn reduced<T: Copy + Into<u32>>(
    samples: &[T],
    (height, width): (usize, usize),
    channels: usize,
    by: usize,
    full: u64,
) -> Array3<f32> {
    let (rows, columns) = (height.div_ceil(by), width.div_ceil(by));
    let mut planes = Array3::zeros((channels, rows, columns));
    let has_alpha = channels.is_multiple_of(2);
    let mut sums = vec![0_u64; columns * channels];
    for (row, lines) in samples.chunks(by * width * channels).enumerate() {
        sums.fill(0);
        for line in lines.chunks_exact(width * channels) {
            let blocks = line.chunks(by * channels);
            for (sums, block) in sums.chunks_exact_mut(channels).zip(blocks) {
                match channels {
                    1 => add_opaque::<1, T>(sums, block),
                    3 => add_opaque::<3, T>(sums, block),
                    _ => add_multiplied(sums, block, channels, full),
                }
            }
        }
        let lines = lines.len() / (width * channels);
        for (column, sums) in sums.chunks_exact(channels).enumerate() {
            let scale = if has_alpha { full * full } else { full };
            let count = (lines * by.min(width - column * by)) as u64 * scale;
            for (channel, &sum) in sums.iter().enumerate() {
                planes[[channel, row, column]] = (sum as f64 / count as f64) as f32;
            }
        }
    }
    planes
}

/// Adds the samples of opaque pixels.
fn add_opaque<const CHANNELS: usize, T: Copy + Into<u32>>(sums: &mut [u64], samples: &[T]) {
    // A row of a block is too short for its sum of 16-bit samples to overflow.
    const { assert!(MAX_PIXELS.div_ceil(LONG_SIDE as u64) * (u16::MAX as u64) <= u32::MAX as u64) };
    let mut total = [0_u32; CHANNELS];
    for pixel in samples.as_chunks::<CHANNELS>().0 {
        for (total, &sample) in total.iter_mut().zip(pixel) {
            *total += sample.into();
        }
    }
    for (sum, total) in sums.iter_mut().zip(total) {
        *sum += u64::from(total);
    }
}

/// Adds samples multiplied by their pixels' opacity, which is the last sample of each, and the opacities.
fn add_multiplied<T: Copy + Into<u32>>(sums: &mut [u64], samples: &[T], channels: usize, full: u64) {
    for pixel in samples.chunks_exact(channels) {
        let opacity = u64::from(pixel[channels - 1].into());
        for (sum, &sample) in sums.iter_mut().zip(&pixel[..channels - 1]) {
            *sum += u64::from(sample.into()) * opacity;
        }
        sums[channels - 1] += opacity * full;
    }
}

/// Lays colours multiplied by their opacity (the last plane) over whichever of black and white lets the visible ones
/// be seen.
fn lay_over_contrasting_ground(planes: &mut Array3<f32>) {
    let colours = planes.len_of(Axis(0)) - 1;
    let (mut colours, opacity) = planes.view_mut().split_at(Axis(0), colours);
    let opacity = opacity.index_axis_move(Axis(0), 0);
    let light = mean_luma(&colours.view());
    let mean = opacity.mean().unwrap_or(1.0);
    let see_through = opacity.iter().any(|&opacity| opacity < 1.0);
    let ground = if see_through && light > 0.5 * mean {
        0.0
    } else {
        1.0
    };
    for mut colour in colours.outer_iter_mut() {
        colour.zip_mut_with(&opacity, |colour, &opacity| {
            *colour = (*colour + ground * (1.0 - opacity)).min(1.0);
        });
    }
}

fn mean_luma(colours: &ArrayView3<f32>) -> f32 {
    let means = colours.outer_iter().map(|colour| colour.mean().unwrap_or(0.0));
    if colours.len_of(Axis(0)) == 1 {
        means.sum()
    } else {
        means.zip(LUMA).map(|(mean, share)| mean * share).sum()
    }
}

/// Whether an EXIF orientation makes columns of rows.
fn turns_over(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// The plane as its EXIF orientation asks for.
fn turned(plane: &ndarray::ArrayView2<f32>, orientation: Orientation) -> Grey {
    let view = match orientation {
        Orientation::NoTransforms => *plane,
        Orientation::FlipHorizontal => plane.slice_move(s![.., ..;-1]),
        Orientation::FlipVertical => plane.slice_move(s![..;-1, ..]),
        Orientation::Rotate180 => plane.slice_move(s![..;-1, ..;-1]),
        Orientation::Rotate90 => plane.slice_move(s![..;-1, ..]).reversed_axes(),
        Orientation::Rotate270 => plane.slice_move(s![.., ..;-1]).reversed_axes(),
        Orientation::Rotate90FlipH => plane.reversed_axes(),
        Orientation::Rotate270FlipH => plane.slice_move(s![..;-1, ..;-1]).reversed_axes(),
    };
    view.as_standard_layout().into_owned()
}
