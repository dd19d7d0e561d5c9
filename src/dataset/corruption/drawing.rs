//! Drawing: lines over the digit, and parts of it in negative.

use super::Image;
use crate::dataset::{PIXELS, SIDE};
use ndarray_rand::rand::Rng;

/// Columns at either side that a stripe leaves in negative.
const NEGATIVE: usize = 7;
/// How far above and below a line its logarithm ends, in pixels; its ink ends earlier.
const LINE_WIDTH: f32 = 2.3;
/// Columns of a dot and of the gap before it.
const DOT: usize = 2;
/// First and last column of the zigzag.
const ZIGZAG: [f32; 2] = [2.0, 25.0];
/// How far a zigzag goes to either side of its middle line, and on that line between two crossings by half.
const SWING: f32 = 2.0;

/// A place between pixels: column and row.
type Point = [f32; 2];

/// Stripe: light and dark exchanged left and right of the middle.
pub(super) fn stripe(image: &Image) -> Image {
    std::array::from_fn(|at| {
        let inside = (NEGATIVE..SIDE - NEGATIVE).contains(&(at % SIDE));
        if inside { image[at] } else { 1.0 - image[at] }
    })
}

/// A dotted line from the left border to the right one.
pub(super) fn dotted_line(image: &Image, rng: &mut impl Rng) -> Image {
    let last = (SIDE - 1) as f32;
    let (left, right) = (random_row(rng), random_row(rng));
    let mut line = [0.0; PIXELS];
    draw_line([0.0, left], [last, right], &mut line);
    std::array::from_fn(|at| {
        let dotted = (at % SIDE / DOT) % 2 == 1;
        if dotted { image[at] + line[at] } else { image[at] }
    })
}

/// A zigzag line from left to right, its end at most five rows from its start.
pub(super) fn zigzag(image: &Image, rng: &mut impl Rng) -> Image {
    let row = random_row(rng);
    let climb = rng.random_range(-5..5) as f32;
    let mut drawn = *image;
    for ends in zigzag_corners(row, climb).windows(2) {
        draw_line(ends[0], ends[1], &mut drawn);
    }
    drawn
}

/// The corners of a zigzag line that starts at `row` and ends `climb` rows further down, on its middle line. (In
/// MNIST-C it ends up to a third of a pixel beside it.)
fn zigzag_corners(row: f32, climb: f32) -> Vec<Point> {
    let [start, end] = ZIGZAG;
    let length = (end - start).hypot(climb);
    let (sin, cos) = (climb / length, (end - start) / length);
    // Given how far along the middle line and how far beside it.
    let point = |along: f32, beside: f32| {
        [
            start + cos * along - sin * beside,
            row + sin * along + cos * beside,
        ]
    };
    let mut corners = vec![point(0.0, 0.0)];
    let (mut along, mut beside) = (SWING, SWING);
    while along < length {
        corners.push(point(along, beside));
        along += 2.0 * SWING;
        beside = -beside;
    }
    corners.push(point(length, 0.0));
    corners
}

fn random_row(rng: &mut impl Rng) -> f32 {
    rng.random_range(0..SIDE - 1) as f32
}

/// Adds the ink of a line between two points, `from` left of `to`: 1 + ln(1 − d / 2.3) at d pixels above or below it,
/// up to full ink.
fn draw_line(from: Point, to: Point, image: &mut Image) {
    let slope = (to[1] - from[1]) / (to[0] - from[0]);
    let columns = from[0].floor() as usize..(to[0].ceil() as usize).min(SIDE);
    for row in 0..SIDE {
        for column in columns.clone() {
            let line = from[1] + slope * (column as f32 - from[0]);
            let distance = (row as f32 - line).abs();
            if distance < LINE_WIDTH {
                let ink = 1.0 + (1.0 - distance / LINE_WIDTH).ln();
                let pixel = &mut image[row * SIDE + column];
                *pixel = (*pixel + ink.max(0.0)).min(1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn a_stripe_stays_and_its_sides_turn_negative() {
        let mut image = [0.0; PIXELS];
        image[6] = 1.0;
        image[7] = 1.0;
        let striped = stripe(&image);
        assert_eq!(striped[5..9], [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(striped[20..23], [0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_level_line_is_three_rows_thick() {
        let mut image = [0.0; PIXELS];
        draw_line([3.0, 10.0], [6.0, 10.0], &mut image);
        for (at, &ink) in image.iter().enumerate() {
            let expected = match (at / SIDE, at % SIDE) {
                (10, 3..6) => 1.0,
                // 1 + ln(1 − 1 / 2.3)
                (9 | 11, 3..6) => 0.429_455,
                _ => 0.0,
            };
            assert!((ink - expected).abs() < 1e-5, "{at}: {ink}");
        }
    }

    #[test]
    fn a_dotted_line_has_gaps() {
        let dotted = dotted_line(&[0.0; PIXELS], &mut stream(1, Purpose::Corruption, 0, 0));
        for column in 0..SIDE - 1 {
            let inked = (0..SIDE).any(|row| dotted[row * SIDE + column] > 0.0);
            assert_eq!(inked, column / 2 % 2 == 1, "{column}");
        }
    }

    #[test]
    fn a_zigzag_swings_about_its_middle_line() {
        let corners = zigzag_corners(10.0, 0.0);
        assert_eq!(corners[..3], [[2.0, 10.0], [4.0, 12.0], [8.0, 8.0]]);
        assert_eq!(corners[7..], [[25.0, 10.0]]);
        // Climbing, it still runs from left to right.
        for climb in [-5.0, 4.0] {
            let corners = zigzag_corners(10.0, climb);
            assert!(corners.is_sorted_by(|left, right| left[0] < right[0]));
        }
    }
}
