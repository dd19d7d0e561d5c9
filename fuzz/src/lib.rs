//! What must hold for any bytes, as one function for each kind of input: the fuzz targets call them with bytes of their
//! own making, and tests/fuzzed.rs with those that are kept in fuzz/corpus.

mod idx;
mod model;
mod picture;
mod request;

pub use idx::idx;
pub use model::model;
pub use picture::picture;
pub use request::request;
