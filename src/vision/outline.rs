//! What lies around a group of parts, which tells ink from light: ink ends with an edge.

use super::components::Area;
use super::grouping::Group;
use super::paper::difference;
use super::sheet::Sheet;
use super::{Polarity, dilate};
use ndarray::{Array2, ArrayView2, Zip, s};

/// Pixels around ink, beyond its soft edges and not much further, at which there is only paper.
const BESIDE: (usize, usize) = (2, 4);
/// Share of the ink's contrast that the paper there has at the most.
const FADING: f32 = 0.35;
/// Share of the places there that may be like the ink.
const LIKE_INK: f32 = 0.25;

/// The bands of pixels further out in which light ink on a dark ground is still surrounded by that ground; and the
/// share of a band that is like the ink if the ground is but a line, drawn around paper.
const FURTHER: [(usize, usize); 3] = [(4, 8), (8, 14), (14, 22)];
const ENCLOSED: f32 = 0.6;

/// A group of parts and its surroundings.
pub(super) struct Outline<'a> {
    /// Contrast and shade of every pixel.
    contrast: ArrayView2<'a, f32>,
    shades: ArrayView2<'a, f32>,
    /// 1 where the group is, else 0.
    ink: Array2<f32>,
    /// How far it reaches.
    far: usize,
    /// Whether this is paper beside the group.
    beside: Array2<bool>,
}

impl<'a> Outline<'a> {
    /// What lies beside the group.
    pub(super) fn of(sheet: &'a Sheet, group: &Group) -> Self {
        Self::within(sheet, group, BESIDE)
    }

    /// What lies around the group, more than so many pixels away and at most so many.
    fn within(sheet: &'a Sheet, group: &Group, (near, far): (usize, usize)) -> Self {
        let (rows, columns) = sheet.contrast().dim();
        let Area {
            top,
            left,
            bottom,
            right,
        } = group.area;
        let around = s![
            top.saturating_sub(far)..(bottom + far).min(rows),
            left.saturating_sub(far)..(right + far).min(columns)
        ];
        let labels = sheet.components.labels.slice(around);
        let ink = labels.mapv(|label| f32::from(u8::from(group.labels.contains(&label))));
        let beside = Zip::from(&labels)
            .and(&dilate(&ink, near))
            .and(&dilate(&ink, far))
            .map_collect(|&label, &near, &far| label == 0 && near == 0.0 && far > 0.0);
        Self {
            far,
            contrast: sheet.contrast().slice(around),
            shades: sheet.shades().slice(around),
            ink,
            beside,
        }
    }

    /// Whether the ink fades into the paper, as light does that falls off towards a picture's sides, or a soft shadow.
    pub(super) fn fades(&self) -> bool {
        // Sums of contrasts, and numbers of pixels.
        let (mut of_ink, mut of_paper) = ((0.0, 0.0), (0.0, 0.0));
        Zip::from(&self.contrast)
            .and(&self.ink)
            .and(&self.beside)
            .for_each(|&contrast, &ink, &beside| {
                if ink > 0.0 {
                    of_ink = (of_ink.0 + contrast, of_ink.1 + 1.0);
                } else if beside {
                    of_paper = (of_paper.0 + contrast, of_paper.1 + 1.0);
                }
            });
        // Without paper around there is nothing to fade into.
        of_paper.0 * of_ink.1 > FADING * of_ink.0 * of_paper.1
    }

    /// Whether the ink goes on, in the same shade, where it was thought to end: it does in the corner of a sheet, of
    /// a shadow or of a finger, where the paper's shade was taken from the other side of the edge.
    pub(super) fn goes_on(&self, polarity: Polarity) -> bool {
        self.like_ink(polarity) > LIKE_INK
    }

    /// Whether a group of light ink is paper that a line was drawn around: beyond the line there is paper again.
    pub(super) fn is_enclosed(sheet: &'a Sheet, group: &Group) -> bool {
        FURTHER.into_iter().any(|band| {
            let outline = Self::within(sheet, group, band);
            outline.like_ink(Polarity::LightOnDark) > ENCLOSED
        })
    }

