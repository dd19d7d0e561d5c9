//! What holds for all predictions and all networks: figures against plain counts, and files that give back what was
//! saved.
#![allow(clippy::unwrap_used)]

mod cases;

use cases::cases;
use digits::metrics::{Metrics, accuracy_where, calibration_error, mistakes, reliability, wilson_interval};
use digits::model_file::{Checkpoint, Model};
use digits::nn::{Activation, Convolution, Dense, Layer, Loss, Matrix, Network, Normalization, Shape};
use digits::optim::OptimizerState;
use digits::train::{EpochSums, TrainState};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::RngCore, rand_core::SeedableRng};

/// Probabilities (N, C), many of them equal, and labels (N).
fn predictions() -> impl Strategy<Value = (Array2<f32>, Array1<u8>)> {
    (0..80_usize, 1..12_usize).prop_flat_map(|(count, classes)| {
        let weights = prop::collection::vec(0..6_u16, count * classes);
        let labels = prop::collection::vec(0..classes as u8, count);
        (weights, labels).prop_map(move |(weights, labels)| {
            let mut rows = Array2::from_shape_vec((count, classes), weights)
                .unwrap()
                .mapv(|weight| f32::from(weight) + 0.01);
            for mut row in rows.outer_iter_mut() {
                let sum = row.sum();
                row.mapv_inplace(|weight| weight / sum);
            }
            (rows, Array1::from(labels))
        })
    })
}

