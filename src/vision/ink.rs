//! The ink of pictures that need no guessing: drawn, not photographed.

use super::Grey;
use ndarray::{Array2, s};

/// Share of the border that has exactly one shade where a border is called constant: a digit touches it on all sides if the picture was
/// cut close.
const CONSTANT: f32 = 0.5;

/// The ink of a picture whose border has one shade (but for ink that touches it), of its shape, each in 0..=1: as strong as each
/// pixel differs from that shade, and unstretched. `None` without such a border, or without a pixel.
///
/// ```
/// use ndarray::array;
///
/// let picture = array![[1.0, 1.0, 1.0], [1.0, 0.25, 1.0], [1.0, 1.0, 1.0]];
/// let ink = digits::vision::plain_ink(&picture).expect("white all around");
/// assert_eq!(ink, array![[0.0, 0.0, 0.0], [0.0, 0.75, 0.0], [0.0, 0.0, 0.0]]);
/// assert_eq!(digits::vision::plain_ink(&array![[0.1, 0.2], [0.3, 0.4]]), None);
/// ```
pub fn plain_ink(grey: &Grey) -> Option<Array2<f32>> {
    if grey.is_empty() {
        return None;
    }
    let mut border = border_of(grey);
    let middle = border.len() / 2;
    let paper = *border.select_nth_unstable_by(middle, f32::total_cmp).1;
    let of_one_shade = border
        .iter()
        .filter(|shade| shade.to_bits() == paper.to_bits())
        .count();
    (of_one_shade as f32 >= CONSTANT * border.len() as f32).then(|| grey.mapv(|shade| (shade - paper).abs()))
}

/// The outermost pixels.
pub(super) fn border_of(grey: &Grey) -> Vec<f32> {
    let rows = [s![..1, ..], s![-1.., ..]].map(|side| grey.slice(side));
    let columns = [s![.., ..1], s![.., -1..]].map(|side| grey.slice(side));
    rows.iter().chain(&columns).flatten().copied().collect()
}
