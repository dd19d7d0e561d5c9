//! Asks for numbers ahead of their use, so that they travel from memory while something else is computed.

use crate::nn::matrix::LINE;
use ndarray::ArrayRef2;

/// Asks for all of `numbers` to be brought into the second-level cache. Changes nothing but the time it takes.
pub(crate) fn prefetch(numbers: &ArrayRef2<f32>) {
    #[cfg(target_arch = "x86_64")]
    for row in numbers.outer_iter() {
        for line in row.to_slice().unwrap_or_default().chunks(LINE) {
            use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
            // SAFETY: a hint; every processor of this kind has the instruction.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
        }
    }
}
