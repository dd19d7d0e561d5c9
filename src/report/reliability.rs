//! The reliability diagram: whether what is said with so much confidence is right as often.

use super::scale::Scale;
use super::svg::{Anchor, Svg};
use crate::metrics::{Bin, wilson_interval};

/// Side of the square, its margins, and the height of the counts below it.
const SIDE: f64 = 320.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 16.0;
const COUNTS: f64 = 66.0;
const RIGHT: f64 = 12.0;
/// A bin of fewer predictions says little; its dot is hollow.
const FEW: u64 = 30;

/// Of each bin the accuracy, with its 95 % interval, over the mean probability, and below how many predictions it
/// has, on a logarithmic scale: nearly all of a good model's are in the last bin.
pub(super) fn diagram(bins: &[Bin], error: f64) -> String {
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    let label = format!(
        "Reliability diagram of {total} predictions in {} bins: accuracy over confidence, expected calibration error {error:.4}",
        bins.len()
    );
    let base = TOP + SIDE + 22.0 + COUNTS;
    let mut svg = Svg::new([LEFT + SIDE + RIGHT, base + 40.0], &label);
    let x = Scale {
        domain: [0.0, 1.0],
        range: [LEFT, LEFT + SIDE],
    };
    let y = Scale {
        domain: [0.0, 1.0],
        range: [TOP + SIDE, TOP],
    };
    for tick in 0..=4_u8 {
        let share = f64::from(tick) / 4.0;
        let text = format!("{:.0}", 100.0 * share);
        svg.line(&[[LEFT, y.at(share)], [LEFT + SIDE, y.at(share)]], "grid");
        svg.text(
            [LEFT - 8.0, y.at(share) + 4.0],
            Anchor::End,
            "quiet numbers",
            &text,
        );
        svg.line(&[[x.at(share), base], [x.at(share), base + 4.0]], "axis");
        svg.text([x.at(share), base + 18.0], Anchor::Middle, "quiet numbers", &text);
    }
    svg.text_upwards([12.0, TOP + SIDE / 2.0], Anchor::Middle, "quiet", "accuracy, %");
    svg.text_upwards([12.0, base - COUNTS / 2.0], Anchor::Middle, "quiet", "images");
    svg.text(
        [LEFT + SIDE / 2.0, base + 34.0],
        Anchor::Middle,
        "quiet",
        "confidence, %",
    );
    svg.line(&[[LEFT, TOP + SIDE], [LEFT + SIDE, TOP + SIDE]], "axis");
    svg.line(&[[x.at(0.0), y.at(0.0)], [x.at(1.0), y.at(1.0)]], "ideal");
    svg.text(
        [x.at(0.03), y.at(0.93)],
        Anchor::Start,
        "quiet small",
        "above the dotted line: too modest",
    );
    svg.text(
        [x.at(0.97), y.at(0.04)],
        Anchor::End,
        "quiet small",
        "below: too sure",
    );

    svg.line(&[[LEFT, base], [LEFT + SIDE, base]], "axis");
    let width = SIDE / bins.len() as f64;
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0);
    for (index, bin) in bins.iter().enumerate() {
        let (Some(accuracy), Some(confidence)) = (bin.accuracy(), bin.confidence()) else {
            continue;
        };
        let place = x.at(confidence);
        let [low, high] = wilson_interval(bin.right, bin.count).map(|end| y.at(end));
        svg.line(&[[place, low], [place, high]], "spread");
        let class = if bin.count < FEW { "few" } else { "first" };
        svg.dot([place, y.at(accuracy)], 4.0, class);

        // Room for the count is left above the highest bar.
        let share = (1.0 + bin.count as f64).ln() / (1.0 + most as f64).ln();
        let height = 3.0 + (COUNTS - 42.0) * share;
        let left = LEFT + width * index as f64;
        svg.rectangle([left + 2.0, base - height], [width - 4.0, height], "bar", 1.0);
        let above = [left + width / 2.0 + 4.0, base - height - 4.0];
        svg.text_upwards(above, Anchor::Start, "numbers small", &bin.count.to_string());
    }
    svg.inline()
}
