//! Several readings of a picture, between which a network chooses, each with how plausible its ink is by itself.

use super::group_ink::ink_of;
use super::grouping::{Group, everything};
use super::outline::Outline;
use super::picture::Picture;
use super::sheet::{Sheet, Wanted, cropped, sheets};
use super::strokes::Strokes;
use super::{Area, Method, Paper, Polarity, cut, normalize};
use ndarray::Array2;

/// Groups of each sheet that are read when one digit is wanted.
const PROMINENT: usize = 2;
/// More parts than this are not the strokes of one digit.
const MOST_STROKES: usize = 8;
/// Digits of a picture are at least that large, as a share of the largest of its most prominent groups, of which
/// there are that many.
const SMALLEST: f32 = 0.4;
const LARGE: usize = 5;
/// Groups shorter than this, in pixels, are no digits.
const SHORTEST: usize = 6;
/// Strokes in MNIST are rarely narrower or wider, in pixels of its 20-pixel box; and what others are made. What was
/// drawn has the width that it was given, so only very narrow strokes are changed; in a photo the width depends on
/// the threshold.
const NARROW: f32 = 1.8;
const NARROW_DRAWN: f32 = 1.5;
const WIDE: f32 = 3.4;
const WIDENED: f32 = 2.6;
const NARROWED: f32 = 2.6;
/// Ink of nearly all of MNIST's digits, in full pixels; and what each pixel less or more costs.
const MASS: (f32, f32) = (40.0, 180.0);
const MASS_COST: f32 = 0.035;
/// What every side of the picture costs that the digit touches, and every part after the first.
pub(super) const SIDE_COST: f32 = 1.0;
const PART_COST: f32 = 0.1;
/// What every pixel of width costs by which strokes are too narrow; and what a usual width is worth that was made.
const NARROW_COST: f32 = 0.7;
const WIDENED_WORTH: f32 = 0.5;
/// What reading a cropped picture as a whole is worth, if its strokes are left as they are.
const CROPPED_WORTH: f32 = 0.5;
/// The widest strokes of a cropped picture that is read as a whole, in pixels of MNIST's box.
const WIDEST_CROPPED: f32 = 5.0;
/// What a drawing costs whose strokes are not as wide as they were drawn.
const REDRAWN_COST: f32 = 0.5;

/// One reading of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The 28×28 image, 255 full ink.
    pub image: Array2<u8>,
    /// Where the digit is, in pixels of the upright file.
    pub area: Area,
    /// How plausible the ink is as a digit's compared with other candidates', as a logarithm.
    pub plausibility: f32,
    /// How its ink was found.
    pub method: Method,
    /// How many sides of the picture one of its parts touches, at the most; 0 for all of a cropped picture, where
    /// that says nothing.
    pub sides: usize,
    /// Whether it is no stroke of a pen, whatever it looks like: a printed line, or what goes on in the same shade
    /// where it was thought to end, as the corner of a sheet or of a shadow does.
    pub stray: bool,
    /// Parts that were put together.
    pub parts: usize,
    /// Whether a side of the picture was taken to cut it off, and its strokes were joined along that side.
    pub closed: bool,
    /// Width of the strokes as found, in pixels of MNIST's 20-pixel box.
    pub stroke_width: f32,
    /// What the width was made, if it was changed.
    pub widened_to: Option<f32>,
    /// How many parts about as large as all of it were put together although they lie far apart, or 1.
    pub groups: usize,
    /// How many other parts of the picture are about as large.
    pub others: usize,
}

/// The readings of a picture of one digit; none if it is blank.
///
/// ```
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let candidates = digits::vision::candidates(&digits::vision::decode(picture)?);
/// assert_eq!(candidates[0].image.dim(), (28, 28));
/// # Ok::<(), digits::Error>(())
/// ```
pub fn candidates(picture: &Picture) -> Vec<Candidate> {
    sheets(picture, Wanted::One).iter().flat_map(of_sheet).collect()
}

