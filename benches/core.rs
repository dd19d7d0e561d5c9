//! Where the time goes: one training step, forward, backward, the loader, augmentation, the reading of a picture.
//!
//! `cargo bench` runs all, `cargo bench forward` those whose name has the word.

use digits::dataset::{Augment, Dataset, PIXELS, batch, mnist};
use digits::nn::{Cache, Network};
use digits::parallel::Team;
use digits::train::{TrainConfig, Trainer};
use divan::{Bencher, black_box};
use ndarray::{Array2, s};
use std::path::Path;

fn main() {
    divan::main();
}

/// Samples of a batch.
const BATCH: usize = 128;

fn data() -> Dataset {
    mnist::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"))
        .expect("MNIST")
        .train
}

fn network() -> Network {
    digits::Recognizer::builtin()
        .expect("the model")
        .into_model()
        .members
        .remove(0)
}

/// A cache with the first batch of MNIST in it.
fn loaded(network: &Network) -> Cache {
    let mut cache = network.cache(BATCH);
    let indices: Vec<usize> = (0..BATCH).collect();
    batch::fill(&data(), &indices, Augment::None, 0, 0, &mut cache.inputs_mut());
    cache
}

/// An epoch of ten steps of the default network.
#[divan::bench(args = [1, 2])]
fn ten_training_steps(bencher: Bencher, threads: usize) {
    let data = data();
    let some = |range: std::ops::Range<usize>| Dataset {
        images: data.images.slice(s![range.clone(), ..]).to_owned(),
        labels: data.labels.slice(s![range]).to_owned(),
    };
    let (train, none) = (some(0..10 * BATCH), some(0..0));
    let config = TrainConfig {
        epochs: 1,
        ..TrainConfig::default()
    }
    .check()
    .expect("the defaults");
    let team = Team::new(threads).expect("threads");
    bencher
        .with_inputs(|| Trainer::new(&config, PIXELS, 10).expect("a trainer"))
        .bench_local_values(|trainer| trainer.run(&train, &none, &mut (), &team).expect("training"));
}

#[divan::bench]
fn forward(bencher: Bencher) {
    let network = network();
    let mut cache = loaded(&network);
    bencher.bench_local(|| network.forward(black_box(&mut cache)));
}

#[divan::bench]
fn backward_and_gradients(bencher: Bencher) {
    let network = network();
    let mut cache = loaded(&network);
    network.forward(&mut cache);
    cache.outputs_and_gradient().1.fill(0.01);
    bencher.bench_local(|| {
        network.backward(black_box(&mut cache));
        network.gradients(&cache)
    });
}

#[divan::bench]
fn load_mnist() -> Dataset {
    data()
}

#[divan::bench(args = [Augment::None, Augment::Shift, Augment::Elastic])]
fn fill_a_batch(bencher: Bencher, augment: Augment) {
    let data = data();
    let indices = batch::order(data.len(), 0, 0);
    let mut x = Array2::zeros((BATCH, PIXELS));
    bencher.bench_local(|| batch::fill(&data, black_box(&indices[..BATCH]), augment, 0, 0, &mut x));
}

#[divan::bench(args = [28, 280, 2800])]
fn normalize_a_picture(bencher: Bencher, side: usize) {
    let image = data().images.row(0).to_owned();
    let ink = Array2::from_shape_fn((side, side), |(row, column)| {
        f32::from(image[row * 28 / side * 28 + column * 28 / side]) / 255.0
    });
    bencher.bench_local(|| digits::vision::normalize(black_box(&ink)));
}
