//! Dropout: while training, each number is left out with a fixed probability, so that no unit can rely on another one
//! (Srivastava et al., 2014, *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*). Those that stay are
//! enlarged by as much, and a finished network uses all of them.

use super::Matrix;
use ndarray_rand::rand::Rng;

/// Draws for the first `rows` rows of `mask` what each number is multiplied by: 0 with the probability `rate`, else
/// 1 / (1 − `rate`).
pub(super) fn draw(rate: f32, rows: usize, rng: &mut impl Rng, mask: &mut Matrix) {
    // Of 16 random bits, those below the threshold leave out: a rate is met within 2⁻¹⁷.
    let threshold = (f64::from(rate) * 65536.0).round() as u32;
    let kept = 1.0 / (1.0 - rate);
    for row in mask.rows_mut(rows) {
        for numbers in row.chunks_mut(2) {
            let mut bits = rng.next_u32();
            for number in numbers {
                *number = if (bits & 0xFFFF) < threshold { 0.0 } else { kept };
                bits >>= 16;
            }
        }
    }
}

/// x ← x · mask for the first `rows` rows and the mask's columns. It is its own way back.
pub(super) fn multiply(rows: usize, mask: &Matrix, x: &mut Matrix) {
    for (row, x) in x.rows_mut(rows).enumerate() {
        for (x, mask) in x.iter_mut().zip(mask.row(row)) {
            *x *= mask;
        }
    }
}
