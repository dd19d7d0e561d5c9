//! The reading order of a picture's digits: line by line, from left to right, also on a page that lies a little askew.

use super::{Reading, Status};
use crate::vision::{Area, median};

/// The steepest lines that are looked for, rows to a column, and the steps between them: 15 degrees by half of one.
const STEEPEST: f32 = 0.27;
const STEP: f32 = 0.009;
/// How much better the digits must lie in lines askew than in level ones to be taken for lines askew.
const CLEARLY: f32 = 1.05;
/// Parts that the median digit's height is divided into for that.
const PARTS: f32 = 8.0;
/// How tall, and how wide, what is refused must be and may be beside the digits' median height to be in a digit's
/// place, or in that of two or three that hang together.
const AS_TALL: (f32, f32) = (0.6, 1.6);
const AS_WIDE: f32 = 3.0;

/// Lines of all digits and of what is refused in their midst. If there is no digit, what is refused first is all.
pub(super) fn lines(mut readings: Vec<Reading>) -> Vec<Vec<Reading>> {
    let is_digit = |reading: &Reading| reading.status != Status::NotADigit;
    let areas = readings
        .iter()
        .filter(|reading| is_digit(reading))
        .filter_map(area);
    let Some(height) = median(areas.map(|area| area.height() as f32).collect()) else {
        readings.truncate(1);
        return readings.into_iter().map(|reading| vec![reading]).collect();
    };
    readings
        .retain(|reading| is_digit(reading) || area(reading).is_some_and(|area| is_as_large(area, height)));
    let mut lines = in_lines(readings, height);
    lines.retain(|line| line.iter().any(is_digit));
    lines
}

fn area(reading: &Reading) -> Option<Area> {
    reading.candidate.as_ref().map(|candidate| candidate.area)
}

/// Whether that is as large as digits of that median height may be.
fn is_as_large(area: Area, height: f32) -> bool {
    let tall = area.height() as f32 / height;
    (AS_TALL.0..=AS_TALL.1).contains(&tall) && area.width() as f32 <= AS_WIDE * height
}

/// All readings that have a place, by lines. From the top down, each belongs to the line of the one before if its
/// middle lies above that one's bottom.
fn in_lines(readings: Vec<Reading>, height: f32) -> Vec<Vec<Reading>> {
    let mut placed: Vec<(Area, Reading)> = readings
        .into_iter()
        .filter_map(|reading| Some((area(&reading)?, reading)))
        .collect();
    let areas: Vec<Area> = placed.iter().map(|(area, _)| *area).collect();
    let slope = slope(&areas, height);
    let span = |area: &Area| span(area, slope);
    let middle = |area: &Area| span(area).iter().sum::<f32>() / 2.0;
    placed.sort_by(|(a, _), (b, _)| middle(a).total_cmp(&middle(b)));
    let mut lines: Vec<Vec<(Area, Reading)>> = Vec::new();
    for here in placed {
        match lines.last_mut() {
            Some(line)
                if line
                    .last()
                    .is_some_and(|(last, _)| middle(&here.0) < span(last)[1]) =>
            {
                line.push(here);
            }
            _ => lines.push(vec![here]),
        }
    }
    let by_columns = |mut line: Vec<(Area, Reading)>| {
        line.sort_by_key(|(area, _)| area.left);
        line.into_iter().map(|(_, reading)| reading).collect()
    };
    lines.into_iter().map(by_columns).collect()
}

/// First row and that behind the last one, where lines of that slope would be level.
fn span(area: &Area, slope: f32) -> [f32; 2] {
    let down = slope * (area.left + area.right) as f32 / 2.0;
    [area.top, area.bottom].map(|row| row as f32 - down)
}

/// How many rows the lines fall to a column: the slope with the sharpest profile of digits to a row (Postl, 1986,
/// *Detection of Linear Oblique Structures and Skew Scan in Digitized Documents*), 0 if no other is clearly better.
fn slope(areas: &[Area], height: f32) -> f32 {
    let steps = (STEEPEST / STEP) as i32;
    let level = sharpness(areas, 0.0, height);
    let slopes = (-steps..=steps).map(|step| step as f32 * STEP);
    let best = slopes
        .map(|slope| (sharpness(areas, slope, height), slope))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(sharpness, _)| *sharpness > CLEARLY * level)
        .map_or(0.0, |(_, slope)| slope)
}

/// The sum of squares of how many digits there are in every row.
fn sharpness(areas: &[Area], slope: f32, height: f32) -> f32 {
    let rows = areas
        .iter()
        .map(|area| span(area, slope).map(|row| (row * PARTS / height) as i64));
    let mut profile = std::collections::BTreeMap::new();
    for row in rows.flat_map(|[top, bottom]| top..bottom) {
        *profile.entry(row).or_insert(0.0_f32) += 1.0;
    }
    profile.values().map(|count| count * count).sum()
}
