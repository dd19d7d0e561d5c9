//! Loops that the compiler does not vectorise well, written by hand for the machine's best instructions, each beside a
//! plain one that a test compares it with.
//!
//! `unsafe` occurs here, as in [`crate::vectorize`], to call a function that was compiled for instructions whose
//! presence has just been asked for, and to load and store vectors within slices whose length has been checked.

#![allow(unsafe_code)]

mod compress;
mod sparse_product;
mod transposed_product;

pub(crate) use compress::{ROOM, compress};
pub(crate) use sparse_product::sparse_product;
pub(crate) use transposed_product::transposed_product;

crate::vectorize::vectorized! {
    /// y += scale · x
    fn add_scaled(scale: f32, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += scale * x;
        }
    }
}
