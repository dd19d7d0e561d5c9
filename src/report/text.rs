//! Text as HTML and SVG want it.

use crate::letters::is_unseen;

/// The text for content and quoted attributes of HTML and XML: a path, a class name or a note may come from anywhere.
/// What XML cannot hold, and what is not seen or would reorder the text around it, is replaced.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if is_unseen(letter) => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A count with a comma at every thousand.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_ends_an_element_or_an_attribute() {
        let text = escape("a<b>&\"c'\u{0}\u{1b}[31m\u{202e}é");
        assert_eq!(text, "a&lt;b&gt;&amp;&quot;c&#39;\u{fffd}\u{fffd}[31m\u{fffd}é");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
