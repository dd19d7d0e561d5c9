//! Loops that the compiler does not vectorise well, written by hand for the machine's best instructions, each beside a
//! plain one that a test compares it with.
//!
//! `unsafe` occurs here, as in [`crate::vectorize`], to call a function that was compiled for instructions whose
//! presence has just been asked for, and to load and store vectors within slices whose length has been checked.

#![allow(unsafe_code, clippy::inline_always)]

mod blocks;
mod compress;
mod convolution;
mod convolution_gradient;
mod lanes;
mod patches;
mod sparse_product;
mod tiles;
mod transposed_product;
mod winograd;
mod winograd_gradient;
mod winograd_weights;

use super::matrix::LINE;
pub(crate) use compress::{ROOM, compress};
pub(crate) use convolution::convolution;
pub(crate) use convolution_gradient::{convolution_bias_gradient, convolution_gradient};
pub(crate) use patches::Patches;
pub(crate) use sparse_product::sparse_product;
pub(crate) use tiles::{Between, Tiles};
pub(crate) use transposed_product::transposed_product;
pub(crate) use winograd::winograd;
pub(crate) use winograd_gradient::winograd_gradient;
pub(crate) use winograd_weights::{gather_gradient, transform_weights};

crate::vectorize::vectorized! {
    /// y += scale · x
    fn add_scaled(scale: f32, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += scale * x;
        }
    }
}

crate::vectorize::vectorized! {
    /// sum += the rows that `rows` consists of, each as long as `sum`
    fn add_rows(rows: &[f32], sum: &mut [f32]) {
        let length = sum.len();
        let whole = length - length % LINE;
        for start in (0..whole).step_by(LINE) {
            // Several sums at a time: one alone would wait for each addition to end.
            let mut sums = [[0.0; LINE]; 4];
            for rows in rows.chunks(4 * length) {
                for (sums, row) in sums.iter_mut().zip(rows.chunks_exact(length)) {
                    for (sum, x) in sums.iter_mut().zip(&row[start..start + LINE]) {
                        *sum += x;
                    }
                }
            }
            for sums in sums {
                for (sum, part) in sum[start..].iter_mut().zip(sums) {
                    *sum += part;
                }
            }
        }
        for row in rows.chunks_exact(length) {
            for (sum, x) in sum[whole..].iter_mut().zip(&row[whole..]) {
                *sum += x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_up_whatever_their_length_and_number() {
        for length in [1, 16, 24, 40] {
            for count in [0, 1, 3, 4, 9] {
                let rows: Vec<f32> = (0..length * count).map(|i| (i % 37) as f32).collect();
                let mut sum = vec![1.0; length];
                add_rows(&rows, &mut sum);
                for (column, sum) in sum.iter().enumerate() {
                    let expected: f32 = (0..count).map(|row| rows[row * length + column]).sum();
                    assert!(
                        (sum - expected - 1.0).abs() < 1e-3,
                        "{length} {count} {column}: {sum}"
                    );
                }
            }
        }
    }
}