/// The most probable class of every sample, the first of equals.
fn chosen(probabilities: &Array2<f32>) -> Vec<usize> {
    let rows = probabilities.outer_iter();
    rows.map(|row| {
        let most = row.iter().copied().fold(0.0, f32::max);
        row.iter().position(|&probability| probability >= most).unwrap()
    })
    .collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn figures_are_plain_counts((probabilities, labels) in predictions()) {
        let metrics = Metrics::of(&probabilities, &labels);
        let pairs: Vec<(usize, usize)> = labels.iter().map(|&label| label.into()).zip(chosen(&probabilities)).collect();
        let count = |is: &dyn Fn(usize, usize) -> bool| pairs.iter().filter(|&&(label, found)| is(label, found)).count() as f64;
        let samples = pairs.len().max(1) as f64;
        prop_assert_eq!(metrics.count, pairs.len());
        prop_assert!(near(metrics.accuracy, count(&|label, found| label == found) / samples));
        for (class, found) in metrics.classes().iter().enumerate() {
            let right = count(&|label, found| label == class && found == class);
            let of_class = count(&|label, _| label == class);
            let taken = count(&|_, found| found == class);
            prop_assert!(near(metrics.confusion.row(class).sum() as f64, of_class));
            prop_assert!(near(metrics.confusion.column(class).sum() as f64, taken));
            prop_assert!(near(found.support as f64, of_class));
            prop_assert!(near(found.precision, right / taken.max(1.0)));
            prop_assert!(near(found.recall, right / of_class.max(1.0)));
            // By its other formula: 2·right / (2·right + wrongly taken + missed).
            prop_assert!(near(found.f1, 2.0 * right / (taken + of_class).max(1.0)));
            prop_assert!([found.precision, found.recall, found.f1].iter().all(|share| (0.0..=1.0).contains(share)));
        }
        let loss = pairs.iter().enumerate().map(|(row, &(label, _))| -f64::from(probabilities[[row, label]]).ln());
        prop_assert!((metrics.loss - loss.sum::<f64>() / samples).abs() < 1e-6);
    }

    #[test]
    fn mistakes_are_what_is_not_right((probabilities, labels) in predictions(), at in 0..80_usize) {
        let metrics = Metrics::of(&probabilities, &labels);
        let wrong = mistakes(&probabilities, &labels);
        prop_assert_eq!(wrong.len() as u64 + metrics.confusion.diag().sum(), labels.len() as u64);
        prop_assert!(wrong.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
        // The parts of a set weigh as much as they have samples.
        let parts = [true, false].map(|first| {
            let count = (0..labels.len()).filter(|&index| (index < at) == first).count() as f64;
            count * accuracy_where(&probabilities, &labels, |index| (index < at) == first)
        });
        prop_assert!(near(parts.iter().sum(), metrics.accuracy * labels.len() as f64));
    }

    #[test]
    fn calibration_is_that_of_a_plain_reference((probabilities, labels) in predictions()) {
        let found = chosen(&probabilities);
        let mut gaps = 0.0;
        for bin in 0..15 {
            let ends = [bin, bin + 1].map(|end| f64::from(end) / 15.0);
            let inside: Vec<(f64, bool)> = found
                .iter()
                .enumerate()
                .map(|(row, &class)| (f64::from(probabilities[[row, class]]), usize::from(labels[row]) == class))
                .filter(|&(probability, _)| probability > ends[0] && probability.min(1.0) <= ends[1])
                .collect();
            let right = inside.iter().filter(|(_, right)| *right).count() as f64;
            let sure = inside.iter().map(|(probability, _)| probability).sum::<f64>();
            gaps += (right - sure).abs();
            let bins = reliability(&probabilities, &labels);
            prop_assert_eq!(bins[bin as usize].count as usize, inside.len());
        }
        let error = calibration_error(&probabilities, &labels);
        prop_assert!(near(error, gaps / labels.len().max(1) as f64));
        prop_assert!((0.0..=1.0).contains(&error), "{}", error);
    }

    #[test]
    fn intervals_hold_their_estimate_and_narrow((right, wrong) in (0..5_000_u64, 0..5_000_u64), more in 2..20_u64) {
        let count = right + wrong;
        let [low, high] = wilson_interval(right, count);
        prop_assert!(0.0 <= low && low < high && high <= 1.0);
        if count > 0 {
            let share = right as f64 / count as f64;
            prop_assert!(low <= share + 1e-12 && share <= high + 1e-12, "{} {} {}", low, share, high);
            let [nearer_low, nearer_high] = wilson_interval(more * right, more * count);
            prop_assert!(nearer_high - nearer_low < high - low);
        }
    }
}

/// A number as training makes them, or one of the most extreme that a float can hold.
fn number(rng: &mut ChaCha8Rng) -> f32 {
    const EXTREMES: [f32; 8] = [
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        -f32::MIN_POSITIVE,
        1e-45,
        -1e-45,
        0.0,
        -0.0,
    ];
    let draw = rng.next_u32();
    if draw.is_multiple_of(16) {
        EXTREMES[(draw >> 8) as usize % EXTREMES.len()]
    } else {
        (draw >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

fn array(rows: usize, columns: usize, rng: &mut ChaCha8Rng) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, columns), || number(rng))
}

/// A choice of `count`, from 0 on.
fn below(count: u32, rng: &mut ChaCha8Rng) -> usize {
    (rng.next_u32() % count) as usize
}

fn activation(rng: &mut ChaCha8Rng) -> Layer {
    Layer::Activation(match below(6, rng) {
        0 => Activation::Sigmoid { slope: 1000.0 },
        1 => Activation::Sigmoid { slope: 1e-45 },
        2 => Activation::LeakyRelu { leak: 0.999_999_94 },
        3 => Activation::LeakyRelu { leak: 1e-45 },
        4 => Activation::Relu,
        _ => Activation::Tanh,
    })
}

/// A network of any layers in any order that fit each other, then one of so many classes.
fn network(mut shape: Shape, classes: usize, loss: Loss, rng: &mut ChaCha8Rng) -> Network {
    let inputs = shape;
    let mut layers = Vec::new();
    if [Shape::from([28, 28, 1]), Shape::from(784)].contains(&shape) && below(2, rng) == 0 {
        layers.push(Layer::Deslant);
    }
    for _ in 0..below(8, rng) {
        let channels = 1 + below(5, rng);
        match below(6, rng) {
            0 | 1 if shape.height > 2 && shape.width > 2 => {
                let kernel = 1 + below(3, rng);
                let border = below(1 + kernel as u32 / 2, rng);
                let weights = array(channels, kernel * kernel * shape.channels + 1, rng);
                let layer = Layer::Convolution(Convolution::new(&weights, kernel, border).unwrap());
                shape.channels = channels;
                for side in [&mut shape.height, &mut shape.width] {
                    *side = *side + 2 * border + 1 - kernel;
                }
                layers.push(layer);
            }
            2 if shape.height > 1 && shape.width > 1 => {
                layers.push(Layer::MaxPool);
                (shape.height, shape.width) = (shape.height / 2, shape.width / 2);
            }
            3 => {
                let numbers = array(2, shape.channels, rng);
                let variance = numbers.row(1).mapv(f32::abs).to_vec();
                let weights = array(shape.channels, 2, rng);
                let layer = Normalization::of(&weights, numbers.row(0).to_vec(), variance).unwrap();
                layers.push(Layer::Normalization(layer));
            }
            4 => layers.push(Layer::Dropout {
                rate: below(100, rng) as f32 / 100.0,
            }),
            5 => {
                layers.push(Layer::Dense(Dense::new(&array(channels, shape.len() + 1, rng))));
                shape = channels.into();
            }
            _ => layers.push(activation(rng)),
        }
    }
    layers.push(Layer::Dense(Dense::new(&array(classes, shape.len() + 1, rng))));
    Network::new(inputs, layers, loss).unwrap()
}

/// The shape of inputs: of images of all kinds, and of plain rows.
fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::from([28, 28, 1])),
        Just(Shape::from(784)),
        [1..12_usize, 1..12_usize, 1..4_usize].prop_map(Shape::from),
        (1..50_usize).prop_map(Shape::from),
    ]
}

