//! Training that is killed, interrupted, started twice or out of room: the files on the disk are old or new, never
//! broken, and nothing but the steps since the last checkpoint is done again.
//!
//! With `DIGITS_LONG_TESTS` set, ten times as many processes are killed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use common::{digits, history, names, parts, small_data};
use digits::model_file::{Checkpoint, Model};
use rand_chacha::{ChaCha8Rng, rand_core::RngCore, rand_core::SeedableRng};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::tempdir;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// What begins like another training's checkpoint.
const ANOTHER: &[u8] = b"DIGCHK\r\n of another training";

fn start(folder: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_digits"))
        .args(args)
        .current_dir(folder)
        .env_remove("DIGITS_DATA")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: &str, child: &Child) {
    let kill = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < PATIENCE, "no {}", path.display());
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn killed_at_any_moment_it_leaves_whole_files_and_ends_in_the_same_bytes() {
    let kills = if std::env::var_os("DIGITS_LONG_TESTS").is_some() {
        200
    } else {
        20
    };
    let folder = tempdir().unwrap();
    let folder = folder.path();
    small_data(folder);
    let train = [
        "train",
        "--hidden=64",
        "--epochs=6",
        "--validation=50",
        "--checkpoint-every=0.001",
        "--averaging=0.9",
        "--output=m",
    ];
    let resume = [&train[..], &["--resume"]].concat();

    let (code, _, stderr) = parts(&digits(folder, &[&train[..], &["--seed=1"]].concat()));
    assert_eq!(code, 0, "{stderr}");
    let old = fs::read(folder.join("m")).unwrap();
    let start_time = Instant::now();
    assert_eq!(parts(&digits(folder, &train)).0, 0);
    let whole_run = start_time.elapsed();
    let (new, expected) = (fs::read(folder.join("m")).unwrap(), history(folder));
    assert!(old != new);
    fs::write(folder.join("m"), &old).unwrap();

    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut killed, mut mid_way, mut in_writing, mut finished) = (0, 0, 0, 0);
    while killed < kills {
        let temporary = folder.join(".digits-m.checkpoint");
        let left_before = temporary.exists();
        let mut child = start(folder, &resume);
        // From before the first step until just after the end.
        let share = (rng.next_u32() >> 8) as f64 / f64::from(1 << 24);
        sleep(whole_run.mul_f64(1.1 * share));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        killed += usize::from(!status.success());

        let model = fs::read(folder.join("m")).unwrap();
        assert!(
            model == old || model == new,
            "a model that is neither old nor new"
        );
        Model::load(&folder.join("m")).unwrap();
        let checkpoint = folder.join("m.checkpoint");
        if checkpoint.exists() {
            mid_way += 1;
            Checkpoint::load(&checkpoint).unwrap();
        }
        in_writing += usize::from(temporary.exists() && !left_before);
        // Every other one is killed again on the way.
        if rng.next_u32().is_multiple_of(2) {
            let (code, _, stderr) = parts(&digits(folder, &resume));
            assert_eq!(code, 0, "{stderr}");
            assert!(
                fs::read(folder.join("m")).unwrap() == new,
                "other bytes after a resumption"
            );
            assert_eq!(history(folder), expected);
            assert_eq!(names(folder), ["data", "m", "m.csv", "m.svg"]);
            finished += 1;
            fs::write(folder.join("m"), &old).unwrap();
        }
    }
    println!(
        "{killed} killed, {mid_way} with a checkpoint, {in_writing} while one was written, {finished} resumed to the end"
    );
    assert!(mid_way > 0 && finished > 0);
}

#[test]
fn within_an_epoch_there_are_checkpoints_too() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    small_data(folder);
    // 550 images are 110 steps.
    let train = [
        "train",
        "--conv=16,16,pool,16,pool",
        "--lr=0.01",
        "--epochs=1",
        "--validation=50",
        "--batch-size=5",
        "--averaging=0.9",
        "--output=m",
        "--checkpoint-every=0.001",
    ];
    let mut child = start(folder, &train);
    wait_for(&folder.join("m.checkpoint"));
    child.kill().unwrap();
    child.wait().unwrap();
    let state = Checkpoint::load(&folder.join("m.checkpoint")).unwrap().state;
    let steps = state.optimizer.steps;
    assert!((1..110).contains(&steps), "{steps}");
    let (code, _, stderr) = parts(&digits(folder, &[&train[..], &["--resume"]].concat()));
    assert_eq!(code, 0, "{stderr}");
    let resumed = (fs::read(folder.join("m")).unwrap(), history(folder));
    assert_eq!(parts(&digits(folder, &train)).0, 0);
    assert!(resumed == (fs::read(folder.join("m")).unwrap(), history(folder)));
}

#[test]
fn an_interrupt_keeps_everything_and_a_second_one_ends_at_once() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    small_data(folder);
    let train = [
        "train",
        "--conv=8,pool,8,pool",
        "--hidden=16",
        "--epochs=30",
        "--validation=50",
        "--output=m",
    ];
    assert_eq!(parts(&digits(folder, &train)).0, 0);
    let expected = fs::read(folder.join("m")).unwrap();
    fs::remove_file(folder.join("m")).unwrap();
    for signal in ["INT", "TERM"] {
        let child = start(folder, &train);
        wait_for(&folder.join("m.checkpoint"));
        send(signal, &child);
        let (code, _, stderr) = parts(&child.wait_with_output().unwrap());
        assert_eq!(code, 130, "{stderr}");
        assert!(
            stderr.contains("m.checkpoint has it all") && stderr.contains("--output=m --resume"),
            "{stderr}"
        );
        assert!(!folder.join("m").exists());
        let (code, _, stderr) = parts(&digits(folder, &[&train[..], &["--resume"]].concat()));
        assert_eq!(code, 0, "{stderr}");
        assert!(fs::read(folder.join("m")).unwrap() == expected);
        fs::remove_file(folder.join("m")).unwrap();
    }

    // Steps that take far longer than two signals.
    let slow = [
        "train",
        "--conv=64,64,64,64",
        "--hidden",
        "--batch-size=320",
        "--validation=0",
        "--threads=1",
        "--output=m",
    ];
    let mut child = start(folder, &slow);
    wait_for(&folder.join(".digits-m"));
    sleep(Duration::from_millis(200));
    send("INT", &child);
    sleep(Duration::from_millis(50));
    assert!(child.try_wait().unwrap().is_none(), "the step is finished first");
    send("INT", &child);
    let (code, _, stderr) = parts(&child.wait_with_output().unwrap());
    assert!(code == 130 && !stderr.contains("stopped after"), "{stderr}");
}

