//! `digits train`

mod about;
mod added;
mod flags;
mod interrupt;
mod keeper;
mod outputs;
mod start;
mod tuning;

use super::number;
use super::output::{message, print};
use super::reporter::Reporter;
use super::shell;
use super::source;
use crate::dataset::SIDE;
use crate::error::Error;
use crate::nn::Stage;
use crate::parallel::Team;
#[cfg(feature = "report")]
use crate::report::EventFile;
use crate::train::Training;
use about::AboutData;
use clap::Args;
use flags::{ActivationArg, AugmentArg, LossArg, OptimizerArg, PresetArg, ScheduleArg};
use keeper::Keeper;
use outputs::Outputs;
use start::{Beginning, CheckpointFile};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tuning::Tuning;

/// Flags, by clap's names, that say what a new model is to be: one that is fine-tuned is something already.
const OF_NEW_MODELS: [&str; 13] = [
    "preset",
    "conv",
    "hidden",
    "activation",
    "loss",
    "dropout",
    "members",
    "plain_members",
    "deslanted_members",
    "views",
    "temperature",
    "outliers",
    "styles",
];

fn is_of_new_models(flag: &str) -> bool {
    OF_NEW_MODELS.contains(&flag.replace('-', "_").as_str())
}

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// A named configuration; the flags below change it
    #[arg(long, value_enum, default_value = "mlp")]
    preset: PresetArg,
    /// Model file to start from, or `builtin`: fine-tunes it, by default for 3 epochs with a low learning rate. How
    /// its networks are built, its classes, views and temperature stay
    #[arg(long, value_name = "MODEL", conflicts_with_all = OF_NEW_MODELS)]
    init: Option<PathBuf>,
    /// Folder of pictures of your own to learn, mixed with the training images; about a fifth of them, whole groups if
    /// some make up a tenth to a third, is held out to measure by.
    /// `digits serve --collect` makes such folders
    #[arg(long, value_name = "FOLDER")]
    add: Option<PathBuf>,
    /// What the added pictures show: `names` if file names begin with the digit, or a CSV file with the columns path
    /// (from the CSV file's own folder), label and perhaps group (a day, say, or a writer), whose pictures are held
    /// out together [default: names]
    #[arg(long, value_name = "names|FILE")]
    labels: Option<PathBuf>,
    /// Convolutions by their channels, each with batch normalisation, and `pool` for halving: 16,16,pool,32,32,pool
    #[arg(long, value_name = "STAGE,…", value_delimiter = ',')]
    conv: Option<Vec<Stage>>,
    /// Widths of the hidden layers; none without a number
    #[arg(long, value_name = "N,…", value_delimiter = ',', num_args = 0..=1, value_parser = number::whole::<usize>)]
    hidden: Option<Vec<usize>>,
    /// Activation after every hidden layer
    #[arg(long, value_enum)]
    activation: Option<ActivationArg>,
    /// Loss to minimise
    #[arg(long, value_enum)]
    loss: Option<LossArg>,
    /// How gradients change weights
    #[arg(long, value_enum)]
    optimizer: Option<OptimizerArg>,
    /// Peak learning rate [default: the preset's; 0.001 for adam in place of another optimizer, 0.1 for another in
    /// place of adam]
    #[arg(long, value_parser = number::decimal::<f32>)]
    lr: Option<f32>,
    /// Momentum of sgd and nesterov; adam has its own
    #[arg(long, value_parser = number::decimal::<f32>)]
    momentum: Option<f32>,
    /// Weight decay
    #[arg(long, value_parser = number::decimal::<f32>)]
    weight_decay: Option<f32>,
    /// How the learning rate goes over all steps
    #[arg(long, value_enum)]
    schedule: Option<ScheduleArg>,
    /// Images in a batch
    #[arg(long, value_parser = number::whole::<usize>)]
    batch_size: Option<usize>,
    /// Times that every image is seen
    #[arg(long, value_parser = number::whole::<usize>)]
    epochs: Option<usize>,
    /// Training images held out to inform, 5000 unless a number is given; 0 trains on all
    #[arg(long, value_parser = number::whole::<usize>)]
    validation: Option<usize>,
    /// How images are varied
    #[arg(long, value_enum)]
    augment: Option<AugmentArg>,
    /// Share of numbers left out before the last layer of a convolutional network
    #[arg(long, value_parser = number::decimal::<f32>)]
    dropout: Option<f32>,
    /// How much of the moving average of the weights stays in each step; 0 takes the last weights
    #[arg(long, value_parser = number::decimal::<f32>)]
    averaging: Option<f32>,
    /// Networks whose probabilities are averaged
    #[arg(long, value_parser = number::whole::<usize>)]
    members: Option<usize>,
    /// How many of the networks, the first ones, see the set's own images alone: with `--augment pens` or
    /// `elastic-strong` as with `elastic`, without drawn ones [default: as large a part as in the preset, rounded
    /// down; 0 with `--outliers`]
    #[arg(long, value_parser = number::whole::<usize>)]
    plain_members: Option<usize>,
    /// How many of the networks, the first ones, shear images upright before they learn from them, and before they
    /// classify them [default: as large a part as in the preset, rounded up; 0 with `--conv`]
    #[arg(long, value_parser = number::whole::<usize>)]
    deslanted_members: Option<usize>,
    /// Looks at each image when it is classified: 1, 5 (shifted by a pixel too) or 9 (diagonally too)
    #[arg(long, value_parser = number::whole::<usize>)]
    views: Option<usize>,
    /// What logits are divided by before softmax if no images are held out to set it by
    #[arg(long, value_parser = number::decimal::<f32>)]
    temperature: Option<f32>,
    /// Share of each target spread over all classes
    #[arg(long, value_parser = number::decimal::<f32>)]
    label_smoothing: Option<f32>,
    /// Images of letters, scribbles and dirt, made by the program, that are added as a class of their own
    #[arg(long, value_parser = number::whole::<usize>)]
    outliers: Option<usize>,
    /// Images of digits in other ways of writing, drawn by the program, that are added: a 1 with a flag, a 7 with a
    /// serif
    #[arg(long, value_parser = number::whole::<usize>)]
    styles: Option<usize>,
    /// Seed of every random number
    #[arg(long, default_value_t = 0, value_parser = number::whole::<u64>)]
    seed: u64,
    /// Threads; 0 takes one per processor. The result does not depend on it
    #[arg(long, default_value_t = 0, value_parser = number::whole::<usize>)]
    threads: usize,
    /// Folder of the data set [default: `DIGITS_DATA`, else ./data, else data beside the executable]. Of several sets
    /// in one folder, as EMNIST comes: FOLDER/emnist-letters. Classes are named, one a line, in its classes.txt (or
    /// EMNIST's mapping); images of files called emnist-… are turned upright
    #[arg(long)]
    data: Option<PathBuf>,
    /// Model file to write; its history goes beside it, under its name and .csv, and its learning curves under .svg
    #[arg(long, default_value = source::DEFAULT_MODEL)]
    output: PathBuf,
    /// Go on with a training that was interrupted, from its checkpoint beside the output; the other flags must be the
    /// same
    #[arg(long)]
    resume: bool,
    /// Seconds between checkpoints within an epoch; there is one after every epoch anyway, and 0 makes no others
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = number::decimal::<f64>)]
    checkpoint_every: f64,
    /// Folder in which TensorBoard finds the figures of every epoch
    #[cfg(feature = "report")]
    #[arg(long, value_name = "FOLDER")]
    tensorboard: Option<PathBuf>,
    /// Nothing on stderr but errors and warnings
    #[arg(long)]
    quiet: bool,
    /// One JSON line per epoch on stdout
    #[arg(long)]
    json: bool,
}