    /// The share of the places around that are like the ink.
    fn like_ink(&self, polarity: Polarity) -> f32 {
        // So that ink is what is higher.
        let height = |shade: f32| match polarity {
            Polarity::DarkOnLight => 1.0 - shade,
            Polarity::LightOnDark => shade,
        };
        let of_ink = |value: f32, ink: f32, none: f32| if ink > 0.0 { value } else { none };
        let heights = Zip::from(&self.shades)
            .and(&self.ink)
            .map_collect(|&shade, &ink| of_ink(height(shade), ink, f32::NEG_INFINITY));
        let steps = Zip::from(&self.shades)
            .and(&self.contrast)
            .and(&self.ink)
            .map_collect(|&shade, &contrast, &ink| of_ink(difference(shade, contrast, polarity), ink, 0.0));
        let (mut like_ink, mut all) = (0.0, 0.0);
        Zip::from(&self.beside)
            .and(&self.shades)
            .and(&dilate(&heights, self.far))
            .and(&dilate(&steps, self.far))
            .for_each(|&beside, &shade, &ink, &step| {
                if beside {
                    all += 1.0;
                    like_ink += f32::from(u8::from(height(shade) >= ink - 0.5 * step));
                }
            });
        if all > 0.0 { like_ink / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use crate::vision::{Candidate, Paper, Picture, Polarity, candidates};
    use ndarray::Array2;

    /// Whether anything is found in a picture of these shades by their rows and columns, but for what may be a
    /// cropped digit.
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

    /// What is found in a picture of these shades with some grain, but for what may be a cropped digit.
    fn found_in(shade: impl Fn(f32, f32) -> f32) -> Vec<Candidate> {
        let grain = |row: usize, column: usize| 0.004 * ((7 * row + 13 * column) % 11) as f32;
        let grey = Array2::from_shape_fn((200, 160), |(row, column)| {
            shade(row as f32, column as f32) + grain(row, column)
        });
        let mut found = candidates(&Picture::grey(grey));
        found.retain(|candidate| matches!(candidate.method.paper, Paper::Around { .. }));
        found
    }

    /// How many of the candidates are strays, and how many are not.
    fn strays(shade: impl Fn(f32, f32) -> f32) -> (usize, usize) {
        let found = found_in(shade);
        let strays = found.iter().filter(|candidate| candidate.stray).count();
        (strays, found.len() - strays)
    }

    #[test]
    fn the_corner_of_a_shadow_has_no_edge_and_a_stroke_has() {
        let (inside, edged) = strays(|row, column| if row > 0.6 * column + 60.0 { 0.3 } else { 0.8 });
        assert!(inside > 0 && edged == 0, "{inside}, {edged}");
        let (inside, edged) = strays(|row, column| {
            let stroke = (60.0..140.0).contains(&row) && (column - 0.2 * row - 60.0).abs() < 5.0;
            if stroke { 0.3 } else { 0.8 }
        });
        assert!(edged > 4 * inside, "{inside}, {edged}");
    }
    #[test]
    fn paper_inside_of_a_line_is_no_light_ink_and_chalk_on_a_board_is() {
        let inside = |row: f32, column: f32| (row - 100.0).hypot(column - 80.0) < 30.0;
        let ring = |row: f32, column: f32| !inside(row, column) && (row - 100.0).hypot(column - 80.0) < 35.0;
        let light = |candidate: &Candidate| candidate.method.paper.polarity() == Some(Polarity::LightOnDark);
        let found = found_in(|row, column| if ring(row, column) { 0.3 } else { 0.8 });
        assert!(found.iter().filter(|found| light(found)).all(|found| found.stray));
        let found = found_in(|row, column| if inside(row, column) { 0.8 } else { 0.3 });
        assert!(found.iter().any(|found| light(found) && !found.stray));
    }
}
