//! Pictures of what is no digit, made here: letters, scribbles, symbols, several digits at once, dirt.
//!
//! A network that has only ever seen digits takes a horse for one. Shown outliers as a class of their own it learns
//! to tell digits from all else, even from kinds of outliers that it was never shown (Hendrycks et al., 2019, *Deep
//! Anomaly Detection with Outlier Exposure*). Each is brought into MNIST's own form, as a reader of pictures brings
//! everything.

use super::canvas::{Canvas, Point};
use super::{drawn_after, glyphs};
use crate::dataset::{Dataset, PIXELS, SIDE};
use crate::random::{Purpose, stream};
use crate::vision::normalize;
use ndarray::{Array1, ArrayView1};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand::seq::IndexedRandom;

/// Digits that are none any more once they are turned by a quarter of a turn.
const TURNABLE: [u8; 5] = [2, 3, 4, 5, 7];

/// `digits` and `count` outliers more, whose label is `class`; the same ones for the same `seed`.
///
/// ```
/// use digits::dataset::{Dataset, PIXELS};
/// use digits::train::with_outliers;
/// use ndarray::{Array1, Array2};
///
/// let digits = Dataset { images: Array2::from_elem((3, PIXELS), 9), labels: Array1::zeros(3) };
/// let all = with_outliers(&digits, 5, 10, 0);
/// assert_eq!((all.len(), all.labels[7]), (8, 10));
/// ```
///
/// # Panics
/// If there are images of another number of pixels than 784, or not as many labels as images.
pub fn with_outliers(digits: &Dataset, count: usize, class: u8, seed: u64) -> Dataset {
    drawn_after(digits, count, |index| {
        let mut rng = stream(seed, Purpose::Outliers, 0, index);
        (outlier(digits, &mut rng), class)
    })
}

/// One outlier, 784 pixels.
fn outlier(digits: &Dataset, rng: &mut impl Rng) -> Array1<u8> {
    loop {
        let mut canvas = Canvas::new();
        match rng.random_range(0..100) {
            0..28 => canvas.glyph(glyphs::SIGNS.choose(rng).unwrap_or(&""), rng),
            28..42 => several_strokes(&mut canvas, rng),
            42..56 => scribble(&mut canvas, rng),
            56..62 => rules(&mut canvas, rng),
            62..74 => shapes(&mut canvas, rng),
            74..86 => dirt(&mut canvas, rng),
            86..93 if !digits.is_empty() => two_digits(&mut canvas, digits, rng),
            _ => {
                if let Some(turned) = turned_digit(digits, rng) {
                    return turned;
                }
            }
        }
        // What left no ink is tried again, as something else.
        if let Some(image) = normalize(canvas.ink()) {
            return Array1::from_iter(image);
        }
    }
}

/// Straight lines and arcs that have nothing to do with each other.
fn several_strokes(canvas: &mut Canvas, rng: &mut impl Rng) {
    let width = rng.random_range(1.2..4.0);
    for _ in 0..rng.random_range(3..7) {
        let points: Vec<Point> = (0..rng.random_range(2..4)).map(|_| anywhere(rng)).collect();
        canvas.curve(&points, width);
    }
}

/// A long line in loops.
fn scribble(canvas: &mut Canvas, rng: &mut impl Rng) {
    let points: Vec<Point> = (0..rng.random_range(7..24)).map(|_| anywhere(rng)).collect();
    canvas.curve(&points, rng.random_range(0.8..3.2));
}