impl TrainArgs {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        self.check_adding()?;
        let mut tuning = self.init.as_deref().map(|init| self.tuning(init)).transpose()?;
        let config = self.checked_config(tuning.as_ref().map(Tuning::model))?;
        source::check_model_name(&self.output)?;
        let every = keeper::interval(self.checkpoint_every)?;
        let outputs = Outputs::create(&self.output)?;
        let team = Team::new(self.threads)?;
        let data = source::data(self.data.as_deref(), self.quiet)?;
        self.check_outputs(&data.files)?;
        outputs.check_others(&self.output, self.resume)?;
        #[cfg(feature = "report")]
        self.check_events(&data.files)?;
        let about = AboutData::of(&data);
        let names = data.class_names;
        let config = self.for_classes(config, &names)?;
        let (train, validation) = self.split(data.train, config.get().validation)?;
        let training = Training {
            config: &config,
            image: [SIDE, SIDE, 1].into(),
            classes: names.len(),
            train: &train,
            validation: &validation,
            team: &team,
        };
        if let Some(tuning) = &mut tuning {
            tuning.prepare(self, &training, &names)?;
        }
        let tuning = tuning.as_ref();
        let fine = tuning.map(|tuning| tuning.of(training));
        let settings = self.settings(&config, about, tuning);
        let notes = about::notes(&settings, train.len(), tuning);

