//! The network and its gradients: pure functions of arrays.
//!
//! This is the article's gradient descent, a batch at a time. [`ArticleNetwork`] is the algorithm as the article has
//! it, a page of code for one sample; read that first. Its four steps, and where each is done for batches, and fast:
//!
//! 1. Every layer has one weight matrix of shape **(next, current + 1)**; the last column is the bias, since a 1 is
//!    appended to every layer's input: [`Dense`].
//! 2. Forward: append 1, multiply, apply the activation, and keep every layer's input with its 1 in the list the
//!    article calls `x_s`: [`Network::forward`] and [`Cache`].
//! 3. Backward: `psi = ∂E/∂x · ∂x/∂z` at the output; the layer's gradient is `psiᵀ · x_s`; psi goes back through the
//!    weights without their bias column and is multiplied by the activation's derivative, down to the first layer:
//!    [`Network::backward`] and [`Network::gradients`].
//! 4. `weights -= rate · gradient`: [`crate::optim`].
//!
//! | step | one sample | a batch | the same while training ([`crate::train`]) |
//! |------|------------|---------|---------------------------------------------|
//! | 2 | [`ArticleNetwork::forward`] | `Dense::forward` in `dense.rs` | a first layer by its inputs that are not 0, `train/panel.rs`; all layers in shards, a thread each, `train/shard.rs` |
//! | 3 | [`ArticleNetwork::gradients`] | `Dense::backward` and `gradient` beside it | in shards, `train/shard.rs`; gradients a part at a time, in the cache, `train/update.rs` |
//! | 4 | [`ArticleNetwork::descend`] | [`crate::optim::Step`] | with those parts, `train/update.rs` and `train/panel.rs` |
//!
//! | article | here          | standard name | shape for one sample | shape for a batch |
//! |---------|---------------|---------------|----------------------|-------------------|
//! | `x_s`   | `x`           | inputs        | (I + 1)              | (B, I + 1)        |
//! | `psi`   | `dz`          | delta         | (O)                  | (B, O)            |
//! | `E`     | [`Loss`]      | loss          | 1                    | mean over B       |
//!
//! A convolutional layer ([`Convolution`]) is the same step 1 to 4 for every patch of an image, where all patches
//! share one weight matrix; deslanting, normalisation, pooling and dropout have no weights of the article's kind.
//! [`Network::convolutional`] puts them together, [`Network::folded`] leaves of a trained network what its use needs.
//!
//! This room opens no file, starts no thread and knows no terminal, and draws only from generators it was handed.
//!
//! One sample, one update, exactly the article's:
//!
//! ```
//! use digits::nn::{Activation, Init, Loss, Network};
//! use ndarray::array;
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//!
//! let sigmoid = Activation::Sigmoid { slope: 1.0 };
//! let mut rng = ChaCha8Rng::seed_from_u64(1);
//! let mut network = Network::dense(&[2, 3, 3, 2], sigmoid, Loss::SquaredError, Init::Article, &mut rng)?;
//! let (x, target) = (array![[0.3, 0.7]], array![[0.389, 0.135]]);
//!
//! let mut cache = network.cache(1);
//! cache.inputs_mut().assign(&x);
//! network.forward(&mut cache);
//! let (y, mut dy) = cache.outputs_and_gradient();
//! let before = network.loss().forward_backward(&y, &target, 1, &mut dy);
//! network.backward(&mut cache);
//! let gradients = network.gradients(&cache);
//! for (mut weights, gradient) in network.weights_mut().zip(&gradients) {
//!     weights.scaled_add(-0.1, gradient);
//! }
//!
//! network.forward(&mut cache);
//! let (y, mut dy) = cache.outputs_and_gradient();
//! assert!(network.loss().forward_backward(&y, &target, 1, &mut dy) < before);
//! # Ok::<(), digits::Error>(())
//! ```

mod activation;
mod architecture;
mod article;
mod cache;
mod convolution;
mod counts;
mod dense;
mod deslant;
mod dropout;
mod finish;
mod inference;
mod init;
pub(crate) mod kernels;
mod layer;
mod likeness;
mod loss;
pub(crate) mod matrix;
mod names;
mod network;
mod normalization;
mod pool;
mod room;
mod shape;
pub(crate) mod sparse;
#[cfg(feature = "cli")]
mod summary;

pub use activation::Activation;
pub(crate) use architecture::MAX_CHANNELS;
pub use architecture::Stage;
pub use article::ArticleNetwork;
pub use cache::Cache;
pub use convolution::Convolution;
pub use dense::Dense;
pub(crate) use dense::gradient;
#[cfg(feature = "export")]
pub(crate) use deslant::MIDDLE;
pub(crate) use deslant::deslant;
pub use init::Init;
pub use layer::Layer;
pub(crate) use loss::one_hot_into;
pub use loss::{Loss, one_hot, softmax};
pub use matrix::Matrix;
pub(crate) use network::MAX_WEIGHTS;
pub use network::Network;
#[cfg(feature = "export")]
pub(crate) use normalization::EPSILON as NORMALIZATION_EPSILON;
pub use normalization::Normalization;
pub use shape::Shape;