/// Somebody has forgotten `--resume`, sees the warning, and interrupts.
#[test]
fn an_interrupt_leaves_the_checkpoint_of_another_training() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    small_data(folder);
    fs::write(folder.join("m.checkpoint"), ANOTHER).unwrap();
    // Epochs that take far longer than a signal.
    let slow = [
        "train",
        "--conv=64,64,64,64",
        "--hidden",
        "--batch-size=32",
        "--validation=0",
        "--threads=1",
        "--output=m",
    ];
    let child = start(folder, &slow);
    wait_for(&folder.join(".digits-m"));
    sleep(Duration::from_millis(200));
    send("INT", &child);
    let (code, _, stderr) = parts(&child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{stderr}");
    assert!(
        stderr.contains("m.checkpoint is still of the training before"),
        "{stderr}"
    );
    assert_eq!(names(folder), ["data", "m.checkpoint"]);
    let left = fs::read(folder.join("m.checkpoint")).unwrap();
    assert_eq!(left, ANOTHER);
}

/// While data are read, be it for ever, a signal ends a training at once: nothing of it is worth keeping.
#[test]
fn a_signal_before_the_first_step_ends_it_and_leaves_all_as_it_was() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let data = small_data(folder);
    let images = data.join("train-images-idx3-ubyte");
    fs::remove_file(&images).unwrap();
    assert!(Command::new("mkfifo").arg(&images).status().unwrap().success());
    fs::write(folder.join("m.checkpoint"), ANOTHER).unwrap();
    let mut child = start(folder, &["train", "--validation=0", "--output=m"]);
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    send("TERM", &child);
    assert!(!child.wait().unwrap().success());
    assert_eq!(names(folder), ["data", "m.checkpoint"]);
    assert_eq!(fs::read(folder.join("m.checkpoint")).unwrap(), ANOTHER);
}

#[test]
fn two_trainings_do_not_write_to_one_output() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    small_data(folder);
    let long = [
        "train",
        "--hidden=8",
        "--epochs=30000",
        "--validation=50",
        "--output=m",
    ];
    let short = ["train", "--hidden=8", "--epochs=1", "--validation=50", "--output"];
    let mut first = start(folder, &long);
    wait_for(&folder.join("m.checkpoint"));
    let (code, _, stderr) = parts(&digits(folder, &[&short[..], &["m"]].concat()));
    assert!(
        code == 1 && stderr.contains("m: another training writes it; wait"),
        "{stderr}"
    );
    // The history of one is no place for the other.
    let (code, _, stderr) = parts(&digits(folder, &[&short[..], &["m.csv"]].concat()));
    assert!(
        code == 1 && stderr.contains("m.csv: another training"),
        "{stderr}"
    );
    let (code, _, stderr) = parts(&digits(folder, &[&short[..], &["other"]].concat()));
    assert_eq!(code, 0, "{stderr}");
    assert!(first.try_wait().unwrap().is_none());
    first.kill().unwrap();
    first.wait().unwrap();

    // Its locks went with it, and the next one clears away what it has left.
    let (code, _, stderr) = parts(&digits(folder, &[&short[..], &["m"]].concat()));
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        names(folder),
        ["data", "m", "m.csv", "m.svg", "other", "other.csv", "other.svg"]
    );
}

#[test]
fn without_room_the_old_files_stay() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    small_data(folder);
    let train = [
        "train",
        "--hidden=64",
        "--epochs=2",
        "--validation=50",
        "--output=m",
    ];
    assert_eq!(parts(&digits(folder, &train)).0, 0);
    let old = fs::read(folder.join("m")).unwrap();
    // Files may have 4 KiB at most, eight blocks of 512 bytes, and the signal that says so is ignored, as a full disk
    // has none.
    let command = format!(
        "trap '' XFSZ; ulimit -f 8; exec '{}' {} --seed 1",
        env!("CARGO_BIN_EXE_digits"),
        train.join(" ")
    );
    let limited = Command::new("sh")
        .args(["-c", &command])
        .current_dir(folder)
        .env_remove("DIGITS_DATA")
        .output();
    let (code, _, stderr) = parts(&limited.unwrap());
    assert_eq!(code, 1, "{stderr}");
    assert!(
        stderr.contains("warning: m.checkpoint: cannot write it"),
        "{stderr}"
    );
    assert!(stderr.contains("error: m: cannot write it"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(fs::read(folder.join("m")).unwrap() == old);
    assert_eq!(names(folder), ["data", "m", "m.csv", "m.svg"]);

    // Nor can anybody write there, root included.
    #[cfg(target_os = "linux")]
    {
        let nowhere = ["train", "--epochs=1", "--validation=50", "--output=/proc/m"];
        let (code, _, stderr) = parts(&digits(folder, &nowhere));
        assert!(
            code == 1 && stderr.contains("/proc/m: cannot write it"),
            "{stderr}"
        );
    }
}
