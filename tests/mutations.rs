//! Model files and checkpoints that somebody has tampered with: never a panic, never much memory, never a broken model.
//!
//! With `DIGITS_LONG_TESTS` set, 100,000 of them; the same ones each time.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use common::{HEADER, sealed};
use digits::Error;
use digits::dataset::{Dataset, PIXELS};
use digits::model_file::{Checkpoint, Model};
use digits::nn::{Convolution, Dense, Layer, Loss, Network, Stage};
use digits::optim::Optimizer;
use digits::parallel::Team;
use digits::train::{Next, Observer, Preset, TrainConfig, TrainState, Training};
use ndarray::{Array1, Array2};
use rand_chacha::{ChaCha8Rng, rand_core::RngCore, rand_core::SeedableRng};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;

/// The system's allocator, which knows how much each thread has got of it, and had at most.
struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let live = LIVE.get() + bytes;
    LIVE.set(live);
    MOST.set(MOST.get().max(live));
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller's.
        unsafe { System.dealloc(pointer, layout) };
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: as the caller's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The result of `work`, and the most memory that it had at a time, in bytes.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE.get();
    MOST.set(before);
    let result = work();
    (result, (MOST.get() - before) as usize)
}

/// What a file of so many bytes may cost.
fn bearable(length: usize) -> usize {
    7 * length + (8 << 20)
}

/// A model that was trained for three steps, and the checkpoint of the second.
fn trained(config: TrainConfig) -> [Vec<u8>; 2] {
    struct Second(usize, Option<TrainState>);
    impl Observer for Second {
        fn next(&mut self, _: bool) -> Next {
            self.0 += 1;
            if self.0 == 2 { Next::Keep } else { Next::GoOn }
        }
        fn keep(&mut self, state: TrainState) -> digits::Result<()> {
            self.1 = Some(state);
            Ok(())
        }
    }
    let data = |count| Dataset {
        images: Array2::from_shape_fn(
            (count, PIXELS),
            |(i, j)| if (i + j) % 5 == 0 { (i + j) as u8 } else { 0 },
        ),
        labels: Array1::from_shape_fn(count, |i| (i % 10) as u8),
    };
    let config = TrainConfig {
        epochs: 1,
        batch_size: 20,
        ..config
    };
    let mut second = Second(0, None);
    let training = Training {
        config: &config.check().unwrap(),
        image: [28, 28, 1].into(),
        classes: 10,
        train: &data(60),
        validation: &data(0),
        team: &Team::new(1).unwrap(),
    };
    let mut model = training.run(None, &mut second).unwrap();
    model.notes = vec![("seed".to_owned(), "0".to_owned())];
    let checkpoint = Checkpoint {
        settings: vec![("hidden".to_owned(), "4".to_owned())],
        history: "epoch,step\n".to_owned(),
        state: second.1.unwrap(),
    };
    [model.to_bytes().unwrap(), checkpoint.to_bytes().unwrap()]
}

/// Whole files: of a dense network and of an averaged convolutional ensemble. The first two are models.
fn whole_files() -> [Vec<u8>; 4] {
    let dense = TrainConfig {
        hidden: vec![4],
        optimizer: Optimizer::Adam { weight_decay: 0.0 },
        ..Preset::Mlp.config()
    };
    let convolutional = TrainConfig {
        conv: vec![
            Stage::Convolution(3),
            Stage::MaxPool,
            Stage::Convolution(4),
            Stage::MaxPool,
        ],
        hidden: vec![5],
        dropout: 0.25,
        averaging: 0.5,
        members: 2,
        ..Preset::Cnn.config()
    };
    let [[dense, dense_checkpoint], [convolutional, checkpoint]] = [trained(dense), trained(convolutional)];
    [dense, convolutional, dense_checkpoint, checkpoint]
}