fn losses() -> impl Strategy<Value = Loss> {
    prop_oneof![Just(Loss::SquaredError), Just(Loss::CrossEntropy)]
}

/// Names and values in all kinds of letters.
fn texts(most: usize) -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((any::<String>(), any::<String>()), 0..most)
}

/// Their bits, since extreme weights make numbers that are none.
fn bits(outputs: &Array2<f32>) -> Vec<u32> {
    outputs.iter().map(|output| output.to_bits()).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_model_that_was_saved_is_the_same(
        (shape, loss, classes) in (shapes(), losses(), 1..12_usize),
        members in 1..4_usize,
        temperature in prop_oneof![Just(1e-3_f32), Just(1e3_f32), 1e-3..1e3_f32],
        views in prop::collection::vec([-27..=27_i8, -27..=27_i8], 1..4),
        names in prop::collection::vec(any::<String>(), 12),
        notes in texts(5),
        seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let members = (0..members).map(|_| network(shape, classes, loss, &mut rng)).collect();
        let views = if shape.len() == 784 { views } else { vec![[0, 0]] };
        let model = Model { members, views, class_names: names[..classes].to_vec(), temperature, notes };
        let bytes = model.to_bytes().unwrap();
        let loaded = Model::from_bytes(&bytes, "m.bin".as_ref()).unwrap();
        prop_assert_eq!(&loaded, &model);
        prop_assert!(loaded.to_bytes().unwrap() == bytes);
        let x = Array2::from_shape_simple_fn((3, shape.len()), || (rng.next_u32() >> 24) as f32 / 255.0);
        for (loaded, member) in loaded.members.iter().zip(&model.members) {
            prop_assert_eq!(loaded.shapes(), member.shapes());
            prop_assert_eq!(bits(&loaded.outputs(&x)), bits(&member.outputs(&x)));
        }
        prop_assert_eq!(bits(&loaded.probabilities(&x)), bits(&model.probabilities(&x)));
    }

    #[test]
    fn a_checkpoint_that_was_saved_is_the_same(
        (shape, loss, classes) in (shapes(), losses(), 1..12_usize),
        finished in 0..3_usize,
        (averaged, unused) in any::<(bool, bool)>(),
        (steps, right) in (0..1_u64 << 48, 0..1_u64 << 48),
        (sum, seconds) in (0.0..f64::MAX, 0.0..1e9_f64),
        (settings, history) in (texts(9), any::<String>()),
        seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let members = (0..finished).map(|_| network(shape, classes, loss, &mut rng)).collect();
        let network = network(shape, classes, loss, &mut rng);
        let mut average = network.clone();
        for weight in average.weights_mut().flatten() {
            *weight = number(&mut rng);
        }
        let mut moments = |is_zero: bool| -> Vec<Matrix> {
            let mut moment = |(rows, columns)| {
                let mut moment = array(rows, columns, &mut rng);
                moment[[0, 0]] = f32::INFINITY;
                Matrix::of(&if is_zero { Array2::zeros((rows, columns)) } else { moment }.view())
            };
            network.transposed_shapes().map(&mut moment).collect()
        };
        let optimizer = OptimizerState { steps, first: moments(false), second: moments(unused) };
        let average = averaged.then_some(average);
        let epoch = EpochSums { loss: sum, right, seconds };
        let checkpoint = Checkpoint { settings, history, state: TrainState { members, network, average, optimizer, epoch } };
        let bytes = checkpoint.to_bytes().unwrap();
        let loaded = Checkpoint::from_bytes(&bytes, "m.checkpoint".as_ref()).unwrap();
        prop_assert_eq!(&loaded, &checkpoint);
        prop_assert!(loaded.to_bytes().unwrap() == bytes);
    }
}
