//! Batch normalisation: every channel gets the mean and spread that the layer has learned, whatever the weights
//! before it do (Ioffe & Szegedy, 2015, *Batch Normalization*).
//!
//! | symbol     | shape          | meaning                                                          |
//! |------------|----------------|------------------------------------------------------------------|
//! | `x`        | (B, P·C + 1)   | P pixels of C channels, last column 1                            |
//! | `x̂`        | (B, P·C)       | (x − mean) / √(variance + ε), mean and variance those of a channel |
//! | `y`        | (B, P·C + 1)   | scale·x̂ + shift, last column 1                                   |
//! | `dy`, `dx` | (B, P·C)       | ∂E/∂y, ∂E/∂x                                                     |
//! | `w`        | (C, 2)         | scale and shift: the weight and the bias of each channel         |
//!
//! While training, mean and variance are those of a shard, as if each shard were a batch ("ghost batch
//! normalisation": Hoffer et al., 2017, *Train longer, generalize better*): so shards need not wait for each other,
//! and their number depends on the batch alone. Within a shard, deviations from the running mean are summed in 32
//! bits, in as many lanes as a tile has places for a channel, and the lanes in 64; so is what shards have found. A
//! finished network uses running averages, and [`super::Network::folded`] merges the layer into the one before.

use super::Matrix;
use crate::vectorize::vectorized;
use ndarray::{Array2, ArrayView2};

/// Added to a variance, so that a channel that is always the same can be divided by its spread.
pub(crate) const EPSILON: f64 = 1e-5;
/// How far the running averages go towards a batch's.
const MOMENTUM: f32 = 0.1;
/// Least length of a tile, the channels' numbers repeated: loops over a few channels alone would mostly begin and end.
const TILE: usize = 256;

/// Rows of the buffer of [`Normalization::kept`].
const MEAN: usize = 0;
const VARIANCE: usize = 1;
const FACTOR: usize = 2;
const SUMMAND: usize = 3;
const SUMS: usize = 4;
const PRODUCTS: usize = 5;
const SLOPE: usize = 6;
const ROWS: usize = 7;

/// Batch normalisation of `C` channels.
///
/// ```
/// use digits::nn::Normalization;
///
/// let layer = Normalization::new(16);
/// assert_eq!(layer.weights().row(3).to_vec(), [1.0, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Normalization {
    /// wᵀ, shape (2, C): scales, then shifts.
    pub(super) w_transposed: Matrix,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

impl Normalization {
    /// A layer of `channels` channels that changes nothing yet: scales 1, shifts 0, running means 0 and variances 1.
    ///
    /// ```
    /// assert_eq!(digits::nn::Normalization::new(16).weights().dim(), (16, 2));
    /// ```
    pub fn new(channels: usize) -> Self {
        let mut w_transposed = Matrix::zeros(2, channels);
        w_transposed.view_mut().row_mut(0).fill(1.0);
        Self {
            w_transposed,
            mean: vec![0.0; channels],
            variance: vec![1.0; channels],
        }
    }

    /// A layer of the given weights, shape (C, 2), running means and running variances, which are at least 0. `None` if
    /// these do not belong together.
    ///
    /// ```
    /// use digits::nn::Normalization;
    ///
    /// let weights = ndarray::array![[2.0, 1.0]];
    /// assert!(Normalization::of(&weights, vec![0.5], vec![4.0]).is_some());
    /// assert!(Normalization::of(&weights, vec![0.5], vec![-4.0]).is_none());
    /// ```
    pub fn of(weights: &Array2<f32>, mean: Vec<f32>, variance: Vec<f32>) -> Option<Self> {
        let fits = weights.dim() == (mean.len(), 2) && mean.len() == variance.len() && !mean.is_empty();
        let sound = mean.iter().all(|mean| mean.is_finite())
            && variance
                .iter()
                .all(|&variance| variance.is_finite() && variance >= 0.0);
        (fits && sound).then(|| Self {
            w_transposed: Matrix::of(&weights.t()),
            mean,
            variance,
        })
    }

