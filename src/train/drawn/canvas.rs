//! A sheet to draw on, with a pen, a brush and dust.

use crate::dataset::SIDE;
use ndarray::{Array2, ArrayRef2, ArrayView1};
use ndarray_rand::rand::Rng;

/// Rows and columns of the sheet: enough to be scaled down to MNIST's 20 pixels.
const SHEET: usize = 48;
/// Paper left around the unit square on every side, and the square's side, in pixels of the sheet.
const MARGIN: f32 = 6.0;
const SQUARE: f32 = 36.0;
/// Pixels of the sheet to a pixel of MNIST's 20-pixel box.
const PEN: f32 = SQUARE / 20.0;
/// Points between two of a smooth curve's.
const STEPS: usize = 6;
/// How far a glyph's points stray, as a share of its size.
const STRAY: f32 = 0.05;

/// Column and row in the unit square.
pub(super) type Point = [f32; 2];

/// Ink on paper.
pub(super) struct Canvas {
    ink: Array2<f32>,
}

impl Canvas {
    /// An empty sheet.
    pub(super) fn new() -> Self {
        Self {
            ink: Array2::zeros((SHEET, SHEET)),
        }
    }

    /// The ink, 0 paper, 1 full.
    pub(super) fn ink(&self) -> &ArrayRef2<f32> {
        &self.ink
    }

    /// Straight lines from point to point, by a pen `width` wide, in pixels of MNIST's box.
    pub(super) fn straight(&mut self, points: &[Point], width: f32) {
        for ends in points.windows(2) {
            self.line(ends[0], ends[1], width);
        }
    }

    /// A smooth curve through all points (Catmull and Rom, 1974, *A Class of Local Interpolating Splines*).
    pub(super) fn curve(&mut self, points: &[Point], width: f32) {
        let point = |at: isize| points[at.clamp(0, points.len() as isize - 1) as usize];
        for start in 0..points.len().saturating_sub(1) as isize {
            let [a, b, c, d] = [-1, 0, 1, 2].map(|off| point(start + off));
            let between = |step: usize| {
                let t = step as f32 / STEPS as f32;
                std::array::from_fn(|axis| {
                    let [a, b, c, d] = [a, b, c, d].map(|point| point[axis]);
                    b + 0.5
                        * t
                        * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
                })
            };
            for step in 0..STEPS {
                self.line(between(step), between(step + 1), width);
            }
        }
    }

    /// A glyph as some hand would write it: see [`super::glyphs`].
    pub(super) fn glyph(&mut self, glyph: &str, rng: &mut impl Rng) {
        let width = rng.random_range(1.2..3.6);
        let (turn, slant) = (rng.random_range(-0.25..0.25_f32), rng.random_range(-0.25..0.25));
        let stretch = [rng.random_range(0.55..1.0), rng.random_range(0.7..1.0)];
        let mut written = |point: &str| {
            let mut places = point
                .bytes()
                .map(|digit| f32::from(digit.saturating_sub(b'0')) / 9.0 - 0.5);
            let mut place = || places.next().unwrap_or(0.0) + rng.random_range(-STRAY..STRAY);
            let (x, y) = (stretch[0] * place(), stretch[1] * place());
            let x = x + slant * y;
            [
                0.5 + x * turn.cos() - y * turn.sin(),
                0.5 + x * turn.sin() + y * turn.cos(),
            ]
        };
        for stroke in glyph.split('|') {
            let points: Vec<Point> = stroke
                .trim_start_matches('~')
                .split(' ')
                .map(&mut written)
                .collect();
            if stroke.starts_with('~') {
                self.curve(&points, width);
            } else {
                self.straight(&points, width);
            }
        }
    }

