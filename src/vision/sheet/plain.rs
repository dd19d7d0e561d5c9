//! The sheet of a picture that was drawn, on paper of one shade.

use super::{COLOUR_GAIN, Map, Place, Sheet, Wanted, strength};
use crate::vision::components::{Area, Components};
use crate::vision::marks::Known;
use crate::vision::picture::Picture;
use crate::vision::rules::{SEVERAL, rules};
use crate::vision::unruled::{Unruled, without_rules};
use crate::vision::{Paper, plain_ink};
use ndarray::Array2;
use std::sync::Arc;

/// Share of the strongest ink above which a plain picture's ink makes its parts; and above which it does if so little
/// holds hair lines together, most of whose parts are none then.
const THRESHOLD: f32 = 0.25;
const HAIR_THRESHOLD: f32 = 0.08;
/// Share of the strongest ink below which a line is faint.
const FAINT_LINE: f32 = 0.4;
/// Difference from plain paper below which there is nothing: two shades of 256, or a digit on a strange screen.
const FAINTEST: f32 = 0.02;

/// The ink on paper of one shade, by luma or by a colour that shows much more; none without such paper.
pub(super) fn map(picture: &Picture) -> Option<Map> {
    let of = |channel, shades: &Array2<f32>| {
        let map = Map {
            channel,
            paper: Paper::Border,
            rules: 0,
            shades: shades.clone(),
            contrast: plain_ink(shades)?,
            clarity: 1.0,
            bands: None,
        };
        Some((strength(&map.contrast), map))
    };
    let (seen, luma) = of("luma", &picture.grey)?;
    // No contrast is above 1.
    if COLOUR_GAIN * seen >= 1.0 {
        return Some(luma);
    }
    let colours = picture.channels().into_iter().flatten();
    let best = colours
        .filter_map(|(channel, plane)| of(channel, plane))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(strength, _)| *strength > COLOUR_GAIN * seen);
    Some(best.map_or(luma, |(_, map)| map))
}

/// Whether there is ink at two opposite sides, as where printed lines go from one to the other.
fn is_crossed(components: &Components) -> bool {
    let (rows, columns) = components.labels.dim();
    let is_inked = |at_side: &dyn Fn(&Area) -> bool| components.list.iter().any(|part| at_side(&part.area));
    is_inked(&|area| area.left == 0) && is_inked(&|area| area.right == columns)
        || is_inked(&|area| area.top == 0) && is_inked(&|area| area.bottom == rows)
}

/// Whether the lines of a drawing are its paper's, and no strokes of a digit that reaches from side to side: if
/// several are parallel, or all are faint beside what is left.
fn are_printed(unruled: &Unruled) -> bool {
    let several = unruled.lines.iter().any(|lines| lines.len() >= SEVERAL);
    let line = unruled.lines.iter().flatten().copied().fold(0.0, f32::max);
    let ink = unruled.contrast.iter().copied().fold(0.0, f32::max);
    let faint = line > 0.0 && line < FAINT_LINE * ink;
    (several || faint) && unruled.bands.iter().any(|&band| band)
}

/// The ink of a map, with printed lines and, if there are some, without; none if it is blank.
pub(super) fn sheets(map: Map, place: Place, wanted: Wanted) -> Vec<Sheet> {
    let strongest = map.contrast.iter().fold(0.0_f32, |most, &ink| most.max(ink));
    if strongest <= FAINTEST {
        return Vec::new();
    }
    let map = Arc::new(map);
    let of = |map, share: f32| Sheet::new(map, place, share * strongest, wanted, &Known::default());
    let [usual, low] = [THRESHOLD, HAIR_THRESHOLD].map(|share| of(&map, share));
    let parts = |sheet: &Sheet| sheet.components.list.len();
    let sheet = if 2 * parts(&low) < parts(&usual) {
        low
    } else {
        usual
    };
    if !is_crossed(&sheet.components) {
        return vec![sheet];
    }
    let unruled = without_rules(
        &map.contrast,
        sheet.threshold,
        &rules(&map.contrast, sheet.threshold),
    );
    if !are_printed(&unruled) {
        return vec![sheet];
    }
    let [with, without] = map.with_rules_and_without(unruled);
    let without = Sheet::new(&without, place, sheet.threshold, wanted, &Known::default());
    vec![Sheet { map: with, ..sheet }, without]
}
