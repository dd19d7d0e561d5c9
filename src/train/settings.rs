//! A configuration as flags and their values: what a model file says of its training, and what one training is told from
//! another by.

use super::TrainConfig;
use crate::dataset::Augment;
use crate::nn::{Activation, Loss};
use crate::optim::{Optimizer, Schedule};

impl TrainConfig {
    /// All values that decide the result, each with the name of its flag on the command line, and as it is given there,
    /// but for `none` of a list; what no flag can say stands in brackets behind it.
    ///
    /// ```
    /// use digits::train::TrainConfig;
    ///
    /// let [first, second] = [64, 32].map(|width| TrainConfig { hidden: vec![width], ..Default::default() }.settings());
    /// let mut different = first.iter().zip(&second).filter(|(first, second)| first != second);
    /// assert_eq!(different.next(), Some((&("hidden", "64".to_owned()), &("hidden", "32".to_owned()))));
    /// assert_eq!(different.next(), None);
    /// ```
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        // Taken apart, so that a new field is not forgotten here.
        let Self {
            conv,
            hidden,
            activation,
            loss,
            optimizer,
            rate,
            schedule,
            batch_size,
            epochs,
            validation,
            augment,
            dropout,
            averaging,
            members,
            plain_members,
            deslanted_members,
            views,
            temperature,
            outliers,
            styles,
            label_smoothing,
            seed,
        } = self;
        let (kind, momentum, decay) = match *optimizer {
            Optimizer::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => (if nesterov { "nesterov" } else { "sgd" }, momentum, weight_decay),
            Optimizer::Adam { weight_decay } => ("adam", 0.0, weight_decay),
        };
        let settings: [(&'static str, String); 24] = [
            ("conv", list(conv)),
            ("hidden", list(hidden)),
            ("activation", of_activation(*activation)),
            ("loss", of_loss(*loss).to_owned()),
            ("optimizer", kind.to_owned()),
            ("momentum", momentum.to_string()),
            ("weight-decay", decay.to_string()),
            ("lr", rate.to_string()),
            ("schedule", of_schedule(*schedule)),
            ("batch-size", batch_size.to_string()),
            ("epochs", epochs.to_string()),
            ("validation", validation.to_string()),
            ("augment", of_augment(*augment).to_owned()),
            ("dropout", dropout.to_string()),
            ("averaging", averaging.to_string()),
            ("members", members.to_string()),
            ("plain-members", plain_members.to_string()),
            ("deslanted-members", deslanted_members.to_string()),
            ("views", views.to_string()),
            ("temperature", temperature.to_string()),
            ("outliers", outliers.to_string()),
            ("styles", styles.to_string()),
            ("label-smoothing", label_smoothing.to_string()),
            ("seed", seed.to_string()),
        ];
        let decides = |name: &str| match name {
            "momentum" => matches!(optimizer, Optimizer::Sgd { .. }),
            // Images that are held out set it themselves.
            "temperature" => *validation == 0,
            _ => true,
        };
        let settings = settings.into_iter();
        settings.filter(|(name, _)| decides(name)).collect()
    }
}

/// The items with commas between them, as on the command line.
fn list(items: &[impl ToString]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(",")
}

fn of_activation(activation: Activation) -> String {
    match activation {
        Activation::Sigmoid { slope } => format!("sigmoid (slope {slope})"),
        Activation::LeakyRelu { leak } => format!("leaky-relu (leak {leak})"),
        Activation::Relu => "relu".to_owned(),
        Activation::Tanh => "tanh".to_owned(),
    }
}

fn of_loss(loss: Loss) -> &'static str {
    match loss {
        Loss::SquaredError => "squared-error",
        Loss::CrossEntropy => "cross-entropy",
    }
}

fn of_schedule(schedule: Schedule) -> String {
    match schedule {
        Schedule::Constant => "constant".to_owned(),
        Schedule::Cosine => "cosine".to_owned(),
        Schedule::OneCycle { warm_up } => format!("one-cycle (warm-up {warm_up})"),
    }
}

fn of_augment(augment: Augment) -> &'static str {
    match augment {
        Augment::None => "none",
        Augment::Shift => "shift",
        Augment::Elastic => "elastic",
        Augment::ElasticStrong => "elastic-strong",
        Augment::Pens => "pens",
    }
}
