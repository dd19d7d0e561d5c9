//! Dense × dense for few rows: y = x · w.
//!
//! | symbol | shape  | meaning             |
//! |--------|--------|---------------------|
//! | `x`    | (R, K) | inputs, few samples |
//! | `w`    | (K, N) | weights, transposed |
//! | `y`    | (R, N) | weighted sums       |
//!
//! A product for many rows first copies `w` into the order in which it takes it, and that takes longer than using it so few times.
//! Here `w` is read as it lies, once for up to six rows, whose sums are in registers.

use super::convolution::add_products;
use super::lanes::{Lanes, compiled};
use crate::nn::Matrix;
use crate::nn::matrix::LINE;

/// Most rows that go through `w` together: as many as the registers of AVX2 hold sums for.
const MOST_ROWS: usize = 6;

/// Into the first `rows` rows of `y`, and as many of its columns as `w` has, the product of those of `x` with `w`.
///
/// # Panics
/// If the shapes do not fit.
pub(crate) fn few_rows_product(rows: usize, x: &Matrix, w: &Matrix, y: &mut Matrix) {
    let (inputs, outputs) = w.dim();
    assert!(
        rows <= x.dim().0 && rows <= y.dim().0 && inputs == x.dim().1 && outputs <= y.dim().1,
        "{rows} rows of {:?} times {inputs}×{outputs} into {:?}",
        x.dim(),
        y.dim()
    );
    // SAFETY: the shapes have been checked.
    if !unsafe { product(rows, x, w, y) } {
        plainly(rows, x, w, y);
    }
}

/// The reference: scaled rows of `w`, added up.
fn plainly(rows: usize, x: &Matrix, w: &Matrix, y: &mut Matrix) {
    for (row, y) in y.rows_mut(rows).enumerate() {
        let y = &mut y[..w.dim().1];
        y.fill(0.0);
        for (input, &x) in x.row(row).iter().enumerate() {
            super::add_scaled(x, w.row(input), y);
        }
    }
}

compiled! {
    fn product(rows: usize, x: &Matrix, w: &Matrix, y: &mut Matrix) of by_rows
}

/// # Safety
/// The processor must have the instructions, and the shapes must fit.
#[inline(always)]
unsafe fn by_rows<L: Lanes>(rows: usize, x: &Matrix, w: &Matrix, y: &mut Matrix) {
    let mut row = 0;
    while row < rows {
        // SAFETY: the rows are there.
        row += unsafe {
            match rows - row {
                1 => some_rows::<L, 1>(row, x, w, y),
                2 => some_rows::<L, 2>(row, x, w, y),
                3 => some_rows::<L, 3>(row, x, w, y),
                4 => some_rows::<L, 4>(row, x, w, y),
                5 => some_rows::<L, 5>(row, x, w, y),
                _ => some_rows::<L, MOST_ROWS>(row, x, w, y),
            }
        };
    }
}

/// `R` rows, from `row` on; how many that is.
///
/// # Safety
/// The processor must have the instructions, and the shapes must fit.
#[inline(always)]
unsafe fn some_rows<L: Lanes, const R: usize>(row: usize, x: &Matrix, w: &Matrix, y: &mut Matrix) -> usize {
    let mut output = 0;
    while output < w.stride() {
        // SAFETY: rows of `w` are padded to whole cache lines.
        output += unsafe {
            if L::WIDE && w.stride() - output >= 4 * LINE {
                lines::<L, R, 4>(row, output, x, w, y)
            } else {
                lines::<L, R, 1>(row, output, x, w, y)
            }
        };
    }
    R
}

/// `LINES` cache lines of outputs, from `output` on, of `R` rows; how many outputs that is.
///
/// # Safety
/// The processor must have the instructions, and the shapes must fit.
#[inline(always)]
unsafe fn lines<L: Lanes, const R: usize, const LINES: usize>(
    row: usize,
    output: usize,
    x: &Matrix,
    w: &Matrix,
    y: &mut Matrix,
) -> usize {
    let ((inputs, outputs), stride) = (w.dim(), y.stride());
    // SAFETY: as the caller's; only outputs that exist are written, since there may be a constant 1 behind them.
    unsafe {
        let mut sums = [[L::zero(); LINES]; R];
        let rows = x.padded().as_ptr().add(row * x.stride());
        let weights = w.padded().as_ptr().add(output);
        add_products(inputs, rows, x.stride(), weights, w.stride(), &mut sums);
        for (index, sums) in sums.iter().enumerate() {
            let y = y.padded_mut().as_mut_ptr().add((row + index) * stride);
            for (line, sum) in sums.iter().enumerate() {
                let output = output + line * LINE;
                sum.store_first(y.add(output), outputs - output);
            }
        }
    }
    LINES * LINE
}

#[cfg(test)]
mod tests {
    use super::super::sparse_product::tests::matrix;
    use super::*;

    #[test]
    fn agrees_with_the_plain_one_and_leaves_all_else_alone() {
        for rows in 0..=8 {
            for outputs in [1, 10, 16, 40, 64, 100, 128, 200] {
                let (x, w) = (matrix(8, 77, 1), matrix(77, outputs, 3));
                let mut fast = matrix(8, outputs + 1, 5);
                let mut slow = fast.clone();
                few_rows_product(rows, &x, &w, &mut fast);
                plainly(rows, &x, &w, &mut slow);
                for (index, (fast, slow)) in fast.view().iter().zip(&slow.view()).enumerate() {
                    assert!(
                        (fast - slow).abs() < 1e-4,
                        "{rows} {outputs} {index}: {fast}, not {slow}"
                    );
                }
            }
        }
    }
}
