//! The sheets of a picture that was photographed, or may have been.

use super::{COLOUR_GAIN, Map, Place, Sheet, Wanted, strength};
use crate::parallel::both;
use crate::vision::marks::Known;
use crate::vision::picture::Picture;
use crate::vision::rules::{Line, SEVERAL, distinct, reach, rules};
use crate::vision::threshold::levels;
use crate::vision::unruled::without_rules;
use crate::vision::{Paper, Polarity, contrast};
use ndarray::Array2;
use std::sync::Arc;

/// Reaches of the paper's estimate, in shares of the long side: for pens in shadow, and for wide markers.
const REACHES: [f32; 2] = [0.06, 0.2];
/// Share of the stronger polarity's contrast from which the other one is looked at too.
const DOUBTFUL: f32 = 0.5;

/// The sheets of such a picture: for each reach of the paper's estimate, all shades that show
/// ink, all thresholds, with printed lines and without.
pub(super) fn sheets(picture: &Picture, origin: (usize, usize), wanted: Wanted) -> Vec<Sheet> {
    let long = picture.grey.nrows().max(picture.grey.ncols());
    let place = Place::of(picture, origin);
    let seen = |share: f32| {
        let maps = maps(picture, (share * long as f32).ceil() as usize).into_iter();
        let with_lines = maps.map(|map| {
            let levels = levels(&map.contrast);
            let lines = rules(&map.contrast, levels[0]);
            Seen {
                map: Arc::new(map),
                levels,
                lines,
            }
        });
        with_lines.collect::<Vec<_>>()
    };
    let (near, far) = both(|| seen(REACHES[0]), || seen(REACHES[1]));
    // With one paper lines show that with another are lost in grain.
    let all = |direction: usize| {
        let lines = || near.iter().chain(&far).map(|seen| &seen.lines[direction]);
        if lines().any(|lines| lines.len() >= SEVERAL) {
            lines().flatten().copied().collect()
        } else {
            Vec::new()
        }
    };
    let lines: [Vec<Line>; 2] = [0, 1].map(all);
    let sheets = |seen: &[Seen]| -> Vec<Sheet> {
        seen.iter()
            .flat_map(|seen| seen.sheets(&lines, place, wanted))
            .collect()
    };
    let (mut near, far) = both(|| sheets(&near), || sheets(&far));
    near.extend(far);
    near
}

/// A map, the thresholds to try on it, and the printed lines that it shows.
struct Seen {
    map: Arc<Map>,
    levels: Vec<f32>,
    lines: [Vec<Line>; 2],
}

impl Seen {
    /// The sheets at all thresholds, with its printed lines and those that `others` show, and, if there are some,
    /// without.
    fn sheets(&self, others: &[Vec<Line>; 2], place: Place, wanted: Wanted) -> Vec<Sheet> {
        let Self { map, levels, .. } = self;
        let lines = [0, 1].map(|direction| {
            let both = [&self.lines[direction][..], &others[direction]].concat();
            distinct(both, reach(map.contrast.dim()))
        });
        let unruled = without_rules(&map.contrast, levels[0], &lines);
        let maps = if unruled.count() > 0 {
            map.with_rules_and_without(unruled).to_vec()
        } else {
            vec![Arc::clone(map)]
        };
        let (mut sheets, mut known) = (Vec::new(), Known::default());
        for map in maps {
            // What is left without lines is part of what there was with them: of the boxes of a row, too, whose upper
            // and lower sides may go through most of the picture.
            for &level in levels {
                let sheet = Sheet::new(&map, place, level, wanted, &known);
                known.extend(&sheet.components, &sheet.rings);
                sheets.push(sheet);
            }
        }
        sheets
    }
}

/// The contrasts of grey, and those of a colour if it shows much more.
fn maps(picture: &Picture, reach: usize) -> Vec<Map> {
    let mut maps = both_polarities("luma", &picture.grey, reach);
    if let Some(channels) = picture.channels() {
        let strongest = |maps: &[(f32, Map)]| maps.iter().map(|(strength, _)| *strength).fold(0.0, f32::max);
        let seen = strongest(&maps);
        let best = channels
            .map(|(channel, plane)| both_polarities(channel, plane, reach))
            .into_iter()
            .max_by(|a, b| strongest(a).total_cmp(&strongest(b)));
        maps.extend(
            best.filter(|best| strongest(best) > COLOUR_GAIN * seen)
                .into_iter()
                .flatten(),
        );
    }
    maps.into_iter().map(|(_, map)| map).collect()
}

/// The contrasts of dark ink and of light ink with their strengths, less those that hardly show anything beside the
/// others.
fn both_polarities(channel: &'static str, shades: &Array2<f32>, reach: usize) -> Vec<(f32, Map)> {
    let polarities = [Polarity::DarkOnLight, Polarity::LightOnDark];
    let both = polarities.map(|polarity| {
        let contrast = contrast(shades, polarity, reach);
        (strength(&contrast), polarity, contrast)
    });
    let most = both[0].0.max(both[1].0).max(f32::MIN_POSITIVE);
    let clear = both
        .into_iter()
        .filter(|(strength, ..)| *strength >= DOUBTFUL * most);
    clear
        .map(|(strength, polarity, contrast)| {
            let map = Map {
                channel,
                paper: Paper::Around { polarity, reach },
                rules: 0,
                shades: shades.clone(),
                contrast,
                clarity: strength / most,
                bands: None,
            };
            (strength, map)
        })
        .collect()
}
