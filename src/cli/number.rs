//! Numbers on the command line: what is none is said in plain words.

use std::str::FromStr;

/// A whole number.
///
/// # Errors
/// What was expected, if it is none.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse()
        .map_err(|_| "expected a whole number, such as 0 or 20")
}

/// Any number.
///
/// # Errors
/// What was expected, if it is none.
pub(super) fn decimal<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "expected a number, such as 0.5")
}
