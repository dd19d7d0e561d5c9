//! Ways to tell ink from paper. No single one suits pencil in shadow, a marker and squared paper.

use super::components::Components;
use super::grouping::{Group, groups};
use super::picture::Picture;
use super::rules::without_rules;
use super::threshold::levels;
use super::{Area, Polarity, contrast, plain_ink};
use ndarray::{Array2, ArrayRef2};

/// The longer side at which ink is looked for.
const WORKING_SIDE: usize = 512;
/// Digits shorter than this there are looked at again, in more detail.
const SMALL: usize = 100;
/// Reaches of the paper's estimate, in shares of the long side: for pens in shadow, and for wide markers.
const REACHES: [f32; 2] = [0.06, 0.2];
/// Share of the stronger polarity's contrast from which the other one is looked at too.
const DOUBTFUL: f32 = 0.5;
/// How much more a colour channel must show than luma to be looked at too.
const COLOUR_GAIN: f32 = 1.3;
/// Share of the strongest ink above which a plain picture's ink makes its parts.
const PLAIN_THRESHOLD: f32 = 0.25;
/// Difference from plain paper below which there is nothing: two shades of 256, or a digit on a strange screen.
const FAINTEST_PLAIN: f32 = 0.02;

/// How a picture's ink was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// What the shades are: `luma`, `red`, `green` or `blue`.
    pub channel: &'static str,
    /// Which of ink and paper is darker; none if the paper has one shade and everything else is ink.
    pub polarity: Option<Polarity>,
    /// Reach of the paper's estimate in pixels of the sheet; 0 if the paper has one shade.
    pub reach: usize,
    /// Contrast above which there is ink.
    pub threshold: f32,
    /// Printed lines that were painted over.
    pub rules: usize,
}

/// A picture's ink, found by one method.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) method: Method,
    /// The shades looked at.
    pub(super) shades: Array2<f32>,
    /// How much every pixel differs from its paper.
    pub(super) contrast: Array2<f32>,
    /// How strong the contrasts are beside those of the other polarity, in 0..=1.
    pub(super) clarity: f32,
    /// The parts of what is above the threshold.
    pub(super) components: Components,
    /// What may be a digit each, the most prominent first.
    pub(super) groups: Vec<Group>,
    /// Where the sheet lies in the upright file, and how many of its pixels make one.
    pub(super) origin: (usize, usize),
    pub(super) scale: usize,
}

impl Sheet {
    fn new(shades: &Array2<f32>, contrast: Array2<f32>, method: Method, place: (usize, usize), scale: usize, most: usize) -> Self {
        let components = Components::of(&contrast, method.threshold);
        let groups = groups(&components, most);
        Self { method, shades: shades.clone(), contrast, clarity: 1.0, components, groups, origin: place, scale }
    }

    /// An area of the sheet in pixels of the file.
    pub(super) fn in_file(&self, area: &Area) -> Area {
        let [top, bottom] = [area.top, area.bottom].map(|row| self.origin.0 + row * self.scale);
        let [left, right] = [area.left, area.right].map(|column| self.origin.1 + column * self.scale);
        Area { top, left, bottom, right }
    }
}

/// The picture's ink by all methods, each with at most `most` groups.
pub(super) fn sheets(picture: &Picture, most: usize) -> Vec<Sheet> {
    let long = picture.grey.nrows().max(picture.grey.ncols());
    let by = long.div_ceil(WORKING_SIDE);
    if let Some(ink) = plain_ink(&picture.grey) {
        return plain(&ink, picture, most).into_iter().collect();
    }
    let whole = photo(&picture.reduced(by), (0, 0), most);
    // Nothing small is cut out when all digits are wanted.
    let Some(group) = whole.first().and_then(|sheet| sheet.groups.first()) else {
        return whole;
    };
    if by == 1 || group.area.long_side() >= SMALL || most > ONE {
        return whole;
    }
    let margin = group.area.long_side() * by;
    let (rows, columns) = picture.grey.dim();
    let around = Area {
        top: (group.area.top * by).saturating_sub(margin),
        left: (group.area.left * by).saturating_sub(margin),
        bottom: (group.area.bottom * by + margin).min(rows),
        right: (group.area.right * by + margin).min(columns),
    };
    let scale = picture.reduction;
    let mut all = photo(&picture.crop(&around), (around.top * scale, around.left * scale), most);
    all.extend(whole);
    all
}

