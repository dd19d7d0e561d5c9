//! Training: epochs of batches of shards.
//!
//! [`TrainConfig`] says what is wanted, its `check` makes it a [`CheckedConfig`], and only that trains. Reports go to
//! an [`Observer`]; this room prints nothing.

mod calibrate;
mod config;
mod drawn;
mod evaluate;
mod fit;
mod panel;
mod report;
mod shard;
mod trainer;
mod update;

pub use calibrate::fit_temperature;
pub use config::{CheckedConfig, Preset, TrainConfig};
pub use drawn::{with_outliers, with_styles};
pub use evaluate::probabilities;
pub use fit::fit;
pub use report::{EpochReport, Observer, StepReport};
pub use trainer::Trainer;