    /// Scale and shift of each channel, shape (C, 2).
    ///
    /// ```
    /// assert_eq!(digits::nn::Normalization::new(1).weights(), ndarray::array![[1.0, 0.0]]);
    /// ```
    pub fn weights(&self) -> ArrayView2<'_, f32> {
        self.w_transposed.view().reversed_axes()
    }

    /// Running mean and variance of each channel.
    ///
    /// ```
    /// assert_eq!(digits::nn::Normalization::new(1).statistics(), (&[0.0][..], &[1.0][..]));
    /// ```
    pub fn statistics(&self) -> (&[f32], &[f32]) {
        (&self.mean, &self.variance)
    }

    /// Number of channels.
    pub(super) fn channels(&self) -> usize {
        self.mean.len()
    }

    /// Room for what a shard keeps: the statistics of its channels, and tiles to work with.
    pub(super) fn kept(&self) -> Matrix {
        Matrix::zeros(ROWS, self.channels() * TILE.div_ceil(self.channels()))
    }

    /// Factor and summand of each channel by the running statistics: y = factor·x + summand.
    pub(super) fn factors(&self) -> Vec<[f32; 2]> {
        let statistics = self.mean.iter().zip(&self.variance);
        let channels = statistics.zip(self.w_transposed.row(0).iter().zip(self.w_transposed.row(1)));
        channels
            .map(|((&mean, &variance), (&scale, &shift))| {
                let factor = f64::from(scale) * inverse_deviation(variance);
                [
                    factor as f32,
                    (f64::from(shift) - f64::from(mean) * factor) as f32,
                ]
            })
            .collect()
    }

    /// y by the running statistics, for the first `rows` rows.
    pub(super) fn forward(&self, rows: usize, x: &Matrix, y: &mut Matrix, kept: &mut Matrix) {
        for (channel, [factor, summand]) in self.factors().into_iter().enumerate() {
            repeat(kept, FACTOR, self.channels(), channel, factor);
            repeat(kept, SUMMAND, self.channels(), channel, summand);
        }
        scale_rows(rows, x, y, kept);
    }

    /// y by the statistics of these `rows` rows themselves, which are kept.
    pub(super) fn forward_training(&self, rows: usize, x: &Matrix, y: &mut Matrix, kept: &mut Matrix) {
        let channels = self.channels();
        let width = x.dim().1 - 1;
        // Deviations are taken from the running mean, which is close: squares of small numbers lose no digits.
        for (channel, &mean) in self.mean.iter().enumerate() {
            repeat(kept, MEAN, channels, channel, mean);
        }
        let count = (rows * width / channels).max(1) as f64;
        let [mean, sums, squares] = cleared_sums(kept);
        for row in 0..rows {
            add_moments(&x.row(row)[..width], mean, sums, squares);
        }
        for channel in 0..channels {
            let [sum, squares] = [SUMS, PRODUCTS].map(|row| total(kept, row, channels, channel));
            let deviation = sum / count;
            let mean = f64::from(self.mean[channel]) + deviation;
            let variance = (squares / count - deviation * deviation).max(0.0) as f32;
            let factor = f64::from(self.w_transposed.row(0)[channel]) * inverse_deviation(variance);
            let summand = f64::from(self.w_transposed.row(1)[channel]) - mean * factor;
            repeat(kept, MEAN, channels, channel, mean as f32);
            repeat(kept, VARIANCE, channels, channel, variance);
            repeat(kept, FACTOR, channels, channel, factor as f32);
            repeat(kept, SUMMAND, channels, channel, summand as f32);
        }
        scale_rows(rows, x, y, kept);
    }

    /// dx and dw from dy, given x and what [`Normalization::forward_training`] has kept. Mean and variance depend on
    /// every x: dx = factor·(dy − mean of dy − x̂·mean of dy·x̂).
    pub(super) fn backward(
        &self,
        rows: usize,
        [x, dy]: [&Matrix; 2],
        dx: Option<&mut Matrix>,
        kept: &mut Matrix,
        dw: &mut Matrix,
    ) {
        let channels = self.channels();
        let width = dy.dim().1;
        let count = (rows * width / channels).max(1) as f64;
        let [mean, sums, products] = cleared_sums(kept);
        for row in 0..rows {
            add_products(&x.row(row)[..width], dy.row(row), mean, sums, products);
        }
        for channel in 0..channels {
            let inverse = inverse_deviation(kept.row(VARIANCE)[channel]);
            let factor = f64::from(kept.row(FACTOR)[channel]);
            let mean = f64::from(kept.row(MEAN)[channel]);
            let shift = total(kept, SUMS, channels, channel);
            let scale = total(kept, PRODUCTS, channels, channel) * inverse;
            let mut dw = dw.view_mut();
            (dw[[0, channel]], dw[[1, channel]]) = (scale as f32, shift as f32);
            // dx = factor·dy + slope·x + summand
            let slope = -factor * scale * inverse / count;
            repeat(kept, SLOPE, channels, channel, slope as f32);
            repeat(
                kept,
                SUMMAND,
                channels,
                channel,
                (-factor * shift / count - slope * mean) as f32,
            );
        }
        let tiles = [FACTOR, SLOPE, SUMMAND].map(|row| kept.row(row));
        for (row, dx) in dx.into_iter().flat_map(|dx| dx.rows_mut(rows)).enumerate() {
            pass_back(&x.row(row)[..width], dy.row(row), tiles, dx);
        }
    }

    /// Moves the running averages towards the statistics of a batch, which its shards have `kept`, each of so many
    /// rows: the variance of all is the mean of the shards' and the variance of their means.
    pub(super) fn update_statistics<'a>(
        &mut self,
        shards: &(impl Iterator<Item = (usize, &'a Matrix)> + Clone),
    ) {
        let rows: usize = shards.clone().map(|(rows, _)| rows).sum();
        for channel in 0..self.channels() {
            let average = |of: &dyn Fn(&Matrix) -> f64| {
                let sum: f64 = shards.clone().map(|(rows, kept)| rows as f64 * of(kept)).sum();
                sum / rows.max(1) as f64
            };
            let mean = average(&|kept| f64::from(kept.row(MEAN)[channel]));
            let variance = average(&|kept| {
                f64::from(kept.row(VARIANCE)[channel]) + (f64::from(kept.row(MEAN)[channel]) - mean).powi(2)
            });
            self.mean[channel] += MOMENTUM * (mean as f32 - self.mean[channel]);
            self.variance[channel] += MOMENTUM * (variance as f32 - self.variance[channel]);
        }
    }

    /// Moves the running averages towards those of `other`, by `share` of the way.
    pub(super) fn move_towards(&mut self, other: &Self, share: f32) {
        let statistics = self.mean.iter_mut().zip(&other.mean);
        for (own, other) in statistics.chain(self.variance.iter_mut().zip(&other.variance)) {
            *own += share * (other - *own);
        }
    }
}

