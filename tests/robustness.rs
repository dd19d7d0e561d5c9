//! `digits eval --robustness`: accuracies under every corruption, and nothing new without the flag.
#![allow(clippy::unwrap_used)]

mod common;

use common::{digits, parts, small_data};
use digits::dataset::Corruption;
use tempfile::tempdir;

#[test]
fn eval_reports_the_accuracy_under_every_corruption() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    let eval = |more: &[&str]| {
        let args = [&["eval", "--model", "builtin"], more].concat();
        let (code, stdout, stderr) = parts(&digits(folder.path(), &args));
        assert_eq!(code, 0, "{stderr}");
        stdout
    };
    let plain = eval(&[]);
    let robust = eval(&["--robustness"]);
    let table = robust.strip_prefix(&plain).unwrap();
    for name in Corruption::ALL
        .map(Corruption::name)
        .iter()
        .chain(&["mean", "clean"])
    {
        let lines = table.lines().filter(|line| line.starts_with(name));
        assert_eq!(lines.count(), 1, "{name} in {table}");
    }

    let json = |more: &[&str]| -> serde_json::Value { serde_json::from_str(&eval(more)).unwrap() };
    assert!(json(&["--json"]).get("robustness").is_none());
    let report = json(&["--json", "--robustness", "--threads", "1"]);
    let accuracy = |name: &str| report["robustness"][name].as_f64().unwrap();
    let accuracies = Corruption::ALL.map(|corruption| accuracy(corruption.name()));
    let mean = accuracies.iter().sum::<f64>() / 15.0;
    assert!((accuracy("mean") - mean).abs() < 1e-9);
    let differs = |accuracy: &f64| (accuracy - accuracies[0]).abs() > 1e-9;
    assert!(accuracies.iter().any(differs), "all corruptions are alike");
    assert_eq!(report["robustness"].as_object().unwrap().len(), 16);
    // Any number of threads sees the same images.
    assert_eq!(report, json(&["--json", "--robustness", "--threads", "3"]));
}
