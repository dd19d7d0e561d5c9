//! Pictures that were cut close to a digit, as boxes around digits are. Its strokes touch their sides, and may leave
//! so little paper that no estimate of its shade around every pixel would be one of paper.

use super::{Map, Place, Sheet, Wanted};
use crate::vision::grouping::{Group, all_but_specks};
use crate::vision::ink::border_of;
use crate::vision::marks::Known;
use crate::vision::paper::difference;
use crate::vision::picture::Picture;
use crate::vision::{Paper, Polarity, contrast, otsu};
use std::sync::Arc;

/// How much of the picture's height and width the digit takes: soft edges may lie below the threshold.
const ACROSS: f32 = 0.8;
/// Share of the picture's border from which ink on it is no digit's, but a frame's, or a table's around paper.
const FRAME: f32 = 0.75;
/// Difference between the lightest and the darkest shade below which there is nothing.
const LEAST_RANGE: f32 = 0.05;
/// Pictures narrower than this, in pixels, are all sides: whatever is in them reaches across.
const NARROWEST: usize = 2;
/// How far around ink there is paper, in shares of the picture's long side; which share of its difference from the
/// picture's extreme shade ink has from that paper; and how much of it has that at least. (Of 39,000 cropped digits
/// that were made of MNIST's training images none is lost by these shares.)
const AROUND: f32 = 0.2;
const STEP: f32 = 0.5;
const STEEP: f32 = 0.2;

/// The picture's ink if the paper has its lightest shade, and if it has its darkest, where ink touches the border as
/// a digit may: above the threshold of Otsu's method, since there may be as much ink as paper.
pub(super) fn sheets(picture: &Picture, origin: (usize, usize)) -> Vec<Sheet> {
    let shades = || picture.grey.iter().copied();
    let (darkest, lightest) = (shades().fold(1.0, f32::min), shades().fold(0.0, f32::max));
    let range = lightest - darkest;
    let (rows, columns) = picture.grey.dim();
    if range < LEAST_RANGE || rows.min(columns) < NARROWEST {
        return Vec::new();
    }
    let light = picture.grey.mapv(|shade| (shade - darkest) / range);
    let threshold = otsu(&light, 0.0);
    let border = border_of(&light);
    let share = border.iter().filter(|&&light| light > threshold).count() as f32 / border.len() as f32;
    let of = |(polarity, threshold, inked): (Polarity, f32, f32)| {
        if inked == 0.0 || inked >= FRAME {
            return None;
        }
        let map = Map {
            channel: "luma",
            paper: Paper::Extreme(polarity),
            rules: 0,
            shades: picture.grey.clone(),
            contrast: match polarity {
                Polarity::DarkOnLight => 1.0 - &light,
                Polarity::LightOnDark => light.clone(),
            },
            clarity: 1.0,
            bands: None,
        };
        Some(Sheet::new(
            &Arc::new(map),
            Place::of(picture, origin),
            threshold,
            Wanted::One,
            &Known::default(),
        ))
    };
    let both = [
        (Polarity::DarkOnLight, 1.0 - threshold, 1.0 - share),
        (Polarity::LightOnDark, threshold, share),
    ];
    both.into_iter().filter_map(of).collect()
}

/// All the ink of such a sheet but specks, if it reaches across the picture as one digit may, in at most so many
/// `strokes`, with no ring around others, and is no shade.
pub(in crate::vision) fn whole(sheet: &Sheet, strokes: usize) -> Option<Group> {
    let group = all_but_specks(&sheet.components, &sheet.groups)?;
    let (rows, columns) = sheet.components.labels.dim();
    let across = |length: usize, of: usize| length as f32 >= ACROSS * of as f32;
    let fits = across(group.area.height(), rows)
        && across(group.area.width(), columns)
        && group.labels.len() <= strokes
        && sheet.rings.is_empty();
    (fits && has_paper_around(sheet, &group)).then_some(group)
}

/// Whether ink differs from what lies around it: a shadow, or light that falls off, differs only from the other end of
/// the picture.
fn has_paper_around(sheet: &Sheet, group: &Group) -> bool {
    let shades = sheet.shades();
    let Some(polarity) = sheet.method().paper.polarity() else {
        return true;
    };
    let reach = AROUND * shades.nrows().max(shades.ncols()) as f32;
    let contrasts = contrast(shades, polarity, reach.ceil() as usize);
    let extreme = match polarity {
        Polarity::DarkOnLight => shades.iter().copied().fold(0.0, f32::max),
        Polarity::LightOnDark => shades.iter().copied().fold(1.0, f32::min),
    };
    let pixels = sheet.components.labels.iter().zip(shades).zip(&contrasts);
    let of_group = pixels.filter(|((label, _), _)| group.labels.contains(label));
    let (all, steep) = of_group.fold((0, 0), |(all, steep), ((_, &shade), &contrast)| {
        let step = difference(shade, contrast, polarity);
        (
            all + 1,
            steep + usize::from(step >= STEP * (shade - extreme).abs()),
        )
    });
    steep as f32 >= STEEP * all as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::art::{drawn, enlarged};
    use ndarray::Array2;

    /// What is taken for all of the picture's one digit, by the polarity.
    fn wholes(lines: &[&str]) -> Vec<Polarity> {
        let ink = enlarged(&drawn(lines), 10);
        let found = sheets(&Picture::grey(0.8 - 0.7 * ink), (0, 0));
        let found = found.iter().filter(|sheet| whole(sheet, 8).is_some());
        found
            .filter_map(|sheet| sheet.method().paper.polarity())
            .collect()
    }

    #[test]
    fn a_digit_reaches_across_the_picture_and_a_frame_surrounds_it() {
        let seven = ["#####", "...##", "..##.", ".##..", ".##.."];
        assert_eq!(wholes(&seven)[0], Polarity::DarkOnLight);
        let frame = ["#####", "#...#", "#...#", "#...#", "#####"];
        assert!(wholes(&frame).is_empty());
        let small = [".....", "..#..", "..#..", "..#..", "....."];
        assert!(wholes(&small).is_empty());
        // Light that falls off towards a corner, with something small in it.
        let shade = Array2::from_shape_fn((120, 100), |(row, column)| {
            let ink = (50..70).contains(&row) && (48..52).contains(&column);
            (0.8 - 0.004 * (row as f32).max(column as f32)) * if ink { 0.5 } else { 1.0 }
        });
        let found = sheets(&Picture::grey(shade), (0, 0));
        assert!(!found.is_empty() && found.iter().all(|sheet| whole(sheet, 8).is_none()));
        let corner = ["##...", "##...", ".....", ".....", "....."];
        assert!(!wholes(&corner).contains(&Polarity::DarkOnLight));
    }
}
