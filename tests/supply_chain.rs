//! What the project is built from: compilers as old as it says will do, and every dependency that it names has a
//! reason.
#![allow(clippy::unwrap_used)]

mod common;

use common::root;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::process::Command;

/// All packages of Cargo.lock, with all features and for all systems, as cargo knows them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Major, minor and patch.
fn version(text: &str) -> [u32; 3] {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap());
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

#[test]
fn no_dependency_needs_a_newer_compiler() {
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    let packages = packages();
    let mut known = 0;
    for package in &packages {
        // Old crates do not say.
        if let Some(theirs) = package["rust_version"].as_str() {
            known += 1;
            let name = package["name"].as_str().unwrap();
            assert!(version(theirs) <= ours, "{name} needs Rust {theirs}");
        }
    }
    assert!(known > packages.len() / 2, "{known} of {}", packages.len());
}

#[test]
fn every_direct_dependency_has_a_reason() {
    let reasons = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, reasons) = reasons.split_once("Direct dependencies").unwrap();
    let packages = packages();
    let ours = packages
        .iter()
        .find(|package| package["name"] == env!("CARGO_PKG_NAME"))
        .unwrap();
    let dependencies = ours["dependencies"].as_array().unwrap();
    assert!(!dependencies.is_empty());
    for dependency in dependencies {
        let name = dependency["name"].as_str().unwrap();
        assert!(
            reasons.contains(&format!("`{name}`")),
            "{name} is not in CONTRIBUTING.md"
        );
    }
}

/// Packages with their features, one a line, along such edges of the tree of dependencies.
fn features(edges: &str) -> HashSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--locked", "--edges", edges, "--prefix", "none", "--format", "{p} {f}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| line.trim_end_matches("(*)").trim_end().to_owned())
        .collect()
}

#[test]
fn the_tests_stand_on_the_release_build() {
    let (released, tested) = (features("normal,build"), features("normal,build,dev"));
    assert!(released.len() > 50 && tested.len() > released.len());
    let anew: Vec<&String> = released.difference(&tested).collect();
    assert!(
        anew.is_empty(),
        "built anew for the tests, which ask for more features: {anew:?}"
    );
}