/// y = factor·x + summand by the tiles of these, for the first `rows` rows.
fn scale_rows(rows: usize, x: &Matrix, y: &mut Matrix, kept: &Matrix) {
    for (row, y) in y.rows_mut(rows).enumerate() {
        let width = y.len() - 1;
        let (x, y) = (&x.row(row)[..width], &mut y[..width]);
        scale(x, kept.row(FACTOR), kept.row(SUMMAND), y);
    }
}

/// 1 / √(variance + ε)
fn inverse_deviation(variance: f32) -> f64 {
    1.0 / (f64::from(variance) + EPSILON).sqrt()
}

/// The tile of means, and the tiles of the two sums, which are set to 0.
fn cleared_sums(kept: &mut Matrix) -> [&mut [f32]; 3] {
    let (stride, length) = (kept.stride(), kept.dim().1);
    let (means, sums) = kept.padded_mut().split_at_mut(SUMS * stride);
    sums.fill(0.0);
    let (sums, products) = sums.split_at_mut(stride);
    [
        &mut means[MEAN * stride..][..length],
        &mut sums[..length],
        &mut products[..length],
    ]
}

/// The sum of all places of `channel` in the tile `row`.
fn total(kept: &Matrix, row: usize, channels: usize, channel: usize) -> f64 {
    kept.row(row)
        .iter()
        .skip(channel)
        .step_by(channels)
        .map(|&sum| f64::from(sum))
        .sum()
}

/// Writes `number` to all places of `channel` in the tile `row`.
fn repeat(kept: &mut Matrix, row: usize, channels: usize, channel: usize, number: f32) {
    let mut kept = kept.view_mut();
    kept.row_mut(row)
        .iter_mut()
        .skip(channel)
        .step_by(channels)
        .for_each(|place| *place = number);
}

