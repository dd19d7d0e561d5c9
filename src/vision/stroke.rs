//! How wide strokes are, and the same strokes by a wider or a narrower pen.

use ndarray::{Array2, ArrayRef2, s};

/// Ink above this is inside a stroke.
const INSIDE: f32 = 0.5;

/// The squared Euclidean distance of every pixel to the nearest pixel that is `inside`, if it is less than that of `most`
/// pixels, and that if it is not. Down the columns that is a count of steps, for all columns at once; along a row, what
/// is nearest is looked for on both sides.
fn squared_distances(inside: &ArrayRef2<bool>, most: f32) -> Array2<f32> {
    let mut distances = inside.mapv(|inside| if inside { 0.0 } else { most });
    let step = |from: usize, to: usize, distances: &mut Array2<f32>| {
        let (from, mut to) = distances.multi_slice_mut((s![from, ..], s![to, ..]));
        to.zip_mut_with(&from, |to, &from| *to = to.min(from + 1.0));
    };
    let last = distances.nrows().saturating_sub(1);
    (0..last).for_each(|row| step(row, row + 1, &mut distances));
    (0..last).rev().for_each(|row| step(row + 1, row, &mut distances));
    distances.mapv_inplace(|distance| distance * distance);
    let mut down = Vec::new();
    for mut row in distances.rows_mut() {
        down.clear();
        down.extend(row.iter());
        // Up to 1, nothing beside it is nearer.
        let farther = row.iter_mut().enumerate().filter(|(_, least)| **least > 1.0);
        for (place, least) in farther {
            *least = nearest(&down, place);
        }
    }
    distances
}

/// The least of (p − q)² + f(q) of all places q, for the place p.
fn nearest(f: &[f32], p: usize) -> f32 {
    let mut least = f[p];
    for apart in 1..f.len() {
        let square = (apart * apart) as f32;
        if square >= least {
            break;
        }
        let sides = [p.checked_sub(apart), Some(p + apart)];
        for f in sides.into_iter().filter_map(|q| f.get(q?)) {
            least = least.min(square + f);
        }
    }
    least
}

/// The mean width of the strokes of `ink` (height, width; 0 paper, 1 ink) in pixels; `None` without any.
///
/// Across a stroke of width w, the distance to its edge is w/4 on average.
pub(super) fn stroke_width(ink: &ArrayRef2<f32>) -> Option<f32> {
    let inside = ink.mapv(|ink| ink > INSIDE);
    let most = (ink.nrows() + ink.ncols()) as f32;
    let distances = squared_distances(&inside.mapv(|inside| !inside), most);
    let (sum, count) = distances
        .iter()
        .filter(|&&distance| distance > 0.0)
        .fold((0.0, 0), |(sum, count), distance| {
            (sum + distance.sqrt() - 0.5, count + 1)
        });
    (count > 0).then(|| 4.0 * sum / count as f32)
}

/// The strokes of `ink` made wider by `by` pixels, or narrower if it is negative, with edges one pixel soft.
pub(super) fn widen(ink: &ArrayRef2<f32>, by: f32) -> Array2<f32> {
    let inside = ink.mapv(|ink| ink > INSIDE);
    // Farther from an edge, nothing changes.
    let most = 0.5 * by.abs() + 2.0;
    let (outward, inward) = (
        squared_distances(&inside, most),
        squared_distances(&inside.mapv(|inside| !inside), most),
    );
    // Edges lie half a pixel beyond the middle of the outermost pixels.
    let depth = |outward: f32, inward: f32| {
        if inward > 0.0 {
            inward.sqrt() - 0.5
        } else {
            0.5 - outward.sqrt()
        }
    };
    let mut widened = outward;
    widened.zip_mut_with(&inward, |value, &inward| {
        *value = (depth(*value, inward) + 0.5 * by + 0.5).clamp(0.0, 1.0);
    });
    widened
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::s;

    #[test]
    fn a_stroke_is_as_wide_as_it_was_drawn_and_made() {
        let mut ink = Array2::zeros((50, 50));
        ink.slice_mut(s![5..45, 20..26]).fill(1.0);
        assert!((5.0..7.0).contains(&stroke_width(&ink).unwrap()));
        let wider = widen(&ink, 4.0);
        assert!(wider[[20, 18]] > 0.9 && wider[[20, 17]] < 0.1);
        let narrower = widen(&ink, -2.0);
        assert!(narrower[[20, 21]] > 0.9 && narrower[[20, 20]] < 0.1);
        assert_eq!(stroke_width(&Array2::zeros((3, 3))), None);
    }

    #[test]
    fn distances_are_those_to_the_nearest_of_all_pixels() {
        for (rows, columns) in [(1, 1), (1, 9), (7, 1), (12, 17), (20, 5)] {
            for every in [1, 2, 7, 30, 1000] {
                let inside = Array2::from_shape_fn((rows, columns), |(row, column)| {
                    (row * 31 + column * 17) % every == 5 % every
                });
                let pixels: Vec<(usize, usize)> = inside
                    .indexed_iter()
                    .filter(|(_, inside)| **inside)
                    .map(|(place, _)| place)
                    .collect();
                let squared = |row: usize, column: usize| {
                    let squares = pixels
                        .iter()
                        .map(|&(r, c)| r.abs_diff(row).pow(2) + c.abs_diff(column).pow(2));
                    squares.min().map_or(f32::INFINITY, |least| least as f32)
                };
                for most in [2.5, (rows + columns) as f32] {
                    for ((row, column), &found) in squared_distances(&inside, most).indexed_iter() {
                        let expected = squared(row, column).min(most * most);
                        assert!(
                            (found - expected).abs() < 1e-3,
                            "{rows}x{columns}, {every}, {most}: {found}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}
