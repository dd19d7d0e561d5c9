//! Deslanting: an image is sheared so that its ink leans to neither side (`LeCun` and others, 1998, *Gradient-Based
//! Learning Applied to Document Recognition*, section III.A).
//!
//! With the ink p at column x and row y, and its means x̄, ȳ, variance and covariance, all weighted by p,
//!
//! ```text
//! slant = cov(x, y) / max(var(y), 1)          columns per row
//! out(y, x) = in(y, x + slant·(y − ȳ))        between two pixels linearly, background outside
//! ```
//!
//! Ink in hardly more than one row has no slant to speak of, hence the 1. Rows stay rows, and the centre of the ink
//! stays where it is: an image shifted by whole pixels is deslanted as the image itself.

use super::{Matrix, Shape};

/// Height and width of the images, MNIST's; a slant has a meaning for images alone, and other inputs say nothing of
/// their rows.
const SIDE: usize = 28;
const PIXELS: usize = SIDE * SIDE;

/// Where places are counted from: rounding is least in the middle.
pub(crate) const MIDDLE: f32 = (SIDE as f32 - 1.0) / 2.0;

/// What it makes of an image: one of the same shape; `None` if it is not one of 28×28 numbers.
pub(super) fn outputs(image: Shape) -> Option<Shape> {
    let images = [Shape::from(PIXELS), Shape::from([SIDE, SIDE, 1])];
    images.contains(&image).then_some(image)
}

/// y (B, 784 + 1) from x (B, 784 + 1), for the first `rows` images.
pub(super) fn forward(rows: usize, x: &Matrix, y: &mut Matrix) {
    for (row, y) in y.rows_mut(rows).enumerate() {
        deslant(&x.row(row)[..PIXELS], &mut y[..PIXELS]);
    }
}

/// One image of 784 numbers, row by row. Sums are taken in a fixed order, so that every processor gets the same.
pub(crate) fn deslant(image: &[f32], out: &mut [f32]) {
    let (slant, middle) = slant(image);
    let rows = image.chunks_exact(SIDE).zip(out.chunks_exact_mut(SIDE));
    for (row, (pixels, out)) in rows.enumerate() {
        let shift = slant * (row as f32 - MIDDLE - middle);
        let (whole, share) = (shift.floor(), shift - shift.floor());
        // The row between two of background: a shift by more than its width finds nothing else.
        let mut wide = [0.0; 3 * SIDE + 2];
        wide[SIDE + 1..=2 * SIDE].copy_from_slice(pixels);
        let first = (whole + (SIDE + 1) as f32).clamp(0.0, (2 * SIDE + 1) as f32) as usize;
        for (out, pair) in out.iter_mut().zip(wide[first..].windows(2)) {
            *out = pair[0] * (1.0 - share) + pair[1] * share;
        }
    }
}