/// For every way to tell ink from paper, the readings of each of a picture's digits.
///
/// ```
/// let picture = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/seven.png"));
/// let pages = digits::vision::pages(&digits::vision::decode(picture)?);
/// assert_eq!(pages[0].len(), 1);
/// # Ok::<(), digits::Error>(())
/// ```
pub fn pages(picture: &Picture) -> Vec<Vec<Vec<Candidate>>> {
    let page = |sheet: &Sheet| {
        let longest = sheet
            .groups
            .iter()
            .take(LARGE)
            .map(|group| group.area.long_side())
            .max()
            .unwrap_or(0);
        let of_size = |group: &&Group| group.area.long_side() as f32 >= SMALLEST * longest as f32;
        let digits = sheet
            .groups
            .iter()
            .filter(of_size)
            .map(|group| of_group(sheet, group, 0.0));
        digits.filter(|readings| !readings.is_empty()).collect::<Vec<_>>()
    };
    sheets(picture, Wanted::All)
        .iter()
        .map(page)
        .filter(|page| !page.is_empty())
        .collect()
}

fn of_sheet(sheet: &Sheet) -> Vec<Candidate> {
    let most = sheet.groups.first().map_or(1.0, |group| group.prominence);
    let prominence = |group: &Group| (sheet.clarity() * group.prominence / most).ln();
    let groups = groups_of(sheet).into_iter();
    groups
        .flat_map(|group| of_group(sheet, &group, prominence(&group)))
        .collect()
}

/// The groups that may be the digit, if there is one.
pub(super) fn groups_of(sheet: &Sheet) -> Vec<Group> {
    let paper = sheet.method().paper;
    if matches!(paper, Paper::Extreme(_)) {
        let whole = cropped::whole(sheet, MOST_STROKES);
        let closed = whole.as_ref().and_then(|whole| cut::closed(sheet, whole));
        return whole.into_iter().chain(closed).collect();
    }
    let mut groups: Vec<Group> = sheet.groups.iter().take(PROMINENT).cloned().collect();
    if paper == Paper::Border {
        // What was drawn without a speck may be one digit, however far its strokes lie apart.
        groups.extend(everything(&sheet.components, &sheet.groups, MOST_STROKES));
    } else {
        let closed = groups.iter().filter_map(|group| cut::closed(sheet, group));
        let mut closed: Vec<Group> = closed.collect();
        // Each of two groups may have been joined to the other.
        closed.dedup_by(|one, other| {
            one.labels.len() == other.labels.len()
                && one.labels.iter().all(|label| other.labels.contains(label))
        });
        groups.extend(closed);
    }
    groups
}

