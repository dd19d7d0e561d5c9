//! From a picture file to the 28×28 image a network sees: [`decode`] its bytes, find its ink ([`ink_of`]), and
//! [`normalize`] that as MNIST's makers did.

mod decode;
mod ink;
mod jpeg;
mod normalize;

pub use decode::{Grey, decode};
pub use ink::ink_of;
pub use normalize::normalize;
