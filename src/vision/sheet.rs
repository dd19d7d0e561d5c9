//! Ways to tell ink from paper. No single one suits pencil in shadow, a marker and squared paper.

pub(super) mod cropped;
mod photo;
mod plain;

use super::Area;
use super::components::Component;
use super::components::Components;
use super::grain::without_grain;
use super::grouping::{Group, groups};
use super::marks::{Known, rings};
use super::method::{Method, Paper};
use super::picture::Picture;
use super::unruled::Unruled;
use ndarray::{Array2, ArrayRef2, s};
use std::sync::Arc;

/// The longer side at which ink is looked for.
const WORKING_SIDE: usize = 512;
/// Digits shorter than this there are looked at again, in more detail.
const SMALL: usize = 100;
/// How much more a colour channel must show than luma to be looked at too.
const COLOUR_GAIN: f32 = 1.3;
/// Frames around a picture that are looked through: the window of a screen, its title, a card.
const FRAMES: usize = 4;
/// Share of a frame's sides that is ink: its corners may be round.
const SOLID: f32 = 0.7;
/// Share of a group's ink that lies where a printed line is if it is nothing else.
const RULED: f32 = 0.9;
/// The smallest card that a digit is written on, in pixels.
const SMALLEST_CARD: usize = 24;

/// How much every pixel of a picture, or of a part of it, differs from its paper.
#[derive(Debug, Clone)]
struct Map {
    channel: &'static str,
    paper: Paper,
    rules: usize,
    /// The shades looked at.
    shades: Array2<f32>,
    contrast: Array2<f32>,
    /// How strong the contrasts are beside those of the other polarity, in 0..=1.
    clarity: f32,
    /// Where printed lines are or were, if there are any.
    bands: Option<Arc<Array2<bool>>>,
}

impl Map {
    /// The map that knows where its printed lines are, and the one that is left without them.
    fn with_rules_and_without(&self, unruled: Unruled) -> [Arc<Self>; 2] {
        let rules = unruled.count();
        let bands = Some(Arc::new(unruled.bands));
        let with = Self {
            bands: bands.clone(),
            ..self.clone()
        };
        let without = Self {
            rules,
            contrast: unruled.contrast,
            bands,
            ..self.clone()
        };
        [with, without].map(Arc::new)
    }
}

/// Where a sheet lies in the upright file.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// First row and column.
    origin: (usize, usize),
    /// Rows and columns of the file to a pixel.
    scale: usize,
    /// Rows and columns of the file.
    file: (usize, usize),
}

impl Place {
    /// Of a picture that begins at `origin` in the file.
    fn of(picture: &Picture, origin: (usize, usize)) -> Self {
        Self {
            origin,
            scale: picture.reduction,
            file: picture.file,
        }
    }
}

/// A picture's ink, found by one method.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    map: Arc<Map>,
    place: Place,
    threshold: f32,
    /// The parts of what is above the threshold.
    pub(super) components: Components,
    /// What may be a digit each, the most prominent first.
    pub(super) groups: Vec<Group>,
    /// What is drawn around others.
    rings: Vec<Component>,
}

impl Sheet {
    /// The ink above `threshold`, with as many groups as are `wanted` at the most. Rings may be `known` from lower
    /// thresholds.
    fn new(map: &Arc<Map>, place: Place, threshold: f32, wanted: Wanted, known: &Known) -> Self {
        let components = Components::of(&map.contrast, threshold);
        let rings = rings(&components, known);
        let groups = groups(&components, &rings, wanted.groups());
        Self {
            map: Arc::clone(map),
            place,
            threshold,
            components,
            groups,
            rings,
        }
    }

    pub(super) fn method(&self) -> Method {
        let Map {
            channel,
            paper,
            rules,
            ..
        } = *self.map;
        Method {
            channel,
            paper,
            threshold: self.threshold,
            rules,
        }
    }

