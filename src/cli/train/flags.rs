//! From flags to a configuration.

use super::TrainArgs;
use crate::dataset::{Augment, Dataset};
use crate::error::{Error, Result};
use crate::model_file::Model;
use crate::nn::{Activation, Loss};
use crate::optim::{Optimizer, Schedule};
use crate::recognizer::are_digit_names;
use crate::train::{CheckedConfig, Preset, TrainConfig};
use clap::ValueEnum;

/// The learning rate that goes with `--optimizer adam`.
const ADAM_RATE: f32 = 0.001;
/// The learning rate and the momentum of gradient descent in place of a preset's Adam.
const DESCENT_RATE: f32 = 0.1;
const DESCENT_MOMENTUM: f32 = 0.9;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PresetArg {
    Article,
    Mlp,
    MlpElastic,
    Tiny,
    Gate,
    Cnn,
    CnnBest,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ActivationArg {
    Sigmoid,
    LeakyRelu,
    Relu,
    Tanh,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LossArg {
    SquaredError,
    CrossEntropy,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OptimizerArg {
    Sgd,
    Nesterov,
    Adam,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ScheduleArg {
    Constant,
    Cosine,
    OneCycle,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum AugmentArg {
    None,
    Shift,
    Elastic,
    ElasticStrong,
    Pens,
}

impl TrainArgs {
    /// The preset, or what is good for fine-tuning `init`, changed by the flags.
    fn config(&self, init: Option<&Model>) -> TrainConfig {
        let preset = match self.preset {
            PresetArg::Article => Preset::Article,
            PresetArg::Mlp => Preset::Mlp,
            PresetArg::MlpElastic => Preset::MlpElastic,
            PresetArg::Cnn => Preset::Cnn,
            PresetArg::CnnBest => Preset::CnnBest,
            PresetArg::Tiny => Preset::Tiny,
            PresetArg::Gate => Preset::Gate,
        };
        let mut config = TrainConfig {
            seed: self.seed,
            ..init.map_or_else(|| preset.config(), TrainConfig::fine_tuning)
        };
        if let Some(conv) = &self.conv {
            config.conv.clone_from(conv);
        }
        if let Some(hidden) = &self.hidden {
            config.hidden.clone_from(hidden);
        }
        if let Some(activation) = self.activation {
            config.activation = match activation {
                ActivationArg::Sigmoid => Activation::Sigmoid { slope: 1.0 },
                ActivationArg::LeakyRelu => Activation::LeakyRelu { leak: 0.01 },
                ActivationArg::Relu => Activation::Relu,
                ActivationArg::Tanh => Activation::Tanh,
            };
        }
        if let Some(loss) = self.loss {
            config.loss = match loss {
                LossArg::SquaredError => Loss::SquaredError,
                LossArg::CrossEntropy => Loss::CrossEntropy,
            };
        }
        let of_preset = config.optimizer;
        config.optimizer = self.optimizer(of_preset);
        if let Some(schedule) = self.schedule {
            config.schedule = match schedule {
                ScheduleArg::Constant => Schedule::Constant,
                ScheduleArg::Cosine => Schedule::Cosine,
                ScheduleArg::OneCycle => Schedule::OneCycle { warm_up: 0.2 },
            };
        }
        if let Some(augment) = self.augment {
            config.augment = match augment {
                AugmentArg::None => Augment::None,
                AugmentArg::Shift => Augment::Shift,
                AugmentArg::Elastic => Augment::Elastic,
                AugmentArg::ElasticStrong => Augment::ElasticStrong,
                AugmentArg::Pens => Augment::Pens,
            };
        }
        // A rate is for its own optimizer: Adam's steps are as long as the rate, whatever the gradient.
        let rate = match (self.optimizer, of_preset) {
            (Some(OptimizerArg::Adam), Optimizer::Sgd { .. }) => ADAM_RATE,
            (Some(OptimizerArg::Sgd | OptimizerArg::Nesterov), Optimizer::Adam { .. }) => DESCENT_RATE,
            _ => config.rate,
        };
        config.rate = self.lr.unwrap_or(rate);
        config.batch_size = self.batch_size.unwrap_or(config.batch_size);
        config.epochs = self.epochs.unwrap_or(config.epochs);
        config.validation = self.validation.unwrap_or(config.validation);
        config.dropout = self.dropout.unwrap_or(config.dropout);
        // By default as large a part of the members as in the preset.
        let members_of_preset = config.members.max(1);
        config.members = self.members.unwrap_or(config.members);
        let members = config.members;
        let times_members = |of_preset: usize| of_preset.saturating_mul(members);
        config.plain_members = self.plain_members.unwrap_or(match self.outliers {
            None | Some(0) => times_members(config.plain_members) / members_of_preset,
            Some(_) => 0,
        });
        // Convolutions gain nothing by it, whatever the preset has.
        let deslanted = match &self.conv {
            Some(conv) if !conv.is_empty() => 0,
            _ => times_members(config.deslanted_members).div_ceil(members_of_preset),
        };
        config.deslanted_members = self.deslanted_members.unwrap_or(deslanted);
        config.views = self.views.unwrap_or(config.views);
        config.temperature = self.temperature.unwrap_or(config.temperature);
        config.averaging = self.averaging.unwrap_or(config.averaging);
        config.outliers = self.outliers.unwrap_or(config.outliers);
        config.styles = self.styles.unwrap_or(config.styles);
        config.label_smoothing = self.label_smoothing.unwrap_or(config.label_smoothing);
        config
    }

    /// The same, its values checked, and no flag given that would have no effect.
    pub(super) fn checked_config(&self, init: Option<&Model>) -> Result<CheckedConfig> {
        let config = self.config(init).check()?;
        if let (Optimizer::Adam { .. }, Some(momentum)) = (config.get().optimizer, self.momentum) {
            let expected = "it only with --optimizer sgd or nesterov";
            return Err(Error::parameter(
                "momentum",
                expected,
                format!("{momentum} with adam"),
            ));
        }
        if let (Some(temperature), 1..) = (self.temperature, config.get().validation) {
            let expected = "it only with --validation 0: images held out set it themselves";
            return Err(Error::parameter("temperature", expected, temperature));
        }
        Ok(config)
    }

    /// The configuration for classes of such `names`: what the program draws are digits, and what is none.
    pub(super) fn for_classes(&self, config: CheckedConfig, names: &[String]) -> Result<CheckedConfig> {
        if are_digit_names(names, names.len()) {
            return Ok(config);
        }
        let drawn = config.get();
        for (flag, given, drawn) in [
            ("outliers", self.outliers, drawn.outliers),
            ("styles", self.styles, self.styles.unwrap_or(0)),
        ] {
            if drawn > 0 {
                let expected = "0 for classes that are not digits";
                let whose = if given.is_none() {
                    format!(
                        " (of --preset {}); name another preset, or give --{flag} 0",
                        self.preset_name()
                    )
                } else {
                    String::new()
                };
                return Err(Error::parameter(flag, expected, format!("{drawn}{whose}")));
            }
        }
        let styles = 0;
        TrainConfig {
            styles,
            ..drawn.clone()
        }
        .check()
    }

    /// What is trained on, and the `held_out` images of `data` that are not.
    pub(super) fn split(&self, data: Dataset, held_out: usize) -> Result<(Dataset, Dataset)> {
        data.split(held_out).map_err(|error| match error {
            Error::Parameter {
                name,
                expected,
                found,
            } if self.validation.is_none() => {
                let whose = "(the default); give --validation N, or 0 to train on all";
                Error::parameter(name, expected, format!("{found} {whose}"))
            }
            error => error,
        })
    }

    /// The preset's optimizer, changed by the flags.
    fn optimizer(&self, preset: Optimizer) -> Optimizer {
        let (kind, momentum, decay) = match preset {
            Optimizer::Sgd {
                momentum,
                nesterov: true,
                weight_decay,
            } => (OptimizerArg::Nesterov, momentum, weight_decay),
            Optimizer::Sgd {
                momentum,
                weight_decay,
                ..
            } => (OptimizerArg::Sgd, momentum, weight_decay),
            Optimizer::Adam { weight_decay } => (OptimizerArg::Adam, DESCENT_MOMENTUM, weight_decay),
        };
        let (momentum, weight_decay) = (
            self.momentum.unwrap_or(momentum),
            self.weight_decay.unwrap_or(decay),
        );
        match self.optimizer.unwrap_or(kind) {
            OptimizerArg::Sgd => Optimizer::Sgd {
                momentum,
                nesterov: false,
                weight_decay,
            },
            OptimizerArg::Nesterov => Optimizer::Sgd {
                momentum,
                nesterov: true,
                weight_decay,
            },
            OptimizerArg::Adam => Optimizer::Adam { weight_decay },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        train: TrainArgs,
    }

    #[test]
    fn what_is_said_of_a_training_are_the_flags_that_repeat_it() {
        let presets = PresetArg::value_variants().iter();
        let names = presets.map(|preset| preset.to_possible_value().unwrap().get_name().to_owned());
        for (name, validation) in names.flat_map(|name| [(name.clone(), "0"), (name, "5000")]) {
            let args = ["train", "--preset", &name, "--validation", validation];
            let config = |train: TrainArgs| train.checked_config(None).unwrap().get().clone();
            let of_preset = config(Command::parse_from(args).train);
            let mut repeating = vec!["train".to_owned()];
            for (flag, value) in of_preset.settings() {
                // What stands in brackets no flag can say.
                match (flag, value.split(" (").next().unwrap()) {
                    ("hidden", "none") => repeating.push("--hidden".to_owned()),
                    ("conv", "none") => {}
                    (_, value) => repeating.push(format!("--{flag}={value}")),
                }
            }
            let mut repeated = config(Command::parse_from(&repeating).train);
            repeated.activation = of_preset.activation;
            assert_eq!(repeated.settings(), of_preset.settings(), "{repeating:?}");
        }
    }
}
