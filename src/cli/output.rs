//! What the commands share in printing.

use crate::letters::is_unseen;
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::io::{IsTerminal, Write};

/// A line on stderr, for people. That it may have nowhere to go is no error.
pub(super) fn message(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints a result on stdout.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    // Flushed at once, so that an error is noticed while somebody can still hear of it.
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.context("cannot write to stdout (make room where it leads, or send it elsewhere)")
}

/// A progress bar of `length` images: a hidden one if it is not wanted or stderr is no terminal.
pub(super) fn progress_bar(length: u64, wanted: bool) -> ProgressBar {
    if !wanted || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        // A bar that cannot show its rate is still a bar.
        let _ = write!(text, "{:.0} images/s", state.per_sec());
    };
    let style = ProgressStyle::with_template("{bar:30} {prefix}, {rate}, {msg}, eta {eta}");
    let style = style.map_or_else(
        |_| ProgressStyle::default_bar(),
        |style| style.with_key("rate", rate),
    );
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10)).with_style(style)
}

/// A progress bar of the bytes of `name`: a hidden one if it is not wanted or stderr is no terminal.
#[cfg(feature = "fetch")]
pub(super) fn bytes_bar(name: &'static str, wanted: bool) -> ProgressBar {
    if !wanted || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {prefix}, {bytes} of {total_bytes}, eta {eta}");
    ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_prefix(name)
}

/// An accuracy in per cent with its standard error.
pub(super) fn percent(accuracy: f64, standard_error: f64) -> String {
    format!("{:.2} ± {:.2} %", 100.0 * accuracy, 100.0 * standard_error)
}

/// So many of a `thing`, whose plural takes an s.
pub(super) fn counted(count: usize, thing: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{s}")
}

/// The names in one line.
pub(super) fn listed(names: &[String]) -> String {
    let between = if names.iter().any(|name| name.contains(' ')) {
        ", "
    } else {
        " "
    };
    plain(&names.join(between))
}

/// The text without what could command a terminal, or would not be seen: a model file may come from anywhere.
pub(super) fn plain(text: &str) -> String {
    text.replace(is_unseen, "\u{fffd}")
}