vectorized! {
    /// sums += x − mean, squares += (x − mean)²
    fn add_moments(x: &[f32], mean: &[f32], sums: &mut [f32], squares: &mut [f32]) {
        for x in x.chunks(mean.len()) {
            for (((x, mean), sum), square) in x.iter().zip(mean).zip(sums.iter_mut()).zip(squares.iter_mut()) {
                let deviation = x - mean;
                *sum += deviation;
                *square += deviation * deviation;
            }
        }
    }
}

vectorized! {
    /// sums += dy, products += dy·(x − mean)
    fn add_products(x: &[f32], dy: &[f32], mean: &[f32], sums: &mut [f32], products: &mut [f32]) {
        for (x, dy) in x.chunks(mean.len()).zip(dy.chunks(mean.len())) {
            let places = mean.iter().zip(sums.iter_mut()).zip(products.iter_mut());
            for ((x, dy), ((mean, sum), product)) in x.iter().zip(dy).zip(places) {
                *sum += dy;
                *product += dy * (x - mean);
            }
        }
    }
}

vectorized! {
    /// y = factor·x + summand
    fn scale(x: &[f32], factor: &[f32], summand: &[f32], y: &mut [f32]) {
        for (x, y) in x.chunks(factor.len()).zip(y.chunks_mut(factor.len())) {
            for (((x, y), factor), summand) in x.iter().zip(y).zip(factor).zip(summand) {
                *y = factor * x + summand;
            }
        }
    }
}

vectorized! {
    /// dx = factor·dy + slope·x + summand
    fn pass_back(x: &[f32], dy: &[f32], tiles: [&[f32]; 3], dx: &mut [f32]) {
        let [factor, slope, summand] = tiles;
        let length = factor.len();
        for ((x, dy), dx) in x.chunks(length).zip(dy.chunks(length)).zip(dx.chunks_mut(length)) {
            let tiles = factor.iter().zip(slope).zip(summand);
            for (((x, dy), dx), ((factor, slope), summand)) in x.iter().zip(dy).zip(dx).zip(tiles) {
                *dx = factor * dy + slope * x + summand;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers (rows, 40·3) of three channels, and the layer's column of ones.
    fn inputs(rows: usize, seed: usize) -> Matrix {
        let numbers = Array2::from_shape_fn((rows, 121), |(row, column)| {
            let number = ((row * 121 + column + seed) * 7919 % 1009) as f32 / 500.0;
            if column == 120 {
                1.0
            } else {
                number + 5.0 * (column % 3) as f32
            }
        });
        Matrix::of(&numbers.view())
    }

    #[test]
    fn channels_get_the_learned_mean_and_spread_and_averages_those_of_all_shards() {
        let weights = ndarray::array![[1.0, 0.0], [2.0, 3.0], [0.5, -1.0]];
        let mut layer = Normalization::of(&weights, vec![0.0; 3], vec![1.0; 3]).unwrap();
        let shards = [inputs(4, 1), inputs(2, 77)];
        let mut kept = [layer.kept(), layer.kept()];
        for (x, kept) in shards.iter().zip(&mut kept) {
            let rows = x.dim().0;
            let mut y = Matrix::zeros(rows, 121);
            layer.forward_training(rows, x, &mut y, kept);
            for (channel, weights) in weights.outer_iter().enumerate() {
                let y = y.view().slice_move(ndarray::s![.., ..120]);
                let y = y.slice(ndarray::s![.., channel..;3]);
                let (mean, deviation) = (y.mean().unwrap(), y.std(0.0));
                assert!((mean - weights[1]).abs() < 1e-4 && (deviation - weights[0]).abs() < 1e-4);
            }
        }
        for _ in 0..200 {
            layer.update_statistics(&kept.iter().zip([4, 2]).map(|(kept, rows)| (rows, kept)));
        }
        for channel in 0..3 {
            let all: ndarray::Array1<f32> = shards
                .iter()
                .flat_map(|x| {
                    let x = x.view().slice_move(ndarray::s![.., ..120]);
                    x.slice(ndarray::s![.., channel..;3])
                        .iter()
                        .copied()
                        .collect::<Vec<_>>()
                })
                .collect();
            assert!((layer.mean[channel] - all.mean().unwrap()).abs() < 1e-4);
            assert!((layer.variance[channel] - all.var(0.0)).abs() < 1e-4);
        }
    }
}
