//! Work on several threads whose result does not depend on how many there are.
//!
//! A batch is cut into **shards of a fixed number of rows**. Threads take shards in any order, but what the shards
//! yield is summed in the order of the shards, so that every thread count gives the same bits.

use crate::error::{Error, Result};
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Rows of a shard: small enough that a batch of 128 feeds two threads, large enough for fast matrix products.
///
/// ```
/// let batch = 128;
/// assert_eq!(batch / digits::parallel::SHARD_ROWS, 2);
/// ```
pub const SHARD_ROWS: usize = 64;

/// A pool of `threads` threads; 0 takes one per processor.
///
/// ```
/// let pool = digits::parallel::pool(2)?;
/// assert_eq!(pool.install(|| 6 * 7), 42);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::System`] if the system grants no threads.
pub fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|reason| Error::System {
            what: "cannot start threads",
            reason: reason.to_string(),
        })
}

/// Calls `work` with every shard and its index, on the threads of the current pool.
pub(crate) fn for_each_shard<S: Send>(shards: &mut [S], work: impl Fn(usize, &mut S) + Sync) {
    match shards {
        // One shard needs no other thread, and no hand-over to one.
        [only] => work(0, only),
        shards => shards
            .par_iter_mut()
            .enumerate()
            .for_each(|(index, shard)| work(index, shard)),
    }
}

/// Adds the arrays of all `others` to `first`, in their order; rows go to the threads of the current pool.
pub(crate) fn sum_in_order(first: &mut [Array2<f32>], others: &[&[Array2<f32>]]) {
    for (index, sum) in first.iter_mut().enumerate() {
        sum.axis_iter_mut(Axis(0))
            .into_par_iter()
            .with_min_len(32)
            .enumerate()
            .for_each(|(row, mut sum)| {
                for other in others {
                    sum += &other[index].row(row);
                }
            });
    }
}
