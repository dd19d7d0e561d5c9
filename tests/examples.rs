//! The short examples do what they say, on less data than they take.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../examples/custom_network.rs"]
mod custom_network;
#[path = "../examples/fashion.rs"]
mod fashion;

#[test]
fn networks_of_ones_own_learn() {
    let accuracies = custom_network::run(4_000).unwrap();
    assert!(
        accuracies.len() == 2 && accuracies.iter().all(|&accuracy| accuracy > 0.85),
        "{accuracies:?}"
    );
}

#[test]
fn garments_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    fashion::write_set(folder.path(), [("train", 800), ("t10k", 200)]).unwrap();
    assert!(fashion::run(folder.path()).unwrap() > 0.95);
}