/// The slant in columns per row, and the mean row, counted from the middle of the image.
fn slant(image: &[f32]) -> (f32, f32) {
    // Σp, Σp·y, Σp·x, Σp·y·y, Σp·x·y
    let mut sums = [0.0_f64; 5];
    for (row, pixels) in image.chunks_exact(SIDE).enumerate() {
        let y = f64::from(row as f32 - MIDDLE);
        let (mut ink, mut moment) = (0.0, 0.0);
        for (column, &pixel) in pixels.iter().enumerate() {
            ink += f64::from(pixel);
            moment += f64::from(pixel) * f64::from(column as f32 - MIDDLE);
        }
        for (sum, term) in sums
            .iter_mut()
            .zip([ink, ink * y, moment, ink * y * y, moment * y])
        {
            *sum += term;
        }
    }
    let [ink, y, x, yy, xy] = sums;
    if ink > 0.0 {
        let [y, x, yy, xy] = [y, x, yy, xy].map(|sum| sum / ink);
        (((xy - x * y) / (yy - y * y).max(1.0)) as f32, y as f32)
    } else {
        (0.0, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar of 20 rows, three pixels wide, around column `column` + `lean`·(row − 13.5).
    fn bar(lean: f32, column: f32) -> [f32; PIXELS] {
        std::array::from_fn(|pixel| {
            let (row, x) = (pixel / SIDE, (pixel % SIDE) as f32);
            let away = (x - column - lean * (row as f32 - MIDDLE)).abs();
            if (4..24).contains(&row) {
                (2.0 - away).clamp(0.0, 1.0)
            } else {
                0.0
            }
        })
    }

    fn upright(image: &[f32; PIXELS]) -> [f32; PIXELS] {
        let mut out = [0.0; PIXELS];
        deslant(image, &mut out);
        out
    }

    #[test]
    fn leaning_bars_stand_upright() {
        for lean in [-0.6, -0.25, 0.25, 0.6] {
            let image = bar(lean, 13.0);
            assert!(
                (slant(&image).0 - lean).abs() < 0.02,
                "{lean}: {:?}",
                slant(&image)
            );
            let out = upright(&image);
            assert!(slant(&out).0.abs() < 0.02, "{lean}: {:?}", slant(&out));
            // Interpolation spreads an edge over two pixels at most.
            for (pixel, (&found, expected)) in out.iter().zip(bar(0.0, 13.0)).enumerate() {
                assert!(
                    (found - expected).abs() < 0.6,
                    "{lean} {pixel}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn upright_flat_and_blank_images_stay_as_they_are() {
        let dash = std::array::from_fn(|pixel| f32::from(u8::from(pixel / SIDE == 20 && pixel % SIDE > 9)));
        for image in [bar(0.0, 13.0), dash, [0.0; PIXELS]] {
            let out = upright(&image);
            for (found, expected) in out.iter().zip(image) {
                assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
            }
        }
    }

    #[test]
    fn rows_may_be_shifted_out_of_the_image() {
        // So flat a line has a slant of nearly seven columns per row; specks far above and below leave the image on
        // either side.
        let mut image = [0.0; PIXELS];
        for (row, column, ink) in [(13, 0, 1.0), (14, 27, 1.0), (0, 14, 0.001), (27, 14, 0.001)] {
            image[row * SIDE + column] = ink;
        }
        assert!((slant(&image).0 - 6.75).abs() < 0.05, "{:?}", slant(&image));
        let out = upright(&image);
        assert!(out[..SIDE].iter().chain(&out[27 * SIDE..]).all(|&ink| ink == 0.0));
        assert!((out.iter().sum::<f32>() - 2.0).abs() < 1e-4);
    }

    #[test]
    fn numbers_that_are_no_ink_do_no_harm() {
        for (odd, finite) in [
            (f32::NAN, false),
            (f32::INFINITY, false),
            (-1e9, true),
            (1e30, true),
        ] {
            let mut image = bar(0.4, 13.0);
            image[PIXELS / 2] = odd;
            assert_eq!(
                upright(&image).iter().all(|pixel| pixel.is_finite()),
                finite,
                "{odd}"
            );
        }
        let negative = bar(0.4, 13.0).map(|ink| -ink);
        assert!(upright(&negative).iter().eq(&negative));
    }

    #[test]
    fn a_shifted_image_is_deslanted_as_the_image_itself() {
        let [here, there] = [12.0, 13.0].map(|column| upright(&bar(0.4, column)));
        for pixel in (0..PIXELS).filter(|pixel| pixel % SIDE > 0) {
            assert!((there[pixel] - here[pixel - 1]).abs() < 1e-4, "{pixel}");
        }
    }

    #[test]
    fn only_images_of_28_by_28_numbers_have_a_slant() {
        assert_eq!(outputs(784.into()), Some(784.into()));
        assert_eq!(outputs([28, 28, 1].into()), Some([28, 28, 1].into()));
        for other in [[14, 56, 1], [14, 14, 4], [27, 28, 1], [28, 28, 2]] {
            assert_eq!(outputs(other.into()), None);
        }
    }
}