    /// Fills the polygon.
    pub(super) fn fill(&mut self, corners: &[Point]) {
        for ((row, column), ink) in self.ink.indexed_iter_mut() {
            let [x, y] = [column, row].map(|at| (at as f32 + 0.5 - MARGIN) / SQUARE);
            // A point is inside if a ray from it crosses the outline an odd number of times.
            let crossed = |(a, b): (&Point, &Point)| {
                (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            };
            let sides = corners.iter().zip(corners.iter().cycle().skip(1));
            if sides.filter(|&side| crossed(side)).count() % 2 == 1 {
                *ink = 1.0;
            }
        }
    }

    /// A round dot, `width` wide.
    pub(super) fn dot(&mut self, at: Point, width: f32) {
        self.line(at, at, width);
    }

    /// A soft shadow around a point, of that standard deviation as a share of the square.
    pub(super) fn shade(&mut self, at: Point, deviation: f32) {
        for ((row, column), ink) in self.ink.indexed_iter_mut() {
            let [x, y] = [column, row].map(|at| (at as f32 + 0.5 - MARGIN) / SQUARE);
            let squares = (x - at[0]).powi(2) + (y - at[1]).powi(2);
            *ink = ink.max((-0.5 * squares / deviation.powi(2)).exp() - 0.1);
        }
    }

    /// Grains of about `size` pixels over the whole sheet, that cover about `share` of it.
    pub(super) fn grain(&mut self, size: usize, share: f32, rng: &mut impl Rng) {
        let points = SHEET / size + 2;
        let field: Vec<f32> = (0..points * points).map(|_| rng.random()).collect();
        for ((row, column), ink) in self.ink.indexed_iter_mut() {
            let (top, left) = (row / size, column / size);
            let [down, right] = [row, column].map(|at| (at % size) as f32 / size as f32);
            let at = |row: usize, column: usize| field[row * points + column];
            let above = at(top, left) + right * (at(top, left + 1) - at(top, left));
            let below = at(top + 1, left) + right * (at(top + 1, left + 1) - at(top + 1, left));
            let value = above + down * (below - above);
            *ink = ink.max((4.0 * (value - 1.0 + share)).clamp(0.0, 1.0));
        }
    }

    /// An MNIST image at `scale` (1: its box as large as the square), moved right and down by pixels of its own.
    pub(super) fn image(&mut self, image: &ArrayView1<u8>, [right, down]: Point, scale: f32) {
        let at = |row: f32, column: f32| {
            let inside = [row, column].map(|at| (0.0..SIDE as f32).contains(&at));
            if inside == [true, true] {
                f32::from(image[row as usize * SIDE + column as usize]) / 255.0
            } else {
                0.0
            }
        };
        // Two of them must find room.
        let step = 1.0 / (scale * PEN * 0.6);
        for ((row, column), ink) in self.ink.indexed_iter_mut() {
            let (row, column) = (row as f32 * step - down, column as f32 * step - right);
            *ink = ink.max(at(row, column));
        }
    }

    /// A straight line with soft edges.
    fn line(&mut self, from: Point, to: Point, width: f32) {
        let [from, to] = [from, to].map(|point| point.map(|place| MARGIN + SQUARE * place));
        let radius = 0.5 * width * PEN;
        let range = |axis: usize| {
            let (low, high) = (from[axis].min(to[axis]), from[axis].max(to[axis]));
            let inside = |place: f32| place.clamp(0.0, SHEET as f32) as usize;
            inside(low - radius - 1.0)..inside(high + radius + 2.0)
        };
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = (along[0].powi(2) + along[1].powi(2)).max(1e-6);
        for row in range(1) {
            for column in range(0) {
                let [x, y] = [column as f32 + 0.5 - from[0], row as f32 + 0.5 - from[1]];
                let share = ((x * along[0] + y * along[1]) / length).clamp(0.0, 1.0);
                let distance = (x - share * along[0]).hypot(y - share * along[1]);
                let ink = &mut self.ink[[row, column]];
                *ink = ink.max((radius - distance + 0.5).clamp(0.0, 1.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(canvas: &Canvas, [x, y]: Point) -> f32 {
        let [column, row] = [x, y].map(|place| (MARGIN + SQUARE * place) as usize);
        canvas.ink()[[row, column]]
    }

    #[test]
    fn a_line_is_as_wide_as_its_pen() {
        let mut canvas = Canvas::new();
        canvas.straight(&[[0.1, 0.5], [0.9, 0.5]], 4.0);
        let column: f32 = canvas.ink().column(SHEET / 2).sum();
        assert!((column - 4.0 * PEN).abs() < 0.3, "{column}");
    }

    #[test]
    fn curves_go_through_their_points_and_polygons_are_filled() {
        let points = [[0.1, 0.2], [0.5, 0.9], [0.9, 0.1]];
        let mut canvas = Canvas::new();
        canvas.curve(&points, 2.0);
        assert!(points.iter().all(|&point| at(&canvas, point) > 0.4));
        assert!(at(&canvas, [0.5, 0.2]) < 0.1);

        let mut canvas = Canvas::new();
        canvas.fill(&[[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]);
        assert!(at(&canvas, [0.5, 0.4]) > 0.9 && at(&canvas, [0.1, 0.8]) < 0.1);
    }

    #[test]
    fn grain_covers_its_share_about() {
        use crate::random::{Purpose, stream};
        let mut canvas = Canvas::new();
        canvas.grain(2, 0.3, &mut stream(0, Purpose::Outliers, 0, 0));
        let covered = canvas.ink().mean().unwrap_or(0.0);
        assert!((0.05..0.4).contains(&covered), "{covered}");
    }
}
