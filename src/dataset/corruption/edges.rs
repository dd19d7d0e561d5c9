//! Edges: what is left of a digit when only its outlines are drawn (Canny, 1986, *A Computational Approach to Edge
//! Detection*).
//!
//! The image is smoothed; an edge is where its gradient is steepest along the gradient's own direction; a faint edge
//! counts if it leads to a clear one. MNIST-C smooths the pixels at the border a little differently, where digits
//! have no ink.

use super::Image;
use super::blur::gaussian;
use crate::dataset::{PIXELS, SIDE};

/// Standard deviation of the smoothing in pixels.
const SIGMA: f32 = 1.0;
/// Gradients above which an edge is faint, and above which it is clear.
const FAINT: f32 = 0.1;
const CLEAR: f32 = 0.2;

/// Offsets of the eight neighbours of a pixel that is not at the border.
const AROUND: [isize; 8] = {
    let line = SIDE as isize;
    [-line - 1, -line, -line + 1, -1, 1, line - 1, line, line + 1]
};

/// Full ink on edges, none elsewhere.
pub(super) fn canny(image: &Image) -> Image {
    let gradients = sobel(&gaussian(image, SIGMA));
    let slopes = gradients.map(|[down, right]| down.hypot(right));
    // Without a slope at the border, neighbours of an edge are always in the image.
    let edges: [f32; PIXELS] = std::array::from_fn(|at| {
        let faint = slopes[at] > FAINT && is_ridge(&slopes, at, gradients[at]);
        if faint { slopes[at] } else { 0.0 }
    });
    hysteresis(&edges)
}

/// Differences down and to the right at every pixel, by Sobel's weights; 0 at the border.
fn sobel(image: &Image) -> [[f32; 2]; PIXELS] {
    let mut gradients = [[0.0; 2]; PIXELS];
    for row in 1..SIDE - 1 {
        for column in 1..SIDE - 1 {
            let at = row * SIDE + column;
            let [a, b, c, d, f, g, h, i] = AROUND.map(|offset| image[at.wrapping_add_signed(offset)]);
            gradients[at] = [
                (g + 2.0 * h + i) - (a + 2.0 * b + c),
                (c + 2.0 * f + i) - (a + 2.0 * d + g),
            ];
        }
    }
    gradients
}

/// Whether the slope at a pixel that is not at the border is as large as one step up the gradient and one step down,
/// where it is interpolated between the neighbours on either side.
fn is_ridge(slopes: &Image, at: usize, [down, right]: [f32; 2]) -> bool {
    let (by_row, by_column) = (SIDE as isize * down.signum() as isize, right.signum() as isize);
    let straight = if down.abs() > right.abs() {
        by_row
    } else {
        by_column
    };
    let diagonal = by_row + by_column;
    let share = down.abs().min(right.abs()) / down.abs().max(right.abs());
    [1, -1].iter().all(|way| {
        let slope = |offset: isize| slopes[at.wrapping_add_signed(way * offset)];
        slopes[at] >= (1.0 - share) * slope(straight) + share * slope(diagonal)
    })
}

/// Follows edges from their clear pixels to the faint ones.
fn hysteresis(edges: &Image) -> Image {
    let mut drawn = [0.0; PIXELS];
    let mut open: Vec<usize> = (0..PIXELS).filter(|&at| edges[at] > CLEAR).collect();
    while let Some(at) = open.pop() {
        if drawn[at] == 0.0 {
            drawn[at] = 1.0;
            let around = AROUND.iter().map(|&offset| at.wrapping_add_signed(offset));
            open.extend(around.filter(|&next| edges[next] > 0.0));
        }
    }
    drawn
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_block_gives_its_outline() {
        let block = |margin: usize, at: usize| {
            let inside = |place: usize| (8 - margin..20 + margin).contains(&place);
            inside(at / SIDE) && inside(at % SIDE)
        };
        let image = std::array::from_fn(|at| f32::from(u8::from(block(0, at))));
        let edges = canny(&image);
        let mut columns = [0; SIDE];
        for (at, &edge) in edges.iter().enumerate() {
            let (row, column) = (at / SIDE, at % SIDE);
            let deep = (9..19).contains(&row) && (9..19).contains(&column);
            if edge > 0.0 {
                assert!(block(1, at) && !deep, "row {row}, column {column}");
                columns[column] += 1;
            }
        }
        // Every column of the block has an upper and a lower edge.
        assert!(columns[9..19].iter().all(|&count| count >= 2), "{columns:?}");
        assert!(edges.iter().all(|&edge| edge == 0.0 || edge == 1.0));
    }

    #[test]
    fn a_faint_edge_counts_only_beside_a_clear_one() {
        let mut edges = [0.0; PIXELS];
        let at = 10 * SIDE + 10;
        for (offset, slope) in [(0, 0.3), (1, 0.15), (SIDE + 2, 0.15), (4 * SIDE, 0.15)] {
            edges[at + offset] = slope;
        }
        let drawn = hysteresis(&edges);
        let found: Vec<usize> = (0..PIXELS).filter(|&at| drawn[at] > 0.0).collect();
        assert_eq!(found, [at, at + 1, at + SIDE + 2]);
    }
}
