//! From a picture file to the 28×28 image a network sees: [`decode`] its bytes, find its ink, and
//! [`normalize`] that as MNIST's makers did.

#[cfg(test)]
mod art;
mod candidates;
mod components;
mod decode;
mod explain;
mod grain;
mod group_ink;
mod grouping;
mod ink;
mod jpeg;
mod marks;
mod median;
mod method;
mod morphology;
mod normalize;
mod outline;
mod paper;
mod picture;
mod rules;
mod sheet;
mod stroke;
mod strokes;
mod threshold;

pub(crate) use candidates::size_costs;
pub use candidates::{Candidate, candidates, pages};
pub use components::Area;
#[cfg(feature = "cli")]
pub(crate) use decode::REMEDY;
pub use decode::{Grey, decode};
pub use explain::{Step, explain};
pub use ink::plain_ink;
pub(crate) use median::median;
pub use method::{Method, Paper};
pub use morphology::{close, dilate, erode, open};
pub use normalize::normalize;
pub use paper::{Polarity, contrast};
pub use picture::Picture;
pub use stroke::{stroke_width, widen};
pub use threshold::otsu;