/// Changes `bytes` from the place `from` on, in one of many ways.
fn mutate(bytes: &mut Vec<u8>, from: usize, rng: &mut ChaCha8Rng) {
    let below = |limit: usize, rng: &mut ChaCha8Rng| (rng.next_u64() % limit.max(1) as u64) as usize;
    let length = bytes.len();
    // Half of the changes where structure is: near the beginning of the payload.
    let reach = if rng.next_u32().is_multiple_of(2) {
        300
    } else {
        length
    };
    let at = from + below(reach.min(length.saturating_sub(from)), rng);
    let put = |bytes: &mut Vec<u8>, new: &[u8]| {
        let end = (at + new.len()).min(bytes.len());
        bytes.splice(at.min(end)..end, new.iter().copied());
    };
    match below(9, rng) {
        0 => bytes.truncate(at),
        1 => {
            let end = (at + below(64, rng)).min(length);
            bytes.drain(at.min(end)..end);
        }
        2 => {
            let start = below(length, rng);
            let piece = bytes[start..(start + below(400, rng)).min(length)].to_vec();
            bytes.splice(at.min(length)..at.min(length), piece);
        }
        // Lengths: of the record's lists, in the record's own encoding.
        3 => put(bytes, &[253, 0, 0, 0, 0, 0, 0, 0, 128]),
        4 => put(
            bytes,
            &[&[253][..], &(rng.next_u64() >> below(64, rng)).to_le_bytes()].concat(),
        ),
        5 => put(
            bytes,
            &[&[252][..], &(rng.next_u32() >> below(32, rng)).to_le_bytes()].concat(),
        ),
        6 => put(
            bytes,
            &[[0, 0, 0x80, 0x7f], [1, 0, 0xc0, 0x7f], [0xff, 0xff, 0x7f, 0xff]][below(3, rng)],
        ),
        7 => put(bytes, &[rng.next_u32() as u8]),
        _ => {
            for _ in 0..=below(3, rng) {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << below(8, rng);
                }
            }
        }
    }
}

/// Asserts that `networks` can be used.
fn assert_sound(networks: &[Network], inputs: usize, classes: usize) {
    for network in networks {
        assert_eq!((network.inputs(), network.classes()), (inputs, classes));
        assert!(
            network
                .weights()
                .all(|weights| weights.iter().all(|weight| weight.is_finite()))
        );
        assert_eq!(network.outputs(&Array2::zeros((2, inputs))).dim(), (2, classes));
    }
}

#[test]
fn mutated_files_are_refused_or_sound_and_cost_little() {
    let count = if std::env::var_os("DIGITS_LONG_TESTS").is_some() {
        100_000
    } else {
        4_000
    };
    let files = whole_files();
    let path = Path::new("m");
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let (mut refused, mut loaded, mut decoded, mut worst) = (0, 0, 0, 0.0_f64);
    for index in 0..count {
        let kind = index % files.len();
        let mut bytes = files[kind].clone();
        // Half of them with the checksum made right, so that they get past it.
        let right = (index / files.len()).is_multiple_of(2);
        for _ in 0..=rng.next_u32() % 3 {
            mutate(&mut bytes, if right { HEADER } else { 0 }, &mut rng);
        }
        if right {
            bytes = sealed(bytes);
        }
        let most = bearable(bytes.len());
        let error = if kind < 2 {
            let (result, used) = measured(|| Model::from_bytes(&bytes, path));
            worst = worst.max(used as f64 / most as f64);
            result.map(|model| {
                let inputs = model.members[0].inputs();
                assert_sound(&model.members, inputs, model.class_names.len());
                let probabilities = model.probabilities(&Array2::zeros((2, inputs)));
                assert_eq!(probabilities.dim(), (2, model.class_names.len()));
            })
        } else {
            let (result, used) = measured(|| Checkpoint::from_bytes(&bytes, path));
            worst = worst.max(used as f64 / most as f64);
            result.map(|checkpoint| {
                let state = checkpoint.state;
                let (inputs, classes) = (state.network.inputs(), state.network.classes());
                assert_sound(&state.members, inputs, classes);
                assert_sound(state.average.as_slice(), inputs, classes);
                assert_sound(&[state.network], inputs, classes);
            })
        };
        assert!(
            worst <= 1.0,
            "file {index}: {worst} of the memory that is bearable"
        );
        match error {
            Ok(()) => loaded += 1,
            Err(Error::Model { expected, .. }) => {
                refused += 1;
                decoded += usize::from(expected.starts_with("a consistent"));
            }
            Err(other) => panic!("file {index}: {other}"),
        }
    }
    println!(
        "{count} files: {refused} refused ({decoded} once decoded), {loaded} sound; {worst:.2} of the bearable memory"
    );
    // Most changes are of weights, which are as good as others.
    assert!(loaded > count / 20 && decoded > count / 100, "{loaded} {decoded}");
}

