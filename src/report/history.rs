//! The history of a training, as `digits train` writes it beside the model.

use serde::Deserialize;

/// Points of a curve that are drawn: more would lie closer than pixels.
const DRAWN: usize = 600;

/// A row of the file, an epoch. Other columns may stand beside these.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(crate) struct Row {
    pub(super) epoch: u64,
    pub(super) step: u64,
    pub(super) train_loss: f64,
    pub(super) train_accuracy: f64,
    pub(super) validation_loss: Option<f64>,
    pub(super) validation_accuracy: Option<f64>,
}

/// All epochs, at least one, those of further members after those of the first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History(pub(super) Vec<Row>);

impl History {
    /// Reads the CSV file's text; `None` if it is not one of a training.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let epochs: Result<Vec<Row>, _> = reader.deserialize().collect();
        epochs.ok().filter(|epochs| !epochs.is_empty()).map(Self)
    }

    /// Number of epochs.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn last(&self) -> Option<&Row> {
        self.0.last()
    }

    /// The points (epoch, number) of each member's curve, without those that have none.
    pub(super) fn curves(&self, of: impl Fn(&Row) -> Option<f64>) -> Vec<Vec<[f64; 2]>> {
        let every = self.0.len().div_ceil(DRAWN);
        let mut curves: Vec<Vec<[f64; 2]>> = Vec::new();
        let mut before = u64::MAX;
        for (index, epoch) in self.0.iter().enumerate() {
            // Steps are counted anew for every member.
            let begins = epoch.step <= before;
            let ends = self.0.get(index + 1).is_none_or(|next| next.step <= epoch.step);
            before = epoch.step;
            if begins {
                curves.push(Vec::new());
            }
            let number = of(epoch).filter(|number| number.is_finite());
            let drawn = begins || ends || index % every == 0;
            if let (Some(number), Some(curve), true) = (number, curves.last_mut(), drawn) {
                curve.push([epoch.epoch as f64, number]);
            }
        }
        curves.retain(|curve| !curve.is_empty());
        curves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "epoch,step,rate,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds\n";

    #[test]
    fn members_have_curves_of_their_own_and_empty_cells_no_points() {
        let rows =
            "1,5,0.1,2.5,0.1,,,1\n2,10,0.1,1.5,0.5,1.0,0.6,1\n3,5,0.1,2.25,0.2,,,1\n4,10,0.1,NaN,0.4,,,1\n";
        let history = History::parse(&format!("{HEAD}{rows}")).unwrap();
        assert_eq!(history.len(), 4);
        let curves = history.curves(|epoch| Some(epoch.train_loss));
        assert_eq!(curves, [vec![[1.0, 2.5], [2.0, 1.5]], vec![[3.0, 2.25]]]);
        assert_eq!(history.curves(|epoch| epoch.validation_accuracy), [[[2.0, 0.6]]]);
    }

    #[test]
    fn long_histories_are_thinned_and_keep_their_ends() {
        let row = |epoch| format!("{epoch},{epoch},1,{epoch},0,,,0\n");
        let rows = (1..=10_000).map(row).collect::<Vec<_>>().concat();
        let curves = History::parse(&format!("{HEAD}{rows}"))
            .unwrap()
            .curves(|epoch| Some(epoch.train_loss));
        assert!(
            curves.len() == 1 && curves[0].len() <= DRAWN + 1,
            "{}",
            curves[0].len()
        );
        assert_eq!(
            (curves[0][0][0] as u64, curves[0][curves[0].len() - 1][0] as u64),
            (1, 10_000)
        );
    }

    #[test]
    fn of_each_member_both_ends_are_kept() {
        let row = |index: u64| format!("{index},{},1,{index},0,,,0\n", (index - 1) % 1_001 + 1);
        let rows = (1..=3_003).map(row).collect::<Vec<_>>().concat();
        let curves = History::parse(&format!("{HEAD}{rows}"))
            .unwrap()
            .curves(|epoch| Some(epoch.train_loss));
        let ends = curves
            .iter()
            .map(|curve| [curve[0][0], curve[curve.len() - 1][0]].map(|epoch| epoch as u64));
        assert_eq!(
            ends.collect::<Vec<_>>(),
            [[1, 1_001], [1_002, 2_002], [2_003, 3_003]]
        );
    }

    #[test]
    fn other_files_are_no_histories() {
        for text in [
            "",
            HEAD,
            "a,b\n1,2\n",
            &format!("{HEAD}1,2\n"),
            &format!("{HEAD}one,5,0.1,2.5,0.1,,,1\n"),
        ] {
            assert_eq!(History::parse(text), None, "{text:?}");
        }
    }
}
