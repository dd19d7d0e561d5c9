//! Random streams: one seed, and a stream of its own for every purpose.
//!
//! A stream is named by (seed, purpose, epoch, sample), so that no draw depends on what another thread drew before.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a stream of random numbers is for.
///
/// ```
/// use digits::random::{Purpose, stream};
/// use rand_chacha::rand_core::RngCore;
///
/// let draw = |purpose| stream(7, purpose, 0, 0).next_u64();
/// assert_ne!(draw(Purpose::Shuffling), draw(Purpose::Augmentation));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Initial weights.
    Initialisation = 1,
    /// The order of the samples in an epoch.
    Shuffling = 2,
    /// The distortion of one sample in one epoch.
    Augmentation = 3,
    /// What dropout leaves out of a shard.
    Dropout = 4,
    /// The corruption of one image.
    Corruption = 5,
    /// An image of what is no digit.
    Outliers = 6,
    /// An image of a digit written in another way.
    Styles = 7,
    /// Which of the usual images go with the added ones of a fine-tuning.
    Mixing = 8,
    /// Which pictures of a collection are held out.
    HoldingOut = 9,
}

/// The stream for `purpose` of `sample` in `epoch`: the four numbers are the cipher's 32-byte key.
///
/// ```
/// use digits::random::{Purpose, stream};
/// use rand_chacha::rand_core::RngCore;
///
/// let draw = |seed, epoch| stream(seed, Purpose::Shuffling, epoch, 0).next_u64();
/// assert_eq!(draw(7, 1), draw(7, 1));
/// assert_ne!(draw(7, 1), draw(7, 2));
/// ```
pub fn stream(seed: u64, purpose: Purpose, epoch: u64, sample: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, number) in key.chunks_exact_mut(8).zip([seed, purpose as u64, epoch, sample]) {
        bytes.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
