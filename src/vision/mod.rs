//! From a picture file to the 28×28 images a network may see: [`decode`] its bytes, find its ink in several ways, and
//! [`normalize`] that as MNIST's makers did. `docs/pictures.md` tells it in words.
//!
//! | stage | files |
//! |---|---|
//! | bytes → [`Picture`], grey and perhaps coloured, upright | `decode.rs`, `jpeg.rs`, `picture.rs` |
//! | picture → sheets: what may be ink, how strong, by [`Method`] | `sheet.rs`, `sheet/` (drawings, photos, cropped pictures), `ink.rs`, `paper.rs`, `grain.rs`, `rules.rs`, `unruled.rs`, `threshold.rs`, `morphology.rs`, `median.rs` |
//! | sheet → connected parts → groups that may be digits | `components.rs`, `grouping.rs`, `cut.rs`, `outline.rs`, `marks.rs`, `strokes.rs` |
//! | group → its ink alone, strokes as wide as MNIST's → 28×28 | `group_ink.rs`, `stroke.rs`, `normalize.rs` |
//! | all of these → [`Candidate`]s, each with what speaks against it | `candidates.rs`, `beside.rs`, `method.rs` |
//! | a candidate → its stages as pictures | `explain.rs` |

#[cfg(test)]
mod art;
mod beside;
mod candidates;
mod components;
mod cut;
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
mod unruled;

pub(crate) use beside::size_costs;
pub use candidates::{Candidate, candidates, pages};
pub use components::Area;
pub use decode::{Grey, decode};
pub use explain::{Step, explain};
pub use ink::plain_ink;
pub(crate) use median::median;
pub use method::{Method, Paper};
use morphology::{close, dilate, open};
pub use normalize::normalize;
pub use paper::Polarity;
use paper::contrast;
pub use picture::Picture;
use threshold::otsu;
