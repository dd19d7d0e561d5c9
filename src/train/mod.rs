//! Training: epochs of batches of shards.
//!
//! [`TrainConfig`] says what is wanted, its `check` makes it a [`CheckedConfig`], and only that trains. Reports go to
//! an [`Observer`]; this room prints nothing. Between any two steps, an observer may have the [`TrainState`], from
//! which a [`Training`] goes on as if nothing had happened.
//!
//! To be read in this order: `fit.rs`, a whole model; `members.rs`, its networks one after the other; `trainer.rs`,
//! one network, epoch by epoch, batch by batch; `shard.rs`, the part of a batch that one thread takes forward and
//! back; `panel.rs`, the first layer, where most of the work is; `update.rs`, gradients and the optimizer's step.

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
mod members;
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
