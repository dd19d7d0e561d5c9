//! The ink of one digit, apart from everything else on its sheet.

use super::cut::close;
use super::grouping::Group;
use super::sheet::Sheet;
use super::{Area, Paper, dilate, median};
use ndarray::{Array2, azip, s};

/// How far all ink of a plain picture may reach beyond the group, in shares of the group's long side, if the picture
/// is to be read as it is.
const WHOLE: f32 = 0.15;
/// The share of a plain picture that faint ink takes if it is the pattern of the ground: more than in any image of
/// MNIST.
const PATTERN: f32 = 0.05;
/// Soft edges of strokes reach no further than the picture's long side divided by this.
const EDGE: usize = 28;
/// The strongest ink of a plain picture that is not stretched.
const FULL: f32 = 0.7;

/// The ink of a group and of the soft edges around it, 1 for what is as dark as half of it is; a little paper around
/// it.
pub(super) fn ink_of(sheet: &Sheet, group: &Group) -> Array2<f32> {
    let (rows, columns) = sheet.contrast().dim();
    if let Some(ink) = whole(sheet, group) {
        return ink;
    }
    let area = Area {
        top: group.area.top.saturating_sub(1),
        left: group.area.left.saturating_sub(1),
        bottom: (group.area.bottom + 1).min(rows),
        right: (group.area.right + 1).min(columns),
    };
    let inside = s![area.top..area.bottom, area.left..area.right];
    let (labels, contrast) = (
        sheet.components.labels.slice(inside),
        sheet.contrast().slice(inside),
    );
    let kept = labels.mapv(|label| group.labels.contains(&label));
    let values = contrast
        .iter()
        .zip(&kept)
        .filter(|(_, kept)| **kept)
        .map(|(value, _)| *value);
    // A group has ink.
    let full = median(values.collect()).unwrap_or(1.0);
    let near = dilate(&kept.mapv(|kept| if kept { 1.0 } else { 0.0 }), 1);
    let mut ink = contrast.mapv(|contrast| (contrast / full).min(1.0));
    azip!((ink in &mut ink, &kept in &kept, &near in &near, &label in &labels) {
        // Paper beside the group may be the soft edge of a stroke; what belongs to another group may not.
        if !kept && (label != 0 || near == 0.0) {
            *ink = 0.0;
        }
    });
    if group.closed {
        close(sheet, group, &ink)
    } else {
        ink
    }
}

/// All the ink of a plain picture that holds nothing else: MNIST's own images must come back as they are.
fn whole(sheet: &Sheet, group: &Group) -> Option<Array2<f32>> {
    if sheet.method().paper != Paper::Border {
        return None;
    }
    let everything = sheet
        .components
        .list
        .iter()
        .map(|part| part.area)
        .reduce(Area::around)?;
    // A narrow digit may have a neighbour that makes all of it no longer, but much wider.
    let beyond = (WHOLE * group.area.long_side() as f32) as usize;
    let alone = everything.width() <= group.area.width() + beyond
        && everything.height() <= group.area.height() + beyond;
    let first = sheet.groups.first() == Some(group) || group.labels.len() == sheet.components.list.len();
    let strong = || sheet.contrast().iter().any(|&ink| ink >= FULL);
    (alone && first && strong()).then(|| without_pattern(sheet))
}

/// All ink, but not the pattern of a ground such as a checkerboard: faint ink that is plenty, and apart from all
/// strokes.
fn without_pattern(sheet: &Sheet) -> Array2<f32> {
    let mut ink = sheet.contrast().clone();
    let reach = ink.nrows().max(ink.ncols()).div_ceil(EDGE);
    let near = dilate(
        &sheet.components.labels.mapv(|label| f32::from(label != 0)),
        reach,
    );
    let apart = || {
        ink.iter()
            .zip(&near)
            .filter(|&(&ink, &near)| near == 0.0 && ink > 0.0)
    };
    if apart().count() as f32 > PATTERN * ink.len() as f32 {
        azip!((ink in &mut ink, &near in &near) if near == 0.0 { *ink = 0.0 });
    }
    ink
}
