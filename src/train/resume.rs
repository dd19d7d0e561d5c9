//! Where training can be left, and entered again: between any two steps.

use super::report::{Next, Observer};
use super::{CheckedConfig, Trainer};
use crate::error::{Error, Result};
use crate::nn::Shape;
use crate::state::TrainState;

impl<'a> Trainer<'a> {
    /// A trainer that goes on from `state`, which a trainer of the same arguments has handed to its observer. What it
    /// leads to on the same data is the same, bit for bit, as if it had never been left.
    ///
    /// ```
    /// use digits::dataset::{Dataset, PIXELS};
    /// use digits::parallel::Team;
    /// use digits::train::{Next, Observer, TrainConfig, TrainState, Trainer};
    /// use ndarray::{Array1, Array2};
    ///
    /// /// Stops after the first step.
    /// struct Stop(Option<TrainState>);
    /// impl Observer for Stop {
    ///     fn next(&mut self, _: bool) -> Next {
    ///         Next::Stop
    ///     }
    ///     fn keep(&mut self, state: TrainState) -> digits::Result<()> {
    ///         self.0 = Some(state);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let data = |count| Dataset { images: Array2::ones((count, PIXELS)), labels: Array1::zeros(count) };
    /// let (train, nothing, team) = (data(9), data(0), Team::new(1)?);
    /// let config = TrainConfig { hidden: vec![4], epochs: 2, ..Default::default() }.check()?;
    /// let whole = Trainer::new(&config, PIXELS, 2)?.run(&train, &nothing, &mut (), &team)?;
    ///
    /// let mut stop = Stop(None);
    /// let stopped = Trainer::new(&config, PIXELS, 2)?.run(&train, &nothing, &mut stop, &team);
    /// assert!(matches!(stopped, Err(digits::Error::Stopped { step: 1 })));
    /// let state = stop.0.expect("what it asked for");
    /// let resumed = Trainer::resume(&config, PIXELS, 2, state)?.run(&train, &nothing, &mut (), &team)?;
    /// assert_eq!(resumed, whole);
    /// # Ok::<(), digits::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Trainer::new`], and [`Error::Parameter`] if the state is that of another network.
    pub fn resume(
        config: &'a CheckedConfig,
        image: impl Into<Shape>,
        classes: usize,
        state: TrainState,
    ) -> Result<Self> {
        Self::new(config, image, classes)?.go_on(state)
    }

    /// This trainer, which has not begun, where `state` is: [`Error::Parameter`] if that is the state of another
    /// network.
    pub(super) fn go_on(mut self, state: TrainState) -> Result<Self> {
        let fits = state.check().and_then(|()| {
            let alike = state.network.is_like(&self.network);
            let averaged = state.average.is_some() == self.average.is_some();
            if alike && averaged {
                Ok(())
            } else {
                Err("another's".to_owned())
            }
        });
        fits.map_err(|found| Error::parameter("resume", "the state of a training of this network", found))?;
        self.network = state.network;
        self.average = state.average;
        self.optimizer = state.optimizer;
        self.sums = state.epoch;
        Ok(self)
    }

    /// Does what `observer` has asked for after a step at `rate`.
    pub(super) fn obey(&mut self, next: Next, rate: f32, observer: &mut dyn Observer) -> Result<()> {
        if next == Next::GoOn {
            return Ok(());
        }
        let state = self.state();
        if !state.is_finite() {
            return Err(self.diverged(f64::INFINITY, rate));
        }
        observer.keep(state)?;
        match next {
            Next::GoOn | Next::Keep => Ok(()),
            Next::Stop => Err(Error::Stopped {
                step: self.optimizer.steps,
            }),
        }
    }

    /// The error of a step that led to no numbers.
    pub(super) fn diverged(&self, loss: f64, rate: f32) -> Error {
        let step = self.optimizer.steps;
        Error::Diverged { step, loss, rate }
    }

    /// Brings the network up to date with the panels.
    pub(super) fn write_back(&mut self) {
        if let Some(layer) = self.network.first_dense_mut() {
            self.panels.iter().for_each(|panel| panel.write_back(layer));
        }
    }

    /// A copy of all that the next step needs to know.
    fn state(&mut self) -> TrainState {
        self.write_back();
        if let ([first, ..], [second, ..]) = (&mut self.optimizer.first[..], &mut self.optimizer.second[..]) {
            for panel in &self.panels {
                panel.write_back_moments([first, second]);
            }
        }
        TrainState {
            members: Vec::new(),
            network: self.network.clone(),
            average: self.average.clone(),
            optimizer: self.optimizer.clone(),
            epoch: self.sums,
        }
    }
}