    /// The shades looked at.
    pub(super) fn shades(&self) -> &Array2<f32> {
        &self.map.shades
    }

    /// How much every pixel differs from its paper.
    pub(super) fn contrast(&self) -> &Array2<f32> {
        &self.map.contrast
    }

    /// How strong the contrasts are beside those of the other polarity, in 0..=1.
    pub(super) fn clarity(&self) -> f32 {
        self.map.clarity
    }

    /// Whether the part is drawn around others.
    pub(super) fn is_ring(&self, part: &Component) -> bool {
        self.rings.contains(part)
    }

    /// Whether nearly all of a group's ink lies where a printed line is or was: it is the line, or what is left of it.
    pub(super) fn is_ruled(&self, group: &Group) -> bool {
        let Some(bands) = &self.map.bands else {
            return false;
        };
        let inside = s![
            group.area.top..group.area.bottom,
            group.area.left..group.area.right
        ];
        let labels = self.components.labels.slice(inside);
        let pixels = labels.iter().zip(bands.slice(inside));
        let of_group = pixels.filter(|(label, _)| group.labels.contains(label));
        let (all, ruled) = of_group.fold((0, 0), |(all, ruled), (_, &band)| {
            (all + 1, ruled + usize::from(band))
        });
        ruled as f32 >= RULED * all as f32
    }

    /// Rows and columns of the file.
    pub(super) fn file(&self) -> (usize, usize) {
        self.place.file
    }

    /// An area of the sheet in pixels of the file.
    pub(super) fn in_file(&self, area: &Area) -> Area {
        let Place { origin, scale, file } = self.place;
        // The last pixels may stand for less of the file than others.
        let [top, bottom] = [area.top, area.bottom].map(|row| file.0.min(origin.0 + row * scale));
        let [left, right] = [area.left, area.right].map(|column| file.1.min(origin.1 + column * scale));
        Area {
            top,
            left,
            bottom,
            right,
        }
    }
}

/// What is looked for in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The most prominent digit, also where the picture was cut close to it, and again in more detail if it is small.
    One,
    /// Every digit, wherever it lies.
    All,
}

impl Wanted {
    /// The most groups of a sheet: for one digit, enough to say how many others there are.
    fn groups(self) -> usize {
        match self {
            Self::One => 16,
            Self::All => 500,
        }
    }
}

/// The picture's ink by all methods.
pub(super) fn sheets(picture: &Picture, wanted: Wanted) -> Vec<Sheet> {
    if picture.grey.is_empty() {
        return Vec::new();
    }
    within(picture, (0, 0), wanted, FRAMES)
}

/// The ink of part of a picture that begins at `origin` in the file, which may have so many frames around it.
fn within(picture: &Picture, origin: (usize, usize), wanted: Wanted, frames: usize) -> Vec<Sheet> {
    if let Some(map) = plain::map(picture) {
        let sheets = plain::sheets(map, Place::of(picture, origin), wanted);
        let frame = sheets.first().and_then(|sheet| framed(&sheet.components));
        let inside = frame.filter(|_| frames > 0).map(|area| {
            let origin = (
                origin.0 + area.top * picture.reduction,
                origin.1 + area.left * picture.reduction,
            );
            within(&picture.crop(&area), origin, wanted, frames - 1)
        });
        return match inside {
            Some(inside) if inside.iter().any(|sheet| !sheet.groups.is_empty()) => inside,
            _ => sheets,
        };
    }
    let (rows, columns) = picture.grey.dim();
    let by = rows.max(columns).div_ceil(WORKING_SIDE);
    let reduced = picture.reduced(by);
    let mut all = photo::sheets(&reduced, origin, wanted);
    if let Some(smooth) = without_grain(&reduced) {
        all.extend(photo::sheets(&smooth, origin, wanted));
    }
    if wanted == Wanted::One {
        all.extend(cropped::sheets(&reduced, origin));
    }
    // A small digit is looked at again, but nothing is cut out when all digits are wanted.
    let first = all.first().and_then(|sheet| sheet.groups.first());
    if let Some(area) = first.map(|group| group.area)
        && by > 1
        && area.long_side() < SMALL
        && wanted == Wanted::One
    {
        let margin = area.long_side() * by;
        let around = Area {
            top: (area.top * by).saturating_sub(margin),
            left: (area.left * by).saturating_sub(margin),
            bottom: (area.bottom * by + margin).min(rows),
            right: (area.right * by + margin).min(columns),
        };
        let origin = (
            origin.0 + around.top * picture.reduction,
            origin.1 + around.left * picture.reduction,
        );
        all.extend(photo::sheets(&picture.crop(&around), origin, wanted));
    }
    all
}

