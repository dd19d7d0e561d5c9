//! Another set of images: ten garments, drawn here in a few strokes as Fashion-MNIST's files would have them.
//!
//! `cargo run --release --example fashion`; with `-- FOLDER` behind it, on the real ones
//! (github.com/zalandoresearch/fashion-mnist), whose four files lie there beside a `classes.txt` of their names.

#![allow(clippy::print_stdout)]

use digits::dataset::{SIDE, mnist};
use digits::train::{TrainConfig, Trainer, probabilities};
use digits::{Recognizer, metrics::Metrics, model_file::Model, parallel::Team};
use ndarray::Array2;
use std::{error::Error, fs, path::Path};

const NAMES: &str = "T-shirt\nTrouser\nPullover\nDress\nCoat\nSandal\nShirt\nSneaker\nBag\nAnkle boot\n";

/// Whether there is cloth, or leather, `x` to the right of a garment's middle and `y` below it, each from −1 to 1.
fn is_garment(class: usize, x: f32, y: f32) -> bool {
    let side = x.abs();
    match class {
        0 => side < 0.5 || y < -0.4,                            // short sleeves
        1 => (0.15..0.6).contains(&side),                       // two legs
        2 => !(0.5..0.75).contains(&side),                      // long sleeves
        3 => side < 0.5 + 0.4 * y,                              // wide below
        4 => (0.15..0.5).contains(&side) || side > 0.75,        // long sleeves, and open
        5 => y > 0.6 || (x - y).abs() < 0.2,                    // a sole and a strap
        6 => (0.15..0.5).contains(&side) || y < -0.4,           // short sleeves, and open
        7 => y > 0.2 && y > -x - 0.4,                           // a low shoe
        8 => y > 0.0 || (0.4..0.8).contains(&x.hypot(y + 0.1)), // with a handle
        _ => x < -0.1 || y > 0.3,                               // a shaft and a foot
    }
}

/// Writes a set of the two parts' sizes into `folder`, in the format of MNIST: sizes first, then a byte a pixel or a
/// label.
pub(crate) fn write_set(folder: &Path, sizes: [(&str, u32); 2]) -> std::io::Result<()> {
    for (part, count) in sizes {
        let mut images = [0x0803, count, 28, 28].map(u32::to_be_bytes).concat();
        let mut labels = [0x0801, count].map(u32::to_be_bytes).concat();
        for index in 0..count as usize {
            // No two are of the same size, place and shade.
            let (class, size) = (index % 10, 10.0 + (index % 7) as f32 / 2.0);
            let place = |at: usize, middle: usize| (at as f32 - 12.5 - (middle % 3) as f32) / size;
            for at in 0..SIDE * SIDE {
                let (x, y) = (place(at % SIDE, index / 7), place(at / SIDE, index / 21));
                let inside = x.abs() < 1.0 && y.abs() < 1.0 && is_garment(class, x, y);
                images.push(u8::from(inside) * (150 + (index * 37 % 100) as u8));
            }
            labels.push(class as u8);
        }
        fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images)?;
        fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels)?;
    }
    fs::write(folder.join("classes.txt"), NAMES)
}

/// Trains on the set in `folder`, measures, and looks at one image; the accuracy on the test set.
pub(crate) fn run(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let mnist = mnist::load(folder)?;
    let (train, validation) = mnist.train.split(mnist.test.len() / 2)?;
    let (config, team) = (TrainConfig::default().check()?, Team::new(0)?);
    let trainer = Trainer::new(&config, SIDE * SIDE, mnist.classes)?;
    let mut model = Model::new(trainer.run(&train, &validation, &mut (), &team)?);
    model.class_names = mnist.class_names;
    let Metrics { accuracy, .. } =
        Metrics::of(&probabilities(&model, &mnist.test, &team), &mnist.test.labels);
    println!("{:.2} % of the test images are right", 100.0 * accuracy);

    let recognizer = Recognizer::new(model)?;
    let image = Array2::from_shape_vec((SIDE, SIDE), mnist.test.images.row(0).to_vec())?;
    let said = recognizer.name_of(recognizer.classify(image)?.digit);
    let truth = recognizer.name_of(mnist.test.labels[0].into());
    println!("the first of them, a {truth}, is taken for a {said}");
    Ok(accuracy)
}

fn main() -> Result<(), Box<dyn Error>> {
    let made = tempfile::tempdir()?;
    write_set(made.path(), [("train", 6_000), ("t10k", 1_000)])?;
    let given = std::env::args_os().nth(1);
    run(given.as_ref().map_or(made.path(), Path::new)).map(|_| ())
}
