//! The rate of the dense matrix product that the later layers use, on two threads: GFLOP/s, the best of several sizes.

#![allow(clippy::print_stdout)]

use digits::parallel::Team;
use ndarray::Array2;
use ndarray::linalg::general_mat_mul;
use std::time::Instant;

const THREADS: usize = 2;
const REPETITIONS: usize = 10;

fn main() -> Result<(), digits::Error> {
    let team = Team::new(THREADS)?;
    let mut best = 0.0_f64;
    for size in [256, 512, 1024, 2048] {
        // A product for each thread: the library shares work by samples, not within a product.
        let mut products: Vec<_> = (0..THREADS)
            .map(|_| [0.5, 0.25, 0.0].map(|number| Array2::<f32>::from_elem((size, size), number)))
            .collect();
        for _ in 0..REPETITIONS {
            let start = Instant::now();
            team.for_each(products.iter_mut(), |[a, b, c]| {
                general_mat_mul(1.0, a, b, 0.0, c);
            });
            let operations = 2.0 * (THREADS * size * size * size) as f64;
            best = best.max(1e-9 * operations / start.elapsed().as_secs_f64());
        }
    }
    println!("{best:.0}");
    Ok(())
}
