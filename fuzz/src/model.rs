//! Model files and checkpoints of any bytes.

use digits::Error;
use digits::model_file::{Checkpoint, Model};
use digits::nn::Network;
use ndarray::Array2;
use sha2::{Digest, Sha256};
use std::path::Path;

/// The most work that a network is tried with: numbers of its largest layer times its weights.
const MOST_WORK: usize = 1 << 20;

/// The payload behind a right header.
fn sealed(magic: &[u8], payload: &[u8]) -> Vec<u8> {
    let (version, length) = (1_u32, payload.len() as u64);
    let header = [magic, &version.to_le_bytes(), &length.to_le_bytes()].concat();
    [&header, &Sha256::digest(payload)[..], payload].concat()
}

/// Asserts that a network can be used.
fn assert_sound(network: &Network) {
    assert!(
        network
            .weights()
            .all(|weights| weights.iter().all(|weight| weight.is_finite()))
    );
    if affordable(network) {
        let outputs = network.outputs(&Array2::zeros((2, network.inputs())));
        assert_eq!(outputs.dim(), (2, network.classes()));
    }
}

fn affordable(network: &Network) -> bool {
    let numbers = network.shapes().iter().map(|shape| shape.len());
    numbers
        .max()
        .unwrap_or(0)
        .saturating_mul(1 + network.parameter_count())
        <= MOST_WORK
}

/// Reads a model, or a checkpoint if `input[0]` is odd, from the rest of `input`: a whole file, or the payload of one
/// that gets a right header if `input[0]`'s second bit is set.
pub fn model(input: &[u8]) {
    let Some((&first, rest)) = input.split_first() else {
        return;
    };
    let is_checkpoint = first & 1 != 0;
    let magic: &[u8] = if is_checkpoint {
        b"DIGCHK\r\n"
    } else {
        b"DIGITS\r\n"
    };
    let bytes = if first & 2 == 0 {
        rest.to_vec()
    } else {
        sealed(magic, rest)
    };
    let path = Path::new("file");
    let result = if is_checkpoint {
        Checkpoint::from_bytes(&bytes, path).map(|checkpoint| {
            let state = &checkpoint.state;
            assert_sound(&state.network);
            for network in state.members.iter().chain(&state.average) {
                assert_sound(network);
                assert_eq!(
                    (network.inputs(), network.classes()),
                    (state.network.inputs(), state.network.classes())
                );
            }
            let again = checkpoint.to_bytes().unwrap();
            assert_eq!(
                Checkpoint::from_bytes(&again, path).unwrap().to_bytes().unwrap(),
                again
            );
        })
    } else {
        Model::from_bytes(&bytes, path).map(|model| {
            model.members.iter().for_each(assert_sound);
            if model.members.len() * model.views.len() < 16 && model.members.iter().all(affordable) {
                let inputs = Array2::zeros((2, model.members[0].inputs()));
                assert_eq!(model.probabilities(&inputs).dim(), (2, model.class_names.len()));
            }
            let again = model.to_bytes().unwrap();
            assert_eq!(Model::from_bytes(&again, path).unwrap(), model);
        })
    };
    if let Err(error) = result {
        assert!(matches!(error, Error::Model { .. }), "{error}");
    }
}
