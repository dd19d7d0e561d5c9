//! Whether a JPEG file is cut off: decoders fill what is missing with grey, and a reader would guess at half a digit.

/// Whether the end-of-image marker follows the picture's data (ITU-T T.81, annex B). Anything may stand behind it.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    const END_OF_IMAGE: u8 = 0xd9;
    const START_OF_SCAN: u8 = 0xda;
    // Behind the start-of-image marker, segments that say how long they are; behind a start of scan, data up to the
    // next marker.
    let mut at = 2;
    let mut in_data = false;
    loop {
        let Some(&[marker, kind]) = bytes.get(at..at + 2).and_then(|pair| pair.first_chunk()) else {
            return false;
        };
        match kind {
            // In the data: an ordinary byte, a 255 that stands for itself, a restart marker.
            _ if in_data && marker != 0xff => at += 1,
            0x00 | 0xd0..=0xd7 if in_data => at += 2,
            // Fill bytes may stand before a marker.
            0xff => at += 1,
            _ if marker != 0xff => return false,
            END_OF_IMAGE => return true,
            _ => {
                let Some(length) = bytes.get(at + 2..at + 4).and_then(|pair| pair.first_chunk()) else {
                    return false;
                };
                at += 2 + usize::from(u16::from_be_bytes(*length));
                in_data = kind == START_OF_SCAN;
            }
        }
    }
}
