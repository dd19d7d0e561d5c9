//! Picture files of any bytes, up to what a network sees of them.

use digits::Error;
use digits::vision::{Candidate, Picture, candidates, decode, pages};
use image::ImageReader;
use std::io::Cursor;

/// Pixels above which a picture is left out: it takes long, and is read as a small one is.
const MANY: u64 = 1 << 16;

/// Decodes `bytes`, and finds what may be digits there.
pub fn picture(bytes: &[u8]) {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .unwrap();
    if let Ok((width, height)) = reader.into_dimensions()
        && u64::from(width) * u64::from(height) > MANY
    {
        return;
    }
    match decode(bytes) {
        Ok(picture) => {
            let (rows, columns) = picture.grey.dim();
            assert!(rows > 0 && columns > 0 && rows.max(columns) <= 1024);
            let planes = picture.colours.iter().flatten().chain([&picture.grey]);
            for plane in planes {
                assert_eq!(plane.dim(), (rows, columns));
                assert!(plane.iter().all(|shade| (0.0..=1.0).contains(shade)));
            }
            for candidate in candidates(&picture) {
                assert_sound(&candidate, &picture);
            }
            for candidate in pages(&picture).iter().flatten().flatten() {
                assert_sound(candidate, &picture);
            }
        }
        Err(Error::Picture { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

/// Asserts that a network can look at the candidate, and that it is a part of the picture.
fn assert_sound(candidate: &Candidate, picture: &Picture) {
    assert_eq!(candidate.image.dim(), (28, 28));
    assert!(candidate.image.iter().any(|&ink| ink > 0));
    let numbers = [
        candidate.plausibility,
        candidate.stroke_width,
        candidate.method.threshold,
    ];
    assert!(numbers.iter().all(|number| number.is_finite()), "{numbers:?}");
    let area = candidate.area;
    let (rows, columns) = picture.file;
    assert!(
        area.top < area.bottom && area.bottom <= rows,
        "{area:?} of {rows}"
    );
    assert!(
        area.left < area.right && area.right <= columns,
        "{area:?} of {columns}"
    );
}
