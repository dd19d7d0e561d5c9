//! Pages of `digits eval --report`: whole, self-contained, safe, and in agreement with `--json`.
#![allow(clippy::unwrap_used)]

mod common;

use common::{assert_balanced, assert_fails, digits, parts, root, small_data};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// Trains a small model in `folder`.
fn train(folder: &Path, more: &[&str]) {
    let args = [&["train", "--quiet", "--validation", "100"], more].concat();
    let (code, _, stderr) = parts(&digits(folder, &args));
    assert_eq!(code, 0, "{stderr}");
}

/// The page of an evaluation, and what `--json` says of it.
fn report(folder: &Path, more: &[&str]) -> (String, Value) {
    let args = [&["eval", "--quiet", "--json", "--report", "page.html"], more].concat();
    let (code, stdout, stderr) = parts(&digits(folder, &args));
    assert_eq!((code, stderr.as_str()), (0, ""));
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    (page, serde_json::from_str(&stdout).unwrap())
}

/// Asserts that a browser needs nothing but the page, and that its elements are closed.
fn assert_whole(page: &str) {
    assert_balanced(page);
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    for word in [
        "http:",
        "https:",
        "<script",
        "url(",
        "@import",
        "srcset",
        "javascript:",
        "NaN",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    // Whatever is referred to is in the page itself.
    for name in ["src=\"", "href=\""] {
        assert!(
            page.split(name).skip(1).all(|rest| rest.starts_with("data:")),
            "{name}"
        );
    }
    let pictures = page.matches("<img ").count();
    assert!(pictures > 0 && page.matches(" alt=\"").count() == pictures);
    let charts = page.matches("<svg ").count();
    assert_eq!(
        page.matches("role=\"img\" aria-label=\"").count() + page.matches("aria-hidden").count(),
        charts
    );
}

/// The contents of all elements that begin with `start`.
fn contents<'a>(page: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(start)
        .skip(1)
        .map(|rest| rest.split_once('<').unwrap().0)
}