/// What is inside a frame or on a card: a part of the ink that is most of the picture and has ink all along its sides.
fn framed(components: &Components) -> Option<Area> {
    let (rows, columns) = components.labels.dim();
    let large = |area: &Area| 2 * area.height() >= rows && 2 * area.width() >= columns;
    let frame = components.list.iter().find(|part| large(&part.area))?;
    let Area {
        top,
        left,
        bottom,
        right,
    } = frame.area;
    let (height, width) = (frame.area.height(), frame.area.width());
    let solid = |side: ndarray::ArrayView1<u32>| {
        let inked = side.iter().filter(|&&label| label == frame.label).count();
        inked as f32 >= SOLID * side.len() as f32
    };
    let labels = components.labels.slice(s![top..bottom, left..right]);
    let sides = [
        labels.row(0),
        labels.row(height - 1),
        labels.column(0),
        labels.column(width - 1),
    ];
    let inside = Area {
        top: top + 1,
        left: left + 1,
        bottom: bottom - 1,
        right: right - 1,
    };
    (height.min(width) > SMALLEST_CARD && sides.into_iter().all(solid)).then_some(inside)
}

/// The mean of the highest hundredth of all contrasts.
fn strength(contrast: &ArrayRef2<f32>) -> f32 {
    let mut values = contrast.flatten().to_vec();
    let rank = values.len() - values.len().div_ceil(100);
    values.select_nth_unstable_by(rank, f32::total_cmp);
    let high = &values[rank..];
    high.iter().sum::<f32>() / high.len() as f32
}

#[cfg(test)]
mod tests {
    use super::super::art::{drawn, enlarged};
    use super::*;

    /// Blue ink as light as its reddish paper.
    #[test]
    fn ink_that_only_a_colour_shows_is_looked_for_in_that_colour() {
        let stroke = enlarged(
            &drawn(&[
                "........", "...##...", "...##...", "...##...", "...##...", "........",
            ]),
            16,
        );
        let noise = |index: usize| 0.01 * ((index * 7919) % 13) as f32 / 13.0;
        let plane = |paper: f32, ink: f32| {
            let mut plane = stroke.mapv(|stroke| paper + stroke * (ink - paper));
            plane
                .iter_mut()
                .enumerate()
                .for_each(|(index, shade)| *shade += noise(index));
            plane
        };
        let colours = [plane(0.8, 0.4), plane(0.5, 0.5), plane(0.2, 0.6)];
        let grey = plane(0.5, 0.49);
        let picture = Picture {
            colours: Some(colours),
            ..Picture::grey(grey)
        };
        let sheets = sheets(&picture, Wanted::One);
        let seen: Vec<&str> = sheets.iter().map(|sheet| sheet.method().channel).collect();
        assert!(seen.iter().any(|channel| *channel != "luma"), "{seen:?}");
        let found = sheets.iter().filter(|sheet| sheet.method().channel != "luma");
        let areas: Vec<Area> = found
            .filter_map(|sheet| Some(sheet.groups.first()?.area))
            .collect();
        let expected = Area {
            top: 16,
            left: 48,
            bottom: 80,
            right: 80,
        };
        assert!(areas.contains(&expected), "{areas:?}");
    }
}
