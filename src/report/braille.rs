//! Learning curves in a few lines of text, of braille signs.

use super::history::{History, Row};

/// Columns and rows of dots in a sign.
const ACROSS: usize = 2;
const DOWN: usize = 4;
/// The bits of a sign's dots, row by row (Unicode, block 2800 to 28FF).
const DOTS: [[u8; ACROSS]; DOWN] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Signs of a curve: columns and lines.
const SIZE: [usize; 2] = [28, 4];
/// Characters of a panel: a curve, and the numbers at its ends.
const PANEL: usize = 40;

/// Loss and accuracy over the epochs side by side, of the validation set if there was one, else of training; `None`
/// of a single epoch, which makes no curve.
pub(crate) fn learning_curves(history: &History) -> Option<String> {
    if history.0.len() < 2 {
        return None;
    }
    let validated = history.0.iter().all(|row| row.validation_loss.is_some());
    let name = if validated { "validation" } else { "training" };
    let numbers = |of: fn(&Row) -> [Option<f64>; 2]| -> Vec<f64> {
        let each = history.0.iter().map(of);
        each.map(|numbers| numbers[usize::from(validated)].unwrap_or(f64::NAN))
            .collect()
    };
    let losses = numbers(|row| [Some(row.train_loss), row.validation_loss]);
    let accuracies = numbers(|row| [Some(row.train_accuracy), row.validation_accuracy]);
    let loss = panel(&format!("{name} loss"), &losses, |loss| format!("{loss:.4}"));
    let accuracy = panel(&format!("{name} accuracy, %"), &accuracies, |share| {
        format!("{:.2}", 100.0 * share)
    });
    let lines = loss
        .iter()
        .zip(&accuracy)
        .map(|(loss, accuracy)| format!("{loss:<PANEL$}{accuracy}").trim_end().to_owned());
    Some(lines.collect::<Vec<String>>().join("\n"))
}

/// The lines of a panel: its title, then the curve with the largest number beside its first line and the smallest
/// beside its last.
fn panel(title: &str, numbers: &[f64], words: impl Fn(f64) -> String) -> Vec<String> {
    let finite = || numbers.iter().copied().filter(|number| number.is_finite());
    let ends = [finite().reduce(f64::max), finite().reduce(f64::min)];
    let [high, low] = ends.map(|end| end.map_or(String::new(), &words));
    let curve = curve(numbers, SIZE);
    let last = curve.len() - 1;
    let lines = curve.iter().enumerate().map(|(index, line)| {
        let number = [(0, &high), (last, &low)]
            .into_iter()
            .find(|(at, _)| *at == index);
        format!("{:>8} {line}", number.map_or("", |(_, number)| number))
    });
    [format!("{:>8} {title}", "")].into_iter().chain(lines).collect()
}

/// The curve of `numbers` as so many lines of signs, the largest number at the top; numbers that are none leave a gap.
fn curve(numbers: &[f64], [columns, lines]: [usize; 2]) -> Vec<String> {
    let finite = numbers.iter().copied().filter(|number| number.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
        (low.min(number), high.max(number))
    });
    let (width, height) = (columns * ACROSS, lines * DOWN);
    if width == 0 || height == 0 || low > high {
        return vec![String::new(); lines];
    }
    let row_of = |number: f64| {
        let share = if high > low {
            (high - number) / (high - low)
        } else {
            0.5
        };
        (share * (height - 1) as f64).round() as usize
    };
    let mut signs = vec![vec![0_u8; columns]; lines];
    let mut before = None;
    for column in 0..width {
        // Between two numbers the curve is straight.
        let place = column as f64 * (numbers.len() - 1) as f64 / (width - 1) as f64;
        let (index, share) = (place as usize, place.fract());
        let next = numbers[numbers.len().min(index + 2) - 1];
        let number = if share > 0.0 {
            numbers[index] + (next - numbers[index]) * share
        } else {
            numbers[index]
        };
        let row = Some(number).filter(|number| number.is_finite()).map(row_of);
        if let Some(row) = row {
            // A steep curve has no holes.
            let from = match before {
                Some(before) if before < row => before + 1,
                Some(before) if before > row => before - 1,
                _ => row,
            };
            for row in from.min(row)..=from.max(row) {
                signs[row / DOWN][column / ACROSS] |= DOTS[row % DOWN][column % ACROSS];
            }
        }
        before = row;
    }
    let sign = |&bits: &u8| char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' ');
    signs.iter().map(|line| line.iter().map(sign).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_go_from_edge_to_edge() {
        assert_eq!(curve(&[3.0, 2.0, 1.0, 0.0], [2, 1]), ["⠑⢄"]);
        assert_eq!(curve(&[1.0, 0.0], [2, 2]), ["⠱⡀", "⠀⢣"]);
        assert_eq!(curve(&[0.5], [2, 1]), ["⠤⠤"]);
    }

    #[test]
    fn panels_stand_side_by_side_with_their_ends() {
        let head = "epoch,step,train_loss,train_accuracy,validation_loss,validation_accuracy\n";
        let rows = "1,5,2.5,0.1,2,0.3\n2,10,1.5,0.5,1,0.625\n3,15,1.5,0.5,0.5,0.75\n";
        let text = learning_curves(&History::parse(&format!("{head}{rows}")).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + SIZE[1]);
        assert!(lines[0].contains("validation loss") && lines[0].contains("validation accuracy, %"));
        assert!(
            lines[1].contains("2.0000 ⠉") && lines[1].contains("75.00 "),
            "{text}"
        );
        assert!(
            lines[4].contains("0.5000 ⠀") && lines[4].contains("30.00 ⣀"),
            "{text}"
        );
        assert!(lines.iter().all(|line| line.chars().count() < 80));
        assert_eq!(
            learning_curves(&History::parse(&format!("{head}1,5,2.5,0.1,,\n")).unwrap()),
            None
        );
    }

    #[test]
    fn what_is_no_number_leaves_a_gap_and_nothing_panics() {
        assert_eq!(curve(&[1.0, f64::NAN, f64::NAN, 1.0], [2, 1]), ["⠄⠠"]);
        assert_eq!(curve(&[], [9, 2]), ["", ""]);
        assert_eq!(curve(&[f64::NAN, f64::INFINITY], [9, 1]), [""]);
        assert!(curve(&[1.0, 2.0], [0, 0]).is_empty());
    }
}