/// What is left of printed lines and edges: straight, from side to side, level or upright, with gaps.
fn rules(canvas: &mut Canvas, rng: &mut impl Rng) {
    let width = rng.random_range(0.6..3.5);
    let lean = rng.random_range(-0.1..0.1);
    let (level, upright) = *[(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (2, 2), (0, 2), (0, 3)]
        .choose(rng)
        .unwrap_or(&(1, 0));
    let mut line = |along: bool| {
        let place = rng.random_range(0.1..0.9);
        let (start, end) = (rng.random_range(0.0..0.4), rng.random_range(0.6..1.0));
        let ends = [[start, place + lean * start], [end, place + lean * end]];
        canvas.curve(&ends.map(|[x, y]| if along { [x, y] } else { [y, x] }), width);
    };
    (0..level).for_each(|_| line(true));
    (0..upright).for_each(|_| line(false));
}

/// Filled and hollow shapes, as signs and icons have.
fn shapes(canvas: &mut Canvas, rng: &mut impl Rng) {
    for _ in 0..rng.random_range(1..4) {
        let corners = rng.random_range(3..9);
        let phase = rng.random_range(0.0..std::f32::consts::TAU);
        let centre = anywhere(rng);
        let radius = [rng.random_range(0.15..0.5), rng.random_range(0.15..0.5)];
        let uneven = rng.random_range(0.0..0.5);
        let mut points: Vec<Point> = (0..corners)
            .map(|corner| {
                let angle = phase + std::f32::consts::TAU * corner as f32 / corners as f32;
                let [x, y] = radius.map(|radius| radius * (1.0 - rng.random_range(0.0..=uneven)));
                [centre[0] + x * angle.cos(), centre[1] + y * angle.sin()]
            })
            .collect();
        // A hollow one of more corners would be a 0.
        if corners > 3 || rng.random_bool(0.5) {
            canvas.fill(&points);
        } else {
            points.push(points[0]);
            canvas.straight(&points, rng.random_range(1.0..3.5));
        }
    }
}

/// Paper grain, specks, soft shadows: what is found where nothing is written.
fn dirt(canvas: &mut Canvas, rng: &mut impl Rng) {
    match rng.random_range(0..3) {
        0 => {
            for _ in 0..rng.random_range(1..40) {
                canvas.dot(anywhere(rng), rng.random_range(0.4..3.0));
            }
        }
        1 => {
            for _ in 0..rng.random_range(1..4) {
                canvas.shade(anywhere(rng), rng.random_range(0.1..0.5));
            }
        }
        _ => {
            let (grain, share) = (rng.random_range(1..9), rng.random_range(0.05..0.5));
            canvas.grain(grain, share, rng);
        }
    }
}

/// Two digits that touch, or lie beside each other.
fn two_digits(canvas: &mut Canvas, digits: &Dataset, rng: &mut impl Rng) {
    let apart = rng.random_range(10.0..22.0);
    let lean = rng.random_range(-6.0..6.0);
    let (along, scale) = (rng.random_bool(0.7), rng.random_range(0.7..1.0));
    for place in [0.0, apart] {
        let image = digits.images.row(rng.random_range(0..digits.len()));
        let offset = if along { [place, lean] } else { [lean, place] };
        canvas.image(&image, offset, scale);
    }
}

/// A digit on its side, or in the mirror as well.
fn turned_digit(digits: &Dataset, rng: &mut impl Rng) -> Option<Array1<u8>> {
    let index = rng.random_range(0..digits.len().max(1));
    let turnable = TURNABLE.contains(digits.labels.get(index)?);
    let image = digits.images.row(index);
    let (mirrored, left) = (rng.random_bool(0.3), rng.random_bool(0.5));
    turnable.then(|| quarter_turned(&image, mirrored, left))
}

fn quarter_turned(image: &ArrayView1<u8>, mirrored: bool, left: bool) -> Array1<u8> {
    let flip = |at: usize, flipped: bool| if flipped { SIDE - 1 - at } else { at };
    Array1::from_shape_fn(PIXELS, |at| {
        let (row, column) = (at / SIDE, at % SIDE);
        image[flip(column, left) * SIDE + flip(row, left == mirrored)]
    })
}

/// A place in the unit square.
fn anywhere(rng: &mut impl Rng) -> Point {
    [rng.random(), rng.random()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    fn digits() -> Dataset {
        let mut images = Array2::zeros((10, PIXELS));
        images.slice_mut(s![.., 300..400]).fill(200);
        Dataset {
            images,
            labels: Array1::from_iter(0..10),
        }
    }

    #[test]
    fn outliers_follow_the_seed_and_have_ink_in_the_box() {
        let all = with_outliers(&digits(), 300, 10, 3);
        assert_eq!(all.images.slice(s![..10, ..]), digits().images);
        assert_eq!(all, with_outliers(&digits(), 300, 10, 3));
        assert_ne!(all, with_outliers(&digits(), 300, 10, 4));
        let mut different = std::collections::HashSet::new();
        for image in all.images.slice(s![10.., ..]).outer_iter() {
            assert!(image.iter().any(|&pixel| pixel > 0));
            different.insert(image.to_vec());
        }
        assert!(different.len() > 270, "{}", different.len());
    }

    #[test]
    fn a_quarter_of_a_turn_four_times_changes_nothing() {
        let image = Array1::from_iter((0..PIXELS).map(|at| (at * 7 % 251) as u8));
        for left in [false, true] {
            let turned = (0..4).fold(image.clone(), |image, _| {
                quarter_turned(&image.view(), false, left)
            });
            assert_eq!(turned, image);
            assert_ne!(quarter_turned(&image.view(), false, left), image);
        }
    }

    #[test]
    fn without_digits_there_are_outliers_all_the_same() {
        let nothing = Dataset {
            images: Array2::zeros((0, PIXELS)),
            labels: Array1::zeros(0),
        };
        assert_eq!(with_outliers(&nothing, 20, 10, 0).len(), 20);
    }
}
