//! Work on several threads whose result does not depend on how many there are.
//!
//! A batch is cut into **shards** whose number of rows depends on the batch alone. Threads take shards in any order, but
//! what the shards yield is summed in the order of the shards, so that every thread count gives the same bits.

use crate::error::{Error, Result};
use rayon::prelude::*;

/// Rows of a shard of a batch of `batch`: a quarter, so that some threads have work to share, but from 16, below which
/// matrix products slow down, to 64, above which they gain nothing.
///
/// ```
/// assert_eq!(digits::parallel::shard_rows(128), 32);
/// ```
pub fn shard_rows(batch: usize) -> usize {
    batch.div_ceil(4).clamp(16, 64)
}

/// More threads than any machine has use for.
const MAX_THREADS: usize = 256;

/// A pool of `threads` threads, at most 256; 0 takes one per processor.
///
/// ```
/// let pool = digits::parallel::pool(2)?;
/// assert_eq!(pool.install(|| 6 * 7), 42);
/// # Ok::<(), digits::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if there are too many, [`Error::System`] if the system grants none.
pub fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    if threads > MAX_THREADS {
        return Err(Error::parameter(
            "threads",
            format!("at most {MAX_THREADS}"),
            threads,
        ));
    }
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
