//! Light that falls off towards a picture's sides, and soft shadows that come in from there. They are darker than their surroundings as ink
//! is, but have no edge.

use super::grouping::Group;
use super::sheet::Sheet;
use super::{Area, dilate};
use ndarray::{Zip, s};

/// Pixels around ink, beyond its soft edges and not much further, at which there is only paper.
const BESIDE: (usize, usize) = (2, 4);
/// Share of the ink's contrast that the paper there has at the most.
const FADING: f32 = 0.35;

/// Whether the group's ink fades into the paper.
pub(super) fn fades(sheet: &Sheet, group: &Group) -> bool {
    let (rows, columns) = sheet.contrast().dim();
    let Area {
        top,
        left,
        bottom,
        right,
    } = group.area;
    let (near, far) = BESIDE;
    let around = s![
        top.saturating_sub(far)..(bottom + far).min(rows),
        left.saturating_sub(far)..(right + far).min(columns)
    ];
    let labels = sheet.components.labels.slice(around);
    let ink = labels.mapv(|label| f32::from(u8::from(group.labels.contains(&label))));
    // Sums of contrasts, and numbers of pixels.
    let (mut of_ink, mut of_paper) = ((0.0, 0.0), (0.0, 0.0));
    Zip::from(&sheet.contrast().slice(around))
        .and(&labels)
        .and(&ink)
        .and(&dilate(&ink, near))
        .and(&dilate(&ink, far))
        .for_each(|&contrast, &label, &ink, &near, &far| {
            if ink > 0.0 {
                of_ink = (of_ink.0 + contrast, of_ink.1 + 1.0);
            } else if label == 0 && near == 0.0 && far > 0.0 {
                of_paper = (of_paper.0 + contrast, of_paper.1 + 1.0);
            }
        });
    // Without paper around there is nothing to fade into.
    of_paper.0 * of_ink.1 > FADING * of_ink.0 * of_paper.1
}

#[cfg(test)]
mod tests {
    use crate::vision::{Paper, Picture, candidates};
    use ndarray::Array2;

    /// Whether anything is found in a picture of these shades by their rows and columns, but for what may be a cropped digit.
    fn found(shade: impl Fn(f32, f32) -> f32) -> bool {
        let grey = Array2::from_shape_fn((140, 100), |(row, column)| shade(row as f32, column as f32));
        let found = candidates(&Picture::grey(grey));
        found
            .iter()
            .any(|candidate| matches!(candidate.method.paper, Paper::Around { .. }))
    }

    #[test]
    fn a_stroke_at_the_side_is_ink_and_light_that_falls_off_is_not() {
        let light = |row: f32, column: f32| {
            0.8 - 0.7 * ((row / 140.0 - 0.5).powi(2) + (column / 140.0 - 0.36).powi(2))
        };
        assert!(!found(light));
        assert!(found(|row, column| {
            let stroke = column < 8.0 && (30.0..90.0).contains(&row);
            light(row, column) * if stroke { 0.4 } else { 1.0 }
        }));
    }
}
