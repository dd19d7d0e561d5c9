//! Which characters are not to be shown as they are.

/// Whether a character commands a terminal, or is not seen: a control character, or one that says how those around it
/// are to be joined, ordered or broken (Unicode 16, chapter 23, *Special Areas and Format Characters*).
pub(crate) fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_seen() {
        assert!(
            "\0\u{1b}\u{85}\u{ad}\u{200b}\u{202e}\u{2066}\u{feff}\u{61c}\u{3164}\u{fe0f}\u{e0061}"
                .chars()
                .all(is_unseen)
        );
        assert!(!"a ½é あ٣\u{301}…😀".contains(is_unseen));
    }
}
