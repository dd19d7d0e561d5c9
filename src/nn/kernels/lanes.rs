//! A cache line of numbers in registers, on any instruction set for which there are fast kernels.
//!
//! A kernel is written once, over [`Lanes`], and compiled for each instruction set by [`compiled`]. Everything it is
//! made of must be inlined into the compiled function, hence `inline(always)`: a call would pass vectors through
//! memory.

/// Sixteen neighbouring numbers in registers.
///
/// # Safety
/// All functions need a processor that has the instructions, and pointers to as many numbers as they load or store.
#[allow(clippy::missing_safety_doc)]
pub(super) trait Lanes: Copy {
    /// Whether there are 32 registers of a whole cache line each, or just 16 of half of one.
    const WIDE: bool;

    unsafe fn zero() -> Self;
    unsafe fn splat(number: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    /// The first `count` numbers, or all 16 if `count` is greater; the others are 0.
    unsafe fn load_first(from: *const f32, count: usize) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// Stores the first `count` numbers, or all 16 if `count` is greater.
    unsafe fn store_first(self, to: *mut f32, count: usize);
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    /// self · factor + sum, rounded once.
    unsafe fn times_plus(self, factor: Self, sum: Self) -> Self;
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(clippy::inline_always, clippy::wildcard_imports)]
    // SAFETY of each call, which would be the same line each time: the caller's promise, which is the trait's.
    #![allow(clippy::undocumented_unsafe_blocks)]

    use super::Lanes;
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512(__m512);

    /// The mask of the first `count` numbers of a vector, or of all, if there are fewer.
    #[inline(always)]
    fn first(count: usize) -> u16 {
        match count {
            0..16 => (1 << count) - 1,
            _ => u16::MAX,
        }
    }

    impl Lanes for Avx512 {
        const WIDE: bool = true;

        #[inline(always)]
        unsafe fn zero() -> Self {
            Self(unsafe { _mm512_setzero_ps() })
        }

        #[inline(always)]
        unsafe fn splat(number: f32) -> Self {
            Self(unsafe { _mm512_set1_ps(number) })
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            Self(unsafe { _mm512_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn load_first(from: *const f32, count: usize) -> Self {
            Self(unsafe { _mm512_maskz_loadu_ps(first(count), from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm512_storeu_ps(to, self.0) }
        }

        #[inline(always)]
        unsafe fn store_first(self, to: *mut f32, count: usize) {
            unsafe { _mm512_mask_storeu_ps(to, first(count), self.0) }
        }

        #[inline(always)]
        unsafe fn plus(self, other: Self) -> Self {
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn minus(self, other: Self) -> Self {
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn times_plus(self, factor: Self, sum: Self) -> Self {
            Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, sum.0) })
        }
    }

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256, __m256);

    /// All bits of the first `count` of eight numbers, or of all, if there are fewer.
    #[inline(always)]
    unsafe fn first_of_eight(count: usize) -> __m256i {
        unsafe {
            let places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            _mm256_cmpgt_epi32(_mm256_set1_epi32(count.min(8) as i32), places)
        }
    }

    impl Lanes for Avx2 {
        const WIDE: bool = false;

        #[inline(always)]
        unsafe fn zero() -> Self {
            unsafe { Self(_mm256_setzero_ps(), _mm256_setzero_ps()) }
        }

        #[inline(always)]
        unsafe fn splat(number: f32) -> Self {
            let half = unsafe { _mm256_set1_ps(number) };
            Self(half, half)
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
        }

        #[inline(always)]
        unsafe fn load_first(from: *const f32, count: usize) -> Self {
            // Masked loads and, far more so, masked stores are slow, and most lines are whole.
            if count >= 16 {
                return unsafe { Self::load(from) };
            }
            let behind = count.saturating_sub(8);
            unsafe {
                let low = _mm256_maskload_ps(from, first_of_eight(count));
                let high = _mm256_maskload_ps(from.wrapping_add(8), first_of_eight(behind));
                Self(low, high)
            }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe {
                _mm256_storeu_ps(to, self.0);
                _mm256_storeu_ps(to.add(8), self.1);
            }
        }

        #[inline(always)]
        unsafe fn store_first(self, to: *mut f32, count: usize) {
            if count >= 16 {
                return unsafe { self.store(to) };
            }
            let behind = count.saturating_sub(8);
            unsafe {
                _mm256_maskstore_ps(to, first_of_eight(count), self.0);
                _mm256_maskstore_ps(to.wrapping_add(8), first_of_eight(behind), self.1);
            }
        }

        #[inline(always)]
        unsafe fn plus(self, other: Self) -> Self {
            unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn minus(self, other: Self) -> Self {
            unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
        }

        #[inline(always)]
        unsafe fn times_plus(self, factor: Self, sum: Self) -> Self {
            unsafe {
                let low = _mm256_fmadd_ps(self.0, factor.0, sum.0);
                Self(low, _mm256_fmadd_ps(self.1, factor.1, sum.1))
            }
        }
    }
}

/// Defines a function that runs a kernel over [`Lanes`] with the processor's best instructions; it answers whether
/// there are any that the kernel is compiled for. It is as unsafe as the kernel.
macro_rules! compiled {
    (fn $name:ident($($argument:ident: $type:ty),* $(,)?) of $kernel:ident) => {
        #[cfg(target_arch = "x86_64")]
        unsafe fn $name($($argument: $type),*) -> bool {
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
            unsafe fn avx512($($argument: $type),*) {
                // SAFETY: as the caller's.
                unsafe { $kernel::<$crate::nn::kernels::lanes::Avx512>($($argument),*) }
            }
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($argument: $type),*) {
                // SAFETY: as the caller's.
                unsafe { $kernel::<$crate::nn::kernels::lanes::Avx2>($($argument),*) }
            }
            if $crate::vectorize::has_avx512() {
                // SAFETY: the processor has the instructions; the rest as the caller's.
                unsafe { avx512($($argument),*) };
                return true;
            }
            if $crate::vectorize::has_avx2() {
                // SAFETY: the processor has the instructions; the rest as the caller's.
                unsafe { avx2($($argument),*) };
                return true;
            }
            false
        }

        #[cfg(not(target_arch = "x86_64"))]
        unsafe fn $name($(_: $type),*) -> bool {
            false
        }
    };
}
pub(super) use compiled;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{Avx2, Avx512, Lanes};

    /// What the first `count` of 16 numbers are once they are loaded, used and stored.
    ///
    /// # Safety
    /// The processor must have the instructions.
    unsafe fn used<L: Lanes>(count: usize) -> Vec<f32> {
        let numbers: Vec<f32> = (1..=count).map(|number| number as f32).collect();
        let mut stored = vec![-1.0; count];
        // SAFETY: both are `count` numbers long; the instructions are the caller's promise.
        unsafe {
            let loaded = L::load_first(numbers.as_ptr(), count);
            loaded
                .times_plus(L::splat(2.0), L::splat(0.5).plus(L::zero()))
                .store_first(stored.as_mut_ptr(), count);
        }
        stored
    }

    #[test]
    fn parts_of_a_line_are_loaded_and_stored() {
        for count in 0..=16 {
            let expected: Vec<f32> = (1..=count).map(|number| 2.0 * number as f32 + 0.5).collect();
            if crate::vectorize::has_avx2() {
                // SAFETY: the processor has the instructions.
                assert_eq!(unsafe { used::<Avx2>(count) }, expected);
            }
            if crate::vectorize::has_avx512() {
                // SAFETY: the processor has the instructions.
                assert_eq!(unsafe { used::<Avx512>(count) }, expected);
            }
        }
    }
}