        let stop = interrupt::stop_flag()?;
        let outputs = outputs.lock()?;
        let file = outputs.is_file().then(|| CheckpointFile {
            path: source::checkpoint_of(&self.output),
            settings,
        });
        let classes = (&names[..], config.get().outliers > 0);
        let beginning = start::beginning(file.as_ref(), self.resume, &self.output, classes, &notes)?;
        beginning.tell(file.as_ref(), &self.output, &notes, self.quiet);
        let images = fine.map_or(train.len(), |fine| fine.images_per_epoch());
        let networks = [config.get().members, config.get().epochs];
        let mut reporter = Reporter::new(self.quiet, self.json, images, networks);
        let resumed = matches!(beginning, Beginning::Resumed(_));
        let state = match beginning {
            Beginning::Finished => {
                let already = "is there already, trained with the same flags on the same data";
                return self.tell_of_output(&format!("{} {already}", self.output.display()));
            }
            Beginning::Resumed(checkpoint) => {
                reporter.history = checkpoint.history;
                Some(checkpoint.state)
            }
            Beginning::Afresh { .. } => None,
        };
        #[cfg(feature = "report")]
        {
            reporter.events = self.tensorboard.as_deref().map(EventFile::create).transpose()?;
        }
        let mut keeper = Keeper::new(reporter, file, resumed, stop, every);
        let fitted = match fine {
            Some(fine) => fine.run(state, &mut keeper),
            None => training.run(state, &mut keeper),
        };
        keeper.finish();
        let mut model = match fitted {
            Err(Error::Stopped { .. }) => return keeper.stopped(self.quiet),
            fitted => fitted?,
        };
        model.notes = notes;
        // A tuned model has them already. Behind them may be one more, for what is no digit.
        if tuning.is_none() {
            for (name, given) in model.class_names.iter_mut().zip(names) {
                *name = given;
            }
        }
        let beside = self.beside(outputs.is_file());
        outputs.finish(&model, &keeper.reporter.history, !self.quiet && !self.json)?;
        keeper.remove()?;
        if let Some(error) = keeper.reporter.failed {
            return Err(error);
        }
        keeper.reporter.warn_of_guessing(training.classes);
        if let Some(tuning) = tuning {
            print(&tuning.compare(&model, &training)?.told(self.json)?)?;
        }
        self.tell_of_output(&format!("wrote {}{beside}", self.output.display()))
    }

    /// What has been written beside the model, with a history or without.
    fn beside(&self, history: bool) -> String {
        let history_name = source::history_of(&self.output);
        match (history, cfg!(feature = "report")) {
            (true, true) => format!(
                ", {} and {}",
                history_name.display(),
                source::curves_of(&self.output).display()
            ),
            (true, false) => format!(" and {}", history_name.display()),
            (false, _) => String::new(),
        }
    }

    /// Says that the model is there, as `text` puts it, and what it is for.
    fn tell_of_output(&self, text: &str) -> anyhow::Result<ExitCode> {
        let path = self.output.display();
        if self.json {
            print(&format!(
                "{}\n",
                serde_json::json!({ "output": path.to_string() })
            ))?;
        }
        if !self.quiet {
            message(&format!("{text}; next:"));
            let path = shell::path(&self.output);
            message(&format!(
                "  digits eval --model {path}\n  digits predict --model {path} IMAGE.png"
            ));
            if self.output == Path::new(source::DEFAULT_MODEL) {
                message(
                    "digits takes this model from now on where no --model is given; --model builtin is the built-in one",
                );
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