/// Asserts that the page's numbers are those of `--json`.
fn assert_agrees(page: &str, json: &Value) {
    let number = |name: &str| json[name].as_f64().unwrap();
    let large: Vec<&str> = contents(page, "<strong>").collect();
    let confusion: Vec<u64> = json["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .collect();
    let classes = json["confusion"].as_array().unwrap().len();
    let right: u64 = confusion.iter().step_by(classes + 1).sum();
    let count = json["count"].as_u64().unwrap();
    let expected = [
        format!("{:.2} %", 100.0 * number("accuracy")),
        (count - right).to_string(),
        format!("{:.4}", number("loss")),
        format!("{:.4}", number("expected_calibration_error")),
    ];
    assert_eq!(large, expected);
    let [low, high] = digits::metrics::wilson_interval(right, count).map(|end| 100.0 * end);
    assert!(page.contains(&format!("{low:.2} to {high:.2} % with 95 % confidence")));

    // Cells are written row by row: what is right in all of them, mistakes where there are any.
    let map = page
        .split("Confusion matrix of")
        .nth(1)
        .unwrap()
        .split_once("</svg>")
        .unwrap()
        .0;
    let cells: Vec<u64> = map
        .split("<text ")
        .filter(|text| text.contains("numbers"))
        .map(|text| {
            text.split_once('>')
                .unwrap()
                .1
                .split_once('<')
                .unwrap()
                .0
                .parse()
                .unwrap()
        })
        .collect();
    let drawn = confusion
        .iter()
        .enumerate()
        .filter(|&(cell, &count)| count > 0 || cell % (classes + 1) == 0);
    assert_eq!(cells, drawn.map(|(_, &count)| count).collect::<Vec<_>>());
}

#[test]
fn the_page_of_a_dense_model_is_whole_and_says_what_json_says() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    // Labels that nobody can learn make mistakes to show.
    let labels = data.join("t10k-labels-idx1-ubyte");
    let mut bytes = fs::read(&labels).unwrap();
    bytes[8..38].rotate_left(1);
    fs::write(&labels, bytes).unwrap();
    train(
        folder.path(),
        &["--preset", "article", "--hidden", "16", "--epochs", "3"],
    );
    let (page, json) = report(folder.path(), &["--robustness"]);
    assert_whole(&page);
    assert_agrees(&page, &json);
    let model = fs::read(folder.path().join("models/digits.bin")).unwrap();
    let checksum: Vec<String> = Sha256::digest(&model)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    for words in [
        "digits eval --quiet --json --report page.html --robustness",
        &checksum.concat(),
        "Loss over 3 epochs",
        "The 16 neurons of its first layer",
        "not MNIST, by its checksums",
        ">article<",
        "canny edges",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Every corruption has its row.
    let corruptions = json["robustness"].as_object().unwrap();
    for (name, accuracy) in corruptions.iter().filter(|(name, _)| *name != "mean") {
        let row = page
            .split(&format!("<th scope=\"row\">{name}</th>"))
            .nth(1)
            .unwrap();
        let accuracy = format!("{:.2} %<svg", 100.0 * accuracy.as_f64().unwrap());
        assert!(row.split_once("</tr>").unwrap().0.contains(&accuracy), "{name}");
    }
    // The same model and data make the same page, with any number of threads.
    let (again, _) = report(folder.path(), &["--robustness", "--threads", "3"]);
    assert_eq!(again.replace(" --threads 3", ""), page);
}

#[test]
fn a_mistake_is_shown_as_the_image_that_it_is() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let labels = data.join("t10k-labels-idx1-ubyte");
    let mut bytes = fs::read(&labels).unwrap();
    // Image 17 is a 7.
    bytes[8 + 17] = 3;
    fs::write(&labels, bytes).unwrap();
    train(
        folder.path(),
        &["--hidden", "32", "--epochs", "6", "--augment", "none"],
    );
    let (page, json) = report(folder.path(), &[]);
    assert_agrees(&page, &json);
    assert_eq!(json["accuracy"], 0.99, "a set this simple is learned");
    let uri = page
        .split("<ul class=\"gallery\">")
        .nth(1)
        .unwrap()
        .split('"')
        .nth(1)
        .unwrap();
    assert!(page.contains("alt=\"Image 17: a 3 taken for 7\""));
    let png = base64(uri.strip_prefix("data:image/png;base64,").unwrap());
    let picture = image::load_from_memory(&png).unwrap().into_luma8();
    let ink: Vec<u8> = picture.pixels().map(|pixel| 255 - pixel.0[0]).collect();
    let images = fs::read(data.join("t10k-images-idx3-ubyte")).unwrap();
    assert_eq!(ink, images[16 + 17 * 784..16 + 18 * 784]);
}

/// Decodes base 64.
fn base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let bytes = text.chunks(4).flat_map(|chunk| {
        let bits = (0..4).fold(0, |bits, index| {
            bits << 6 | chunk.get(index).map_or(0, |&letter| value(letter))
        });
        bits.to_be_bytes()[1..chunk.len()].to_vec()
    });
    bytes.collect()
}

#[test]
fn the_built_in_ensemble_and_other_numbers_of_classes_have_pages() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let (page, json) = report(folder.path(), &["--model", "builtin"]);
    assert_whole(&page);
    assert_agrees(&page, &json);
    for words in [
        "kernels of its first convolution",
        "without the history",
        "4 networks, each of these layers",
    ] {
        assert!(page.contains(words), "{words}");
    }

    // Three classes; and ten with one more, for what is no digit.
    let three = folder.path().join("three");
    fs::create_dir(&three).unwrap();
    for (set, count) in [("train", 600), ("t10k", 100)] {
        let labels = (0..count).map(|index| (index % 3) as u8);
        let bytes = [0x0801, count]
            .map(u32::to_be_bytes)
            .concat()
            .into_iter()
            .chain(labels);
        fs::write(
            three.join(format!("{set}-labels-idx1-ubyte")),
            bytes.collect::<Vec<u8>>(),
        )
        .unwrap();
        let images = format!("{set}-images-idx3-ubyte");
        fs::copy(data.join(&images), three.join(&images)).unwrap();
    }
    for (classes, flags) in [
        (3, &["--data", "three", "--hidden", "8"][..]),
        (
            11,
            &["--data", "data", "--conv", "4,pool,4,pool", "--outliers", "60"],
        ),
    ] {
        train(folder.path(), &[flags, &["--epochs", "1"]].concat());
        let (page, json) = report(folder.path(), &flags[..2]);
        assert_whole(&page);
        assert_agrees(&page, &json);
        assert!(page.contains(&format!("Confusion matrix of {classes} by {classes} classes")));
        let unseen = "<th scope=\"row\">none</th><td>0</td><td>–</td>";
        assert_eq!(page.contains(unseen), classes == 11);
    }
}

