//! Blocks of neighbouring pixels or tiles whose sums are held in registers.

use super::lanes::Lanes;

/// How many of `left` neighbours, of which there is at least one, the next block takes; or every block, if the last
/// one may overlap. As many at most as the registers hold sums for, on wide ones for two cache lines of outputs; and
/// blocks are about equal, since a short one would wait for its few sums.
#[inline(always)]
pub(super) fn block_length<L: Lanes>(left: usize) -> usize {
    let most = if L::WIDE { 14 } else { 6 };
    left.div_ceil(left.div_ceil(most))
}

/// Calls `function::<L, N>` for N, a [`block_length`], so that the function is compiled for each of them.
macro_rules! of_length {
    ($length:expr, $function:ident::<$lanes:ident> $arguments:tt) => {
        match $length {
            1 => $function::<$lanes, 1> $arguments,
            2 => $function::<$lanes, 2> $arguments,
            3 => $function::<$lanes, 3> $arguments,
            4 => $function::<$lanes, 4> $arguments,
            5 => $function::<$lanes, 5> $arguments,
            6 => $function::<$lanes, 6> $arguments,
            7 if $lanes::WIDE => $function::<$lanes, 7> $arguments,
            8 if $lanes::WIDE => $function::<$lanes, 8> $arguments,
            9 if $lanes::WIDE => $function::<$lanes, 9> $arguments,
            10 if $lanes::WIDE => $function::<$lanes, 10> $arguments,
            11 if $lanes::WIDE => $function::<$lanes, 11> $arguments,
            12 if $lanes::WIDE => $function::<$lanes, 12> $arguments,
            13 if $lanes::WIDE => $function::<$lanes, 13> $arguments,
            _ => $function::<$lanes, 14> $arguments,
        }
    };
}

pub(super) use of_length;
