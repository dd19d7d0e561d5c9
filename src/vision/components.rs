//! Connected parts of what is ink.

use ndarray::{Array2, ArrayRef2, ArrayView1};

/// Rows and columns of a rectangle of pixels, the last ones excluded.
///
/// ```
/// use digits::vision::Area;
///
/// let area = Area { top: 1, left: 2, bottom: 4, right: 10 };
/// assert_eq!((area.height(), area.width(), area.long_side()), (3, 8, 8));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Behind the last row.
    pub bottom: usize,
    /// Behind the last column.
    pub right: usize,
}

impl Area {
    /// Number of rows.
    ///
    /// ```
    /// assert_eq!(digits::vision::Area { top: 1, left: 2, bottom: 4, right: 10 }.height(), 3);
    /// ```
    pub fn height(&self) -> usize {
        self.bottom - self.top
    }

    /// Number of columns.
    ///
    /// ```
    /// assert_eq!(digits::vision::Area { top: 1, left: 2, bottom: 4, right: 10 }.width(), 8);
    /// ```
    pub fn width(&self) -> usize {
        self.right - self.left
    }

    /// The larger of both.
    ///
    /// ```
    /// assert_eq!(digits::vision::Area { top: 1, left: 2, bottom: 4, right: 10 }.long_side(), 8);
    /// ```
    pub fn long_side(&self) -> usize {
        self.height().max(self.width())
    }

    /// The smallest area around both.
    pub(super) fn around(self, other: Self) -> Self {
        Self {
            top: self.top.min(other.top),
            left: self.left.min(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }

    /// Whether they share a pixel.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let rows = self.top.max(other.top) < self.bottom.min(other.bottom);
        rows && self.left.max(other.left) < self.right.min(other.right)
    }

    /// Whether all of the other area lies within this one.
    pub(super) fn holds(&self, other: &Self) -> bool {
        let rows = self.top <= other.top && other.bottom <= self.bottom;
        rows && self.left <= other.left && other.right <= self.right
    }

    /// The distance to another area in pixels, by rows or by columns, whichever is more; 0 if they touch.
    pub(super) fn gap(&self, other: &Self) -> usize {
        let down = (other.top.saturating_sub(self.bottom)).max(self.top.saturating_sub(other.bottom));
        let right = (other.left.saturating_sub(self.right)).max(self.left.saturating_sub(other.right));
        down.max(right)
    }
}

/// Ink that hangs together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Component {
    /// What [`Components::labels`] says where it is.
    pub(super) label: u32,
    /// Where it is.
    pub(super) area: Area,
    /// Number of its pixels.
    pub(super) pixels: usize,
    /// Sum of its pixels' ink.
    pub(super) mass: f32,
    /// How many of the picture's four sides it touches.
    pub(super) sides: usize,
}

/// All components of a picture.
#[derive(Debug, Clone)]
pub(super) struct Components {
    /// 0 for paper, else the component's label.
    pub(super) labels: Array2<u32>,
    /// In the order of their first pixels.
    pub(super) list: Vec<Component>,
}

impl Components {
    /// The components of the pixels whose ink is above `threshold`; pixels hang together also by their corners (union
    /// and find: Rosenfeld and Pfaltz, 1966, *Sequential Operations in Digital Picture Processing*).
    pub(super) fn of(ink: &ArrayRef2<f32>, threshold: f32) -> Self {
        let (rows, columns) = ink.dim();
        let mut labels = Array2::<u32>::zeros((rows, columns));
        // parents[label] leads to the smallest label of the same component; 0 is paper.
        let mut parents = vec![0_u32];
        let inked = |(row, line): (usize, ArrayView1<'_, f32>)| -> Vec<(usize, usize)> {
            let inked = line.iter().enumerate().filter(|&(_, &value)| value > threshold);
            inked.map(|(column, _)| (row, column)).collect()
        };
        for (row, column) in ink.outer_iter().enumerate().flat_map(inked) {
            let mut label = 0;
            let mut meet = |other: u32| {
                if other != 0 {
                    label = if label == 0 {
                        root(&mut parents, other)
                    } else {
                        join(&mut parents, label, other)
                    };
                }
            };
            if column > 0 {
                meet(labels[[row, column - 1]]);
            }
            if row > 0 {
                for above in column.saturating_sub(1)..(column + 2).min(columns) {
                    meet(labels[[row - 1, above]]);
                }
            }
            if label == 0 {
                label = parents.len() as u32;
                parents.push(label);
            }
            labels[[row, column]] = label;
        }
        Self::measured(ink, labels, &mut parents)
    }

    /// Numbers the components and measures them.
    fn measured(ink: &ArrayRef2<f32>, mut labels: Array2<u32>, parents: &mut [u32]) -> Self {
        let (rows, columns) = ink.dim();
        let mut numbers = vec![0_u32; parents.len()];
        let mut list: Vec<Component> = Vec::new();
        let lines = labels.outer_iter_mut().zip(ink.outer_iter()).enumerate();
        let pixels = lines.flat_map(|(row, (labels, ink))| {
            let pixels = labels.into_iter().zip(ink).enumerate();
            pixels.map(move |(column, (label, &value))| (row, column, label, value))
        });
        for (row, column, label, value) in pixels.filter(|(.., label, _)| **label != 0) {
            let here = Area {
                top: row,
                left: column,
                bottom: row + 1,
                right: column + 1,
            };
            let number = &mut numbers[root(parents, *label) as usize];
            if *number == 0 {
                *number = list.len() as u32 + 1;
                list.push(Component {
                    label: *number,
                    area: here,
                    pixels: 0,
                    mass: 0.0,
                    sides: 0,
                });
            }
            *label = *number;
            let component = &mut list[*number as usize - 1];
            component.area = component.area.around(here);
            component.pixels += 1;
            component.mass += value;
        }
        for component in &mut list {
            let Area {
                top,
                left,
                bottom,
                right,
            } = component.area;
            component.sides = [top == 0, left == 0, bottom == rows, right == columns]
                .into_iter()
                .filter(|&touches| touches)
                .count();
        }
        Self { labels, list }
    }
}

/// The label that stands for the component of `label`.
fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        let grandparent = parents[parents[label as usize] as usize];
        parents[label as usize] = grandparent;
        label = grandparent;
    }
    label
}

/// Makes one component of two; its label.
fn join(parents: &mut [u32], one: u32, other: u32) -> u32 {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other) as usize] = one.min(other);
    one.min(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn corners_connect_and_forks_meet() {
        let ink = array![
            [1.0, 0.0, 1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0, 0.5],
            [0.0, 0.0, 0.0, 0.0, 0.5],
            [0.0, 1.0, 0.0, 1.0, 0.0],
            [0.0, 0.2, 1.0, 0.2, 0.0],
        ];
        let components = Components::of(&ink, 0.3);
        let found: Vec<_> = components
            .list
            .iter()
            .map(|c| (c.label, c.pixels, c.sides))
            .collect();
        assert_eq!(found, [(1, 3, 2), (2, 5, 2)]);
        assert_eq!(
            components.list[1].area,
            Area {
                top: 1,
                left: 1,
                bottom: 5,
                right: 5
            }
        );
        assert!((components.list[1].mass - 4.0).abs() < 1e-6);
        assert_eq!(components.labels.row(3).to_vec(), [0, 2, 0, 2, 0]);
        assert_eq!(components.labels[[0, 2]], 1);
    }
}