/// Groups of each sheet that are looked at when one digit is wanted.
pub(super) const ONE: usize = 2;

/// The sheet of a picture on paper of one shade; none if it is blank.
fn plain(ink: &Array2<f32>, picture: &Picture, most: usize) -> Option<Sheet> {
    let strongest = ink.iter().fold(0.0_f32, |most, &ink| most.max(ink));
    let method = Method { channel: "luma", polarity: None, reach: 0, threshold: PLAIN_THRESHOLD * strongest, rules: 0 };
    (strongest > FAINTEST_PLAIN).then(|| Sheet::new(&picture.grey, ink.clone(), method, (0, 0), picture.reduction, most))
}

fn photo(picture: &Picture, origin: (usize, usize), most: usize) -> Vec<Sheet> {
    let long = picture.grey.nrows().max(picture.grey.ncols());
    let mut found = Vec::new();
    for share in REACHES {
        let reach = (share * long as f32).ceil() as usize;
        let mut maps = both_polarities("luma", &picture.grey, reach);
        if let Some([red, green, blue]) = &picture.colours {
            let seen = maps.iter().map(|map| map.strength).fold(0.0, f32::max);
            let best = [("red", red), ("green", green), ("blue", blue)]
                .into_iter()
                .flat_map(|(channel, plane)| both_polarities(channel, plane, reach))
                .max_by(|a, b| a.strength.total_cmp(&b.strength));
            maps.extend(best.filter(|best| best.strength > COLOUR_GAIN * seen));
        }
        for map in maps {
            let levels = levels(&map.contrast);
            let (without, rules) = without_rules(&map.contrast, levels[0]);
            for threshold in levels {
                let method = Method { channel: map.channel, polarity: Some(map.polarity), reach, threshold, rules: 0 };
                let sheet = |contrast: &Array2<f32>, rules: usize| Sheet {
                    clarity: map.clarity,
                    ..Sheet::new(&map.shades, contrast.clone(), Method { rules, ..method }, origin, picture.reduction, most)
                };
                found.push(sheet(&map.contrast, 0));
                if rules > 0 {
                    found.push(sheet(&without, rules));
                }
            }
        }
    }
    found
}

/// A map of contrasts.
struct Map {
    channel: &'static str,
    polarity: Polarity,
    shades: Array2<f32>,
    contrast: Array2<f32>,
    strength: f32,
    clarity: f32,
}

/// The contrasts of dark ink and of light ink, less those that hardly show anything beside the others.
fn both_polarities(channel: &'static str, shades: &Array2<f32>, reach: usize) -> Vec<Map> {
    let mut maps: Vec<Map> = [Polarity::DarkOnLight, Polarity::LightOnDark]
        .into_iter()
        .map(|polarity| {
            let contrast = contrast(shades, polarity, reach);
            let strength = strength(&contrast);
            Map { channel, polarity, shades: shades.clone(), contrast, strength, clarity: 1.0 }
        })
        .collect();
    let most = maps[0].strength.max(maps[1].strength);
    maps.retain(|map| map.strength >= DOUBTFUL * most);
    for map in &mut maps {
        map.clarity = map.strength / most.max(f32::MIN_POSITIVE);
    }
    maps
}

/// The mean of the highest hundredth of all contrasts.
fn strength(contrast: &ArrayRef2<f32>) -> f32 {
    let mut values: Vec<f32> = contrast.iter().copied().collect();
    let rank = values.len() - values.len().div_ceil(100);
    values.select_nth_unstable_by(rank, f32::total_cmp);
    let high = &values[rank..];
    high.iter().sum::<f32>() / high.len() as f32
}
