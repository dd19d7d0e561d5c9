//! Training: epochs of batches of shards.
//!
//! [`TrainConfig`] says what is wanted, its `check` makes it a [`CheckedConfig`], and only that trains. Reports go to
//! an [`Observer`]; this room prints nothing. Between any two steps, an observer may have the [`TrainState`], from
//! which a [`Training`] goes on as if nothing had happened.

mod average;
mod calibrate;
mod config;
mod data;
mod deslanted;
mod drawn;
mod evaluate;
mod fine_tune;
mod fit;
mod hold_out;
mod panel;
mod presets;
mod report;
mod resume;
mod settings;
mod shard;
mod trainer;
mod update;

pub use crate::state::{EpochSums, TrainState};
pub use calibrate::fit_temperature;
pub use config::{CheckedConfig, TrainConfig};
pub use drawn::{with_outliers, with_styles};
pub use evaluate::probabilities;
pub use fine_tune::FineTuning;
pub use fit::Training;
pub use hold_out::hold_out;
pub use presets::Preset;
pub use report::{EpochReport, Next, Observer, StepReport};
pub use trainer::Trainer;
