//! Which parts of the ink make one digit.

use super::components::{Area, Component, Components};
use super::marks::underlines;

/// Parts with less than this share of the largest part's ink are specks.
const SPECK: f32 = 0.015;
/// Parts with at least this share of the largest part's ink are strokes, which may lie further away.
const STROKE: f32 = 0.12;
/// How far strokes and smaller parts may lie away, in long sides of the largest part.
const STROKE_GAP: f32 = 0.25;
const SMALL_GAP: f32 = 0.1;
/// How near a part as tall as the largest must be beside it to be the same digit.
const TWIN_GAP: f32 = 0.04;
/// How much longer than its largest part a digit may be.
const GROWTH: f32 = 1.6;
/// How much longer than its first group all of a drawing may be, to be one digit.
const WHOLE_GROWTH: usize = 2;
/// What a part's ink counts for if it touches that many sides of the picture: tables and shadows do.
const SIDES: [f32; 5] = [1.0, 0.4, 0.1, 0.02, 0.01];
/// How much less ink counts in the picture's corners than in its middle.
const OFF_CENTRE: f32 = 0.7;
/// Length over thickness from which a straight part is a line somebody drew, or the edge of a sheet, if it also
/// touches a side.
const LINE: f32 = 12.0;

/// Parts that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// Labels of the parts.
    pub(super) labels: Vec<u32>,
    /// Around all of them.
    pub(super) area: Area,
    /// How much it stands out.
    pub(super) prominence: f32,
    /// How many sides of the picture one of its parts touches, at the most; 0 where that says nothing.
    pub(super) sides: usize,
    /// Whether its strokes are joined along the sides that it touches.
    pub(super) closed: bool,
}

/// All groups, the most prominent first, at most `most` of them. `rings`, which are drawn around other parts, are in
/// none.
pub(super) fn groups(components: &Components, rings: &[Component], most: usize) -> Vec<Group> {
    let (rows, columns) = components.labels.dim();
    let parts = components.list.iter().filter(|part| !rings.contains(part));
    let mut left: Vec<(f32, Component)> = parts
        .map(|component| (prominence(component, rows, columns), *component))
        .collect();
    left.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut groups = Vec::new();
    while groups.len() < most && !left.is_empty() {
        let (prominence, main) = left.remove(0);
        let mut group = Group {
            labels: vec![main.label],
            area: main.area,
            prominence,
            sides: main.sides,
            closed: false,
        };
        // Every part that joins may bring others within reach.
        loop {
            let before = group.labels.len();
            left.retain(|(_, part)| {
                let joins = joins(&main, &group, part);
                if joins {
                    group.labels.push(part.label);
                    group.area = group.area.around(part.area);
                }
                !joins
            });
            if group.labels.len() == before {
                break;
            }
        }
        groups.push(group);
    }
    groups
}

/// All parts as one group, as prominent as the first of `groups`; none if that has them all, or is small beside
/// them, or if there are more than `most` parts.
pub(super) fn everything(components: &Components, groups: &[Group], most: usize) -> Option<Group> {
    let (first, parts) = (groups.first()?, &components.list);
    if first.labels.len() == parts.len() || parts.len() > most {
        return None;
    }
    let area = parts.iter().map(|part| part.area).reduce(Area::around)?;
    (area.long_side() <= WHOLE_GROWTH * first.area.long_side()).then_some(())?;
    Some(Group {
        labels: parts.iter().map(|part| part.label).collect(),
        area,
        prominence: first.prominence,
        sides: parts.iter().map(|part| part.sides).max()?,
        closed: false,
    })
}

/// All parts that are no specks as one group, as prominent as the first of `groups`, as if it touched no side; none
/// if there is no part.
pub(super) fn all_but_specks(components: &Components, groups: &[Group]) -> Option<Group> {
    let parts = &components.list;
    let largest = parts.iter().map(|part| part.mass).fold(0.0, f32::max);
    let strokes: Vec<&Component> = parts.iter().filter(|part| part.mass >= SPECK * largest).collect();
    Some(Group {
        labels: strokes.iter().map(|part| part.label).collect(),
        area: strokes.iter().map(|part| part.area).reduce(Area::around)?,
        prominence: groups.first()?.prominence,
        sides: 0,
        closed: false,
    })
}

fn prominence(part: &Component, rows: usize, columns: usize) -> f32 {
    let off = |start: usize, end: usize, length: usize| ((start + end) as f32 / length as f32 - 1.0).powi(2);
    let off_centre = (0.5
        * (off(part.area.top, part.area.bottom, rows) + off(part.area.left, part.area.right, columns)))
    .sqrt();
    part.mass * SIDES[part.sides] * (1.0 - OFF_CENTRE * off_centre) * if is_line(part) { 0.1 } else { 1.0 }
}

/// Whether the part is a line somebody drew, or the edge of a sheet, rather than a stroke.
pub(super) fn is_line(part: &Component) -> bool {
    let (long, short) = (
        part.area.long_side() as f32,
        part.area.height().min(part.area.width()),
    );
    let thickness = part.pixels as f32 / long;
    part.sides > 0 && long > LINE * thickness && long > LINE * short as f32
}

/// Whether `part` belongs to the group around `main`.
fn joins(main: &Component, group: &Group, part: &Component) -> bool {
    let long = main.area.long_side() as f32;
    if part.mass < SPECK * main.mass || part.sides > main.sides {
        return false;
    }
    if underlines(&part.area, &main.area) || underlines(&main.area, &part.area) {
        return false;
    }
    let together = group.area.around(part.area);
    if together.long_side() as f32 > GROWTH * long {
        return false;
    }
    let gap = group.area.gap(&part.area) as f32;
    let beside = part.area.left >= group.area.right || part.area.right <= group.area.left;
    let tall = part.area.height() as f32 > 0.6 * main.area.height() as f32;
    let reach = if beside && tall && part.mass > 2.0 * STROKE * main.mass {
        TWIN_GAP
    } else if part.mass >= STROKE * main.mass {
        STROKE_GAP
    } else {
        SMALL_GAP
    };
    gap <= (reach * long).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::art::drawn;
    use super::*;

    /// How many parts each group has that is found, the most prominent first.
    fn parts(lines: &[&str]) -> Vec<usize> {
        let groups = groups(&Components::of(&drawn(lines), 0.2), &[], 16);
        groups.iter().map(|group| group.labels.len()).collect()
    }

    #[test]
    fn broken_strokes_belong_together_and_neighbours_do_not() {
        let broken_five = [
            "................",
            "....#.######....",
            "....#...........",
            "....#...........",
            "....######......",
            ".........##.....",
            "..........#.....",
            ".........##.....",
            "....#####.......",
            "................",
        ];
        assert_eq!(parts(&broken_five), [2]);
        let two_digits = [
            "....................",
            "...#........####....",
            "...#...........#....",
            "...#........####....",
            "...#........#.......",
            "...#........####....",
            "....................",
        ];
        assert_eq!(parts(&two_digits), [1, 1]);
    }

    #[test]
    fn what_comes_in_from_a_side_is_less_prominent() {
        let shadow_and_one = [
            "####............",
            "####............",
            "####.....#......",
            "####.....#......",
            "####.....#......",
            "####.....#......",
            "####............",
        ];
        let components = Components::of(&drawn(&shadow_and_one), 0.2);
        let groups = groups(&components, &[], 16);
        assert_eq!((groups[0].area.left, groups[0].sides), (9, 0));
    }
}