#[cfg(unix)]
#[test]
fn names_and_histories_from_elsewhere_do_no_harm() {
    let folder = tempdir().unwrap();
    let data = small_data(folder.path());
    let hostile = "<script>alert('x')</script>&\"\u{202e}\u{1b}";
    let model = format!("{}.bin", hostile.replace('/', "_"));
    let hostile_data = folder.path().join(hostile.replace('/', "_"));
    fs::rename(data, &hostile_data).unwrap();
    let flags = ["--data", hostile_data.to_str().unwrap()];
    train(
        folder.path(),
        &[
            &flags[..],
            &["--hidden", "8", "--epochs", "1", "--output", &model],
        ]
        .concat(),
    );
    let (page, _) = report(folder.path(), &[&flags[..], &["--model", &model]].concat());
    assert_whole(&page);
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;_script&gt;&amp;&quot;\u{fffd}\u{fffd}"));

    // A history that is none is left out, and said so.
    fs::write(folder.path().join(format!("{model}.csv")), "<b>,\n").unwrap();
    let (page, _) = report(folder.path(), &[&flags[..], &["--model", &model]].concat());
    assert_whole(&page);
    assert!(page.contains("is left out: it is not the history of a training"));
    fs::remove_file(folder.path().join(format!("{model}.csv"))).unwrap();
    let (page, _) = report(folder.path(), &[&flags[..], &["--model", &model]].concat());
    assert!(page.contains("There is no learning curve"));
}

#[test]
fn a_page_that_cannot_be_written_is_noticed_before_anything_else() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    // There is no data, which is found later.
    let args = ["eval", "--model", "builtin", "--data", "nowhere", "--report"];
    for page in ["file/page.html", "."] {
        assert_fails(
            folder.path(),
            &[&args[..], &[page]].concat(),
            1,
            &[page, "cannot write it"],
        );
    }
}

#[test]
fn the_parameters_that_info_lists_add_up() {
    let folder = tempdir().unwrap();
    small_data(folder.path());
    train(
        folder.path(),
        &[
            "--conv",
            "4,pool",
            "--hidden",
            "8",
            "--epochs",
            "1",
            "--members",
            "2",
        ],
    );
    let trained = folder.path().join("models/digits.bin");
    for model in ["builtin", trained.to_str().unwrap()] {
        let info = |more: &[&str]| {
            let (code, stdout, stderr) = parts(&digits(root(), &[&["info", model], more].concat()));
            assert_eq!((code, stderr.as_str()), (0, ""));
            stdout
        };
        let json: Value = serde_json::from_str(&info(&["--json"])).unwrap();
        let networks = json["networks"].as_array().unwrap();
        let number = |value: &Value| value["parameters"].as_u64().unwrap();
        for network in networks {
            let layers = network["layers"].as_array().unwrap();
            assert_eq!(layers.iter().map(number).sum::<u64>(), number(network));
        }
        assert_eq!(networks.iter().map(number).sum::<u64>(), number(&json));
        let text = info(&[]);
        assert!(
            text.contains(&format!("\nparameters: {} (", number(&json))),
            "{text}"
        );
        assert!(
            text.contains(&format!("\n{} networks, each:\n", networks.len())),
            "{text}"
        );
        // Of the table, the last column: the total is the sum of what is above it.
        let rows = text
            .lines()
            .skip_while(|line| !line.trim_start().starts_with("input"))
            .skip(1);
        let (layers, rest): (Vec<&str>, Vec<&str>) =
            rows.partition(|line| line.trim_start().starts_with(char::is_numeric));
        let last = |line: &str| {
            line.chars()
                .skip(39)
                .collect::<String>()
                .trim()
                .parse::<u64>()
                .unwrap_or(0)
        };
        let total = rest
            .iter()
            .find(|line| line.trim_start().starts_with("total"))
            .unwrap();
        assert_eq!(
            layers.iter().map(|line| last(line)).sum::<u64>(),
            number(&networks[0])
        );
        assert_eq!(last(total), number(&networks[0]));
    }
}