/// In memory each row of weights is padded, and of the kernels there is another copy: what may be saved may be read.
#[test]
fn narrow_layers_are_bearable_or_not_saved() {
    let dense = Network::new(
        65_535_usize,
        vec![Layer::Dense(Dense::new(&Array2::zeros((1, 65_536))))],
        Loss::SquaredError,
    );
    let convolutions = [6, 8].map(|channels| {
        let kernels = Convolution::new(&Array2::zeros((channels, 9 * 512 + 1)), 3, 1).unwrap();
        Network::new([1, 1, 512], vec![Layer::Convolution(kernels)], Loss::SquaredError)
    });
    let [few, more] = convolutions.map(|network| (network.unwrap(), 64));
    for ((network, count), is_saved) in [((dense.unwrap(), 1), true), (few, false), (more, true)] {
        let mut model = Model::new(network);
        model.members = vec![model.members[0].clone(); count];
        match model.to_bytes() {
            Ok(bytes) => {
                let (read, used) = measured(|| Model::from_bytes(&bytes, Path::new("m")));
                assert!(is_saved && read.is_ok(), "{count} networks: {:?}", read.err());
                let most = bearable(bytes.len());
                assert!(used <= most, "{used} bytes for a file of {}", bytes.len());
            }
            Err(error) => assert!(!is_saved, "{count} networks: {error}"),
        }
    }
}

#[test]
fn files_that_claim_much_get_little() {
    // Inputs of 784, no class names, temperature 1, no notes: the beginning of a record.
    let names = |count: usize| {
        [
            &[1, 251, 16, 3][..],
            &length(count),
            &vec![0; count],
            &[0, 0, 128, 63],
        ]
        .concat()
    };
    let start = [&names(0)[..], &[0]].concat();
    let repeated = |item: &[u8], count: usize| [length(count), item.repeat(count)].concat();
    let narrow = {
        let values = 1_000_000_usize;
        let shape = [&[1, 252][..], &(values as u32).to_le_bytes()].concat();
        let dense = [&[0][..], &shape, &length(values), &vec![0; 4 * values]].concat();
        let inputs = [&[1, 252][..], &(values as u32 - 1).to_le_bytes()].concat();
        // One name of no letters, temperature 1, no notes, one network of one layer; one view.
        [
            &inputs[..],
            &[1, 0, 0, 0, 128, 63, 0, 1, 1, 1],
            &dense,
            &[1, 0, 0],
        ]
        .concat()
    };
    for (what, payload) in [
        (
            "a million networks",
            [&start[..], &repeated(&[1, 0], 1_000_000)].concat(),
        ),
        (
            "a million layers",
            [&start[..], &[1, 1], &repeated(&[3], 1_000_000)].concat(),
        ),
        (
            "64 networks of 256 layers",
            [
                &start[..],
                &repeated(&[&[1][..], &repeated(&[3], 256)].concat(), 64),
            ]
            .concat(),
        ),
        ("a million names", names(1_000_000)),
        ("2^63 names", [&[1, 251, 16, 3][..], &length(1 << 63)].concat()),
        (
            "a million notes",
            [&names(0)[..], &repeated(&[0, 0], 1_000_000)].concat(),
        ),
        (
            "a note of 2^28 bytes",
            [&names(0)[..], &[1], &length(1 << 28)].concat(),
        ),
        (
            "2^62 weights",
            [&start[..], &[1, 1, 1, 0, 10, 10], &length(1 << 62)].concat(),
        ),
        ("a million weights of one output", narrow),
    ] {
        let bytes = sealed([&b"DIGITS\r\n\x01\0\0\0"[..], &[0; 40], &payload].concat());
        let (result, used) = measured(|| Model::from_bytes(&bytes, Path::new("m")));
        assert!(matches!(result, Err(Error::Model { .. })), "{what}: {result:?}");
        let most = bearable(bytes.len());
        assert!(used <= most, "{what}: {used} bytes for a file of {}", bytes.len());
    }
}

/// A length as the record has it.
fn length(length: usize) -> Vec<u8> {
    [&[253][..], &(length as u64).to_le_bytes()].concat()
}
