//! The ink of pictures that need no guessing: drawn, not photographed.

use super::{Grey, median};
use ndarray::{Array2, s};

/// Share of the border that has exactly one shade where a border is called constant. If the picture was cut close,
/// the digit touches the rest.
const CONSTANT: f32 = 0.5;
/// Differences from the paper up to this may be grain, if such a share of the border has them: the soft edges of
/// strokes, which touch the borders of some of MNIST's images, are on less.
const GRAIN: f32 = 0.04;
const GRAINY: f32 = 0.025;
/// How many times as strong as the border's the grain around the strokes may be, and the most it may be as a share of
/// the strongest ink.
const STRONGER: f32 = 2.0;
const MOST_GRAIN: f32 = 0.15;

/// The ink of a picture whose border has one shade (but for ink that touches it), of its shape, each in 0..=1: as
/// strong as each pixel differs from that shade, and unstretched; 0 where that is no more than twice the grain that
/// compression or a scanner left on the border. `None` without such a border, or without a pixel.
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
    let border = border_of(grey);
    let paper = median(border.clone())?;
    let of_one_shade = border
        .iter()
        .filter(|shade| shade.to_bits() == paper.to_bits())
        .count();
    if (of_one_shade as f32) < CONSTANT * border.len() as f32 {
        return None;
    }
    let mut ink = grey.mapv(|shade| (shade - paper).abs());
    let differences: Vec<f32> = border.iter().map(|shade| (shade - paper).abs()).collect();
    if let Some(grain) = grain(&differences) {
        let strongest = ink.iter().copied().fold(0.0, f32::max);
        let least = (STRONGER * grain).min(MOST_GRAIN * strongest);
        ink.mapv_inplace(|ink| if ink > least { ink } else { 0.0 });
    }
    Some(ink)
}

/// The strongest grain among differences of the `border` from the paper, if there is more of it than of ink.
fn grain(border: &[f32]) -> Option<f32> {
    let grains = || border.iter().copied().filter(|&ink| ink > 0.0 && ink <= GRAIN);
    let inked = border.iter().filter(|&&ink| ink > GRAIN).count();
    (grains().count() > inked && grains().count() as f32 >= GRAINY * border.len() as f32)
        .then(|| grains().fold(0.0, f32::max))
}

/// The outermost pixels.
pub(super) fn border_of(grey: &Grey) -> Vec<f32> {
    let rows = [s![..1, ..], s![-1.., ..]].map(|side| grey.slice(side));
    let columns = [s![.., ..1], s![.., -1..]].map(|side| grey.slice(side));
    rows.iter().chain(&columns).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stroke that touches the border, and what a JPEG's compression leaves around it.
    #[test]
    fn grain_is_no_ink_but_the_soft_edge_of_a_stroke_is() {
        let mut page = Array2::<f32>::zeros((20, 20));
        page.slice_mut(s![..12, 9..11]).fill(1.0);
        page[[0, 8]] = 0.02;
        page[[0, 11]] = 0.04;
        assert_eq!(plain_ink(&page).as_ref(), Some(&page));

        let mut noisy = page.clone();
        for place in [[19, 0], [19, 3], [0, 2], [7, 19], [15, 15]] {
            noisy[place] = 0.02;
        }
        let ink = plain_ink(&noisy).expect("most of the border is 0");
        assert_eq!(ink.iter().filter(|&&ink| ink > 0.0).count(), 24);
    }
}
