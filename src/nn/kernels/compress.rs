//! Leaves out zeros: [0, 3, 0, 5] becomes the values [3, 5] and the columns [1, 3].

/// Places behind the last kept number that may be overwritten: a vector is stored whole, however much of it counts.
pub(crate) const ROOM: usize = 16;

/// Writes the numbers of `dense` that are not zero to the front of `values`, and their places, counted from `first`, to
/// the front of `columns`; how many there were. Up to [`ROOM`] places behind them may change too.
///
/// # Panics
/// If `columns` or `values` are not longer by [`ROOM`] than `dense`.
pub(crate) fn compress(dense: &[f32], first: u32, columns: &mut [u32], values: &mut [f32]) -> usize {
    let room = dense.len() + ROOM;
    let (columns, values) = (&mut columns[..room], &mut values[..room]);
    #[cfg(target_arch = "x86_64")]
    if crate::vectorize::has_avx512() {
        // SAFETY: the processor has the instructions.
        return unsafe { avx512::compress(dense, first, columns, values) };
    }
    plain(dense, first, columns, values)
}

/// The reference.
fn plain(dense: &[f32], first: u32, columns: &mut [u32], values: &mut [f32]) -> usize {
    let mut end = 0;
    for (column, &value) in (first..).zip(dense) {
        // Written in any case, kept only if it counts: a jump that nobody can predict would cost more.
        (columns[end], values[end]) = (column, value);
        end += usize::from(value != 0.0);
    }
    end
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        _CMP_NEQ_UQ, _mm512_add_epi32, _mm512_mask_cmp_ps_mask, _mm512_maskz_compress_epi32,
        _mm512_maskz_compress_ps, _mm512_maskz_loadu_ps, _mm512_set1_epi32, _mm512_setr_epi32,
        _mm512_setzero_ps, _mm512_storeu_ps, _mm512_storeu_si512,
    };

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    pub(super) fn compress(dense: &[f32], first: u32, columns: &mut [u32], values: &mut [f32]) -> usize {
        let counting = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let mut end = 0;
        for (group, numbers) in dense.chunks(16).enumerate() {
            let present = u16::MAX >> (16 - numbers.len());
            // SAFETY: the mask lets no more numbers be loaded than there are.
            let vector = unsafe { _mm512_maskz_loadu_ps(present, numbers.as_ptr()) };
            let kept = _mm512_mask_cmp_ps_mask::<_CMP_NEQ_UQ>(present, vector, _mm512_setzero_ps());
            if kept == 0 {
                continue;
            }
            let place = _mm512_add_epi32(counting, _mm512_set1_epi32(first as i32 + 16 * group as i32));
            let (columns, values) = (&mut columns[end..end + 16], &mut values[end..end + 16]);
            // SAFETY: both slices have the 16 places that are stored to.
            unsafe {
                _mm512_storeu_si512(
                    columns.as_mut_ptr().cast(),
                    _mm512_maskz_compress_epi32(kept, place),
                );
                _mm512_storeu_ps(values.as_mut_ptr(), _mm512_maskz_compress_ps(kept, vector));
            }
            end += kept.count_ones() as usize;
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_keep_the_same() {
        for length in [0, 1, 15, 16, 17, 40, 64] {
            for seed in 0..20_usize {
                let number = |i: usize| ((i * i * 31 + seed * 7 + i) % 5) as f32 - 2.0;
                let dense: Vec<f32> = (0..length).map(number).collect();
                let (mut columns, mut values) = (vec![0; length + ROOM], vec![0.0; length + ROOM]);
                let (mut plain_columns, mut plain_values) = (columns.clone(), values.clone());
                let count = compress(&dense, 100, &mut columns, &mut values);
                assert_eq!(plain(&dense, 100, &mut plain_columns, &mut plain_values), count);
                assert_eq!(columns[..count], plain_columns[..count]);
                assert_eq!(values[..count], plain_values[..count]);
                assert_eq!(count, dense.iter().filter(|&&value| value != 0.0).count());
            }
        }
    }
}