/// The group as it is, and by another pen if its strokes are unusual.
fn of_group(sheet: &Sheet, group: &Group, prominence: f32) -> Vec<Candidate> {
    let paper = sheet.method().paper;
    let found_by_threshold = paper != Paper::Border;
    let is_cropped = matches!(paper, Paper::Extreme(_));
    // What comes in from three sides of a photo is a shadow or a table.
    let from_outside = found_by_threshold && group.sides > 2;
    if group.area.long_side() < SHORTEST || from_outside {
        return Vec::new();
    }
    let mut stray = sheet.is_ruled(group);
    if let Paper::Around { polarity, .. } = paper {
        let outline = Outline::of(sheet, group);
        if group.sides > 0 && outline.fades() {
            return Vec::new();
        }
        stray |= outline.goes_on(polarity)
            || polarity == Polarity::LightOnDark && Outline::is_enclosed(sheet, group);
    }
    let ink = ink_of(sheet, group);
    let Some(image) = normalize(&ink) else {
        return Vec::new();
    };
    let long = group.area.long_side();
    let strokes = Strokes::of(&ink, !found_by_threshold);
    let width = strokes.width();
    // Shadows fall on all of a picture too.
    if is_cropped && width > WIDEST_CROPPED {
        return Vec::new();
    }
    // The group may be made of several of the sheet's.
    let about_as_large = sheet
        .groups
        .iter()
        .filter(|other| 2 * other.area.long_side() > long);
    let (own, others): (Vec<&Group>, Vec<&Group>) =
        about_as_large.partition(|other| group.labels.contains(&other.labels[0]));
    let candidate = |image: Array2<u8>, widened_to: Option<f32>| {
        let mass = image.iter().map(|&pixel| f32::from(pixel)).sum::<f32>() / 255.0;
        let off = (MASS.0 - mass).max(mass - MASS.1).max(0.0);
        let (worth, usual) = if found_by_threshold {
            (WIDENED_WORTH, 2.0)
        } else {
            (-REDRAWN_COST, NARROW_DRAWN)
        };
        let worth = match widened_to {
            Some(_) => worth,
            None if is_cropped => CROPPED_WORTH,
            None => 0.0,
        };
        let thin = (usual - widened_to.unwrap_or(width)).max(0.0);
        let cost = SIDE_COST * group.sides as f32
            + PART_COST * (group.labels.len() - 1) as f32
            + MASS_COST * off
            + NARROW_COST * thin;
        Candidate {
            image,
            area: sheet.in_file(&group.area),
            plausibility: prominence + worth - cost,
            method: sheet.method(),
            sides: group.sides,
            stray,
            parts: group.labels.len(),
            closed: group.closed,
            stroke_width: width,
            widened_to,
            groups: own.len().max(1),
            others: others.len(),
        }
    };
    let mut found = vec![candidate(image, None)];
    let narrow = if found_by_threshold { NARROW } else { NARROW_DRAWN };
    let to = match width {
        width if width < narrow => WIDENED,
        width if width > WIDE => NARROWED,
        _ => return found,
    };
    let widened = normalize(&strokes.made(to));
    found.extend(widened.map(|image| candidate(image, Some(to))));
    found
}

#[cfg(test)]
mod tests {
    use super::super::art::{drawn, enlarged};
    use super::*;
    use ndarray::s;

    /// The widths of strokes as found in a drawn 1 of the width `pen`, and what they were made.
    fn widths(pen: usize) -> Vec<(f32, Option<f32>)> {
        let mut page = Array2::<f32>::ones((120, 120));
        page.slice_mut(s![20..100, 60..60 + pen]).fill(0.0);
        let found = candidates(&Picture::grey(page));
        found
            .iter()
            .map(|found| (found.stroke_width, found.widened_to))
            .collect()
    }

    #[test]
    fn hair_thin_and_broad_strokes_are_read_by_another_pen_too() {
        for (pen, expected) in [(2, Some(WIDENED)), (10, None), (24, Some(NARROWED))] {
            let found = widths(pen);
            // A box of 20 pixels for the 80 of the stroke.
            let width = pen as f32 / 4.0;
            assert!(
                found
                    .iter()
                    .all(|(found, _)| (found - width).abs() < 0.2 + 0.1 * width),
                "{pen}: {found:?}"
            );
            assert_eq!(found.iter().find_map(|(_, to)| *to), expected, "{pen}: {found:?}");
        }
    }

    #[test]
    fn every_digit_of_a_row_has_candidates_of_its_own() {
        let row = enlarged(
            &drawn(&[
                "................",
                "..#....#....#...",
                "..#....#....#...",
                "..#....#....#...",
                "................",
            ]),
            12,
        );
        let pages = pages(&Picture::grey(1.0 - row));
        assert_eq!(pages[0].len(), 3);
        // Each is a 1, none of them all three, although together they are no longer than one.
        let mass = |image: &Array2<u8>| image.iter().map(|&ink| u32::from(ink)).sum::<u32>();
        for digit in &pages[0] {
            assert!(digit.iter().all(|candidate| mass(&candidate.image) < 255 * 150));
        }
        assert!(candidates(&Picture::grey(Array2::ones((60, 60)))).is_empty());
    }
}
