//! Text in columns: some letters take two of a terminal's, some none.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// How many columns the widest of `texts` takes, but at least as many as `least`.
pub(crate) fn widest(texts: &[String], least: usize) -> usize {
    texts.iter().map(|text| width(text)).fold(least, usize::max)
}

/// The text behind as many blanks as make it so many columns wide.
pub(crate) fn right(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text))) + text
}

/// The text, cut to at most so many columns.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut left = columns.saturating_sub(1);
    for letter in text.chars() {
        let Some(rest) = left.checked_sub(letter.width().unwrap_or(0)) else {
            break;
        };
        left = rest;
        short.push(letter);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!([width("abc"), width("すき"), width("e\u{301}")], [3, 4, 1]);
        assert_eq!(
            [right("す", 4), right("a", 4), right("long", 2)],
            ["  す", "   a", "long"]
        );
        assert_eq!(widest(&["す".into(), "abc".into()], 2), 3);
        let cut = [("Blüte", 5), ("Blüten", 5), ("すきま", 5), ("すきま", 6)];
        assert_eq!(
            cut.map(|(text, columns)| shortened(text, columns)),
            ["Blüte", "Blüt…", "すき…", "すきま"]
        );
    }
}
