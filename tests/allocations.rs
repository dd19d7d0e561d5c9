//! A training step that is warm allocates nothing but the packing buffers inside matrix products.
#![allow(unsafe_code)]

use digits::dataset::{Dataset, PIXELS};
use digits::parallel::Team;
use digits::train::{Observer, StepReport, TrainConfig, Trainer};
use ndarray::{Array1, Array2};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, which counts what is asked of it, but for what a matrix product asks for.
struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);
static PACKING: AtomicUsize = AtomicUsize::new(0);

/// The packing buffers are aligned for vectors; nothing else here is.
const PACKING_ALIGNMENT: usize = 16;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let counter = if layout.align() >= PACKING_ALIGNMENT {
            &PACKING
        } else {
            &COUNT
        };
        counter.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller's.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Notes the counts after every step.
struct Counts(Vec<[usize; 2]>);

impl Observer for Counts {
    fn step(&mut self, _: &StepReport) {
        self.0
            .push([&COUNT, &PACKING].map(|counter| counter.load(Ordering::Relaxed)));
    }
}

#[test]
fn a_warm_step_allocates_only_packing_buffers() {
    // 20 batches an epoch, the last one smaller than the others.
    let images = Array2::from_shape_fn((128 * 20 - 28, PIXELS), |(i, j)| {
        if (i + j) % 5 == 0 { (i + j) as u8 } else { 0 }
    });
    let labels = Array1::from_shape_fn(images.nrows(), |i| (i % 10) as u8);
    let train = Dataset { images, labels };
    let validation = Dataset {
        images: Array2::zeros((0, PIXELS)),
        labels: Array1::zeros(0),
    };
    let config = TrainConfig {
        epochs: 2,
        ..TrainConfig::default()
    }
    .check()
    .unwrap();
    for threads in [1, 2] {
        let mut counts = Counts(Vec::with_capacity(40));
        let trainer = Trainer::new(&config, PIXELS, 10).unwrap();
        trainer
            .run(&train, &validation, &mut counts, &Team::new(threads).unwrap())
            .unwrap();
        // The second epoch, without its first step, which comes after the shuffling of the samples.
        let mut all = 0;
        for step in 22..40 {
            let [ours, packing] = [0, 1].map(|kind| counts.0[step][kind] - counts.0[step - 1][kind]);
            all += ours;
            // The last layer multiplies forward and backward for each of four shards, and its gradient has eight parts,
            // each a sum over the shards. The first layer needs no packing.
            // The last shard of all has four samples, too few to pack anything for on the way forward.
            let expected = 4 * (1 + 1 + 8) - usize::from(step == 39);
            assert_eq!(packing, expected, "{threads} threads, step {step}");
        }
        // On a busy machine a second thread may get its first turn only now: then it makes its own room for gradients.
        assert!(all <= 4 * (threads - 1), "{threads} threads: {all}");
    }
}
