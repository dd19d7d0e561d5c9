//! How a picture was read, stage by stage, for people to look at.

use super::candidates::{Candidate, groups_of};
use super::components::Components;
use super::group_ink::ink_of;
use super::grouping::Group;
use super::picture::Picture;
use super::sheet::{Sheet, Wanted, sheets};
use super::{Grey, Paper, Polarity};
use ndarray::Array2;
use std::fmt::Write as _;

/// One stage of reading a picture.
///
/// ```
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let picture = digits::vision::decode(picture)?;
/// let candidate = digits::vision::candidates(&picture).remove(0);
/// let steps = digits::vision::explain(&picture, Some(&candidate));
/// assert_eq!(steps.last().map(|step| step.name), Some("network"));
/// # Ok::<(), digits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// One word for it.
    pub name: &'static str,
    /// What was decided, in a sentence.
    pub words: String,
    /// What came out: 0 black, 1 white; ink is black but in the last one, which is as the network sees it.
    pub shades: Grey,
}

/// The stages that led from `picture` to `candidate`, one of its [`candidates`](super::candidates); without one, how
/// far the likeliest way went.
pub fn explain(picture: &Picture, candidate: Option<&Candidate>) -> Vec<Step> {
    let (rows, columns) = picture.grey.dim();
    let mut steps = vec![Step {
        name: "picture",
        words: match picture.reduction {
            1 => format!("The picture has {columns}×{rows} pixels."),
            by => format!("The picture was averaged down {by} times, to {columns}×{rows} pixels."),
        },
        shades: picture.grey.clone(),
    }];
    let sheets = sheets(picture, Wanted::One);
    let Some(candidate) = candidate else {
        if let Some(sheet) = sheets.first() {
            let mut found = of_sheet(sheet);
            if let Some(last) = found.last_mut() {
                last.words += " None of it can be a digit.";
            }
            steps.extend(found);
        }
        return steps;
    };
    let of_candidate =
        |sheet: &&Sheet| sheet.method() == candidate.method && group_of(sheet, candidate).is_some();
    if let Some(sheet) = sheets.iter().find(of_candidate) {
        steps.extend(of_sheet(sheet));
        steps.extend(of_parts(sheet, candidate));
    }
    steps.push(Step {
        name: "network",
        words: "Fitted into 20×20 pixels and centred by its mass in 28×28, as MNIST's makers did: what the network sees.".to_owned(),
        shades: candidate.image.mapv(|pixel| f32::from(pixel) / 255.0),
    });
    steps
}

/// The group of parts that the candidate was made of.
fn group_of(sheet: &Sheet, candidate: &Candidate) -> Option<Group> {
    let mut groups = groups_of(sheet).into_iter();
    groups.find(|group| {
        sheet.in_file(&group.area) == candidate.area
            && group.labels.len() == candidate.parts
            && group.closed == candidate.closed
    })
}

/// From the picture to what is ink.
fn of_sheet(sheet: &Sheet) -> Vec<Step> {
    let method = sheet.method();
    let shades = |polarity: Polarity| match polarity {
        Polarity::DarkOnLight => ("darker", "light"),
        Polarity::LightOnDark => ("lighter", "dark"),
    };
    let mut found = match method.paper {
        Paper::Border => {
            "Most of the border has one shade: what differs from it, but for grain, is ink.".to_owned()
        }
        Paper::Around { polarity, reach } => {
            let (ink, paper) = shades(polarity);
            format!("Ink is {ink} than the {paper} paper, whose shade was taken from {reach} pixels around.")
        }
        Paper::Extreme(polarity) => {
            let (ink, paper) = shades(polarity);
            format!(
                "The picture was read as one that was cut close to the digit. Ink is {ink} than the {paper}est shade, which is paper."
            )
        }
    };
    if method.rules > 0 {
        let _ = match method.rules {
            1 => write!(found, " One printed line was painted over."),
            lines => write!(found, " {lines} printed lines were painted over."),
        };
    }
    let Components { labels, list } = &sheet.components;
    let parts = match list.len() {
        1 => "1 part".to_owned(),
        parts => format!("{parts} parts"),
    };
    vec![
        Step {
            name: "shades",
            words: format!(
                "The part of the picture, and the channel, that was looked at: {}.",
                method.channel
            ),
            shades: sheet.shades().clone(),
        },
        Step {
            name: "contrast",
            words: found,
            shades: stretched(sheet.contrast()),
        },
        Step {
            name: "threshold",
            words: format!(
                "What differs by more than {:.1} % is ink: {parts}.",
                100.0 * method.threshold,
            ),
            shades: labels.mapv(|label| if label > 0 { 0.0 } else { 1.0 }),
        },
    ]
}

/// From all ink to the candidate's.
fn of_parts(sheet: &Sheet, candidate: &Candidate) -> Vec<Step> {
    let labels = &sheet.components.labels;
    let mut steps = Vec::new();
    if let Some(group) = &group_of(sheet, candidate) {
        let kept = |label: u32| {
            if label == 0 {
                1.0
            } else if group.labels.contains(&label) {
                0.0
            } else {
                0.8
            }
        };
        let stray = if candidate.stray {
            " It is a printed line, or goes on in the same shade where it was thought to end: no stroke of a pen."
        } else {
            ""
        };
        let closed = if candidate.closed {
            " Ink leaves the picture and comes back: a stroke outside of it joins both ends."
        } else {
            ""
        };
        steps.push(Step {
            name: "parts",
            words: format!(
                "Parts of the digit (black): {}.{closed} Other groups about as large: {}.{stray}",
                group.labels.len(),
                candidate.others
            ),
            shades: labels.mapv(kept),
        });
        let width = match candidate.widened_to {
            None => format!("Its strokes are {:.1} of 20 pixels wide.", candidate.stroke_width),
            Some(to) => format!(
                "Its strokes are {:.1} of 20 pixels wide, unlike MNIST's, and were made {to:.1} wide.",
                candidate.stroke_width
            ),
        };
        steps.push(Step {
            name: "digit",
            words: width,
            shades: ink_of(sheet, group).mapv(|ink| 1.0 - ink),
        });
    }
    steps
}

/// Contrasts as dark as they can be shown.
fn stretched(contrast: &Array2<f32>) -> Array2<f32> {
    let most = contrast
        .iter()
        .fold(f32::MIN_POSITIVE, |most, &value| most.max(value));
    contrast.mapv(|value| 1.0 - value / most)
}
