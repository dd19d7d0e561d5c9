//! Picture files written from their formats' descriptions, with none of the code that reads them.
#![allow(dead_code, clippy::unwrap_used)]

use std::io::Write;

/// Width and height.
pub type Size = (usize, usize);

/// Samples of `depth` bits, the first in the highest bits, the last byte filled up with 0; those of 16 bits most
/// significant byte first.
pub fn packed(samples: &[u16], depth: usize) -> Vec<u8> {
    if depth == 16 {
        return samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
    }
    let pack = |samples: &[u16]| {
        let bytes = samples.iter().zip((0..8 / depth).rev());
        bytes.fold(0, |byte, (&sample, place)| {
            byte | (sample as u8) << (depth * place)
        })
    };
    samples.chunks(8 / depth).map(pack).collect()
}

/// First column and row, and steps, of each pass over an interlaced PNG.
const ADAM7: [[usize; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

/// PNG (W3C, *Portable Network Graphics*, third edition): `colour` is the type's number, `chunks` stand before the
/// pixels; each row's filter is another one of the first three.
pub fn png(
    (width, height): Size,
    (colour, depth): (u8, usize),
    interlaced: bool,
    chunks: &[(&[u8; 4], Vec<u8>)],
    samples: &[u16],
) -> Vec<u8> {
    let channels = samples.len() / (width * height);
    let passes = if interlaced { &ADAM7[..] } else { &[[0, 0, 1, 1]] };
    let before = (channels * depth / 8).max(1);
    let mut data = Vec::new();
    for &[left, top, across, down] in passes.iter().filter(|pass| pass[0] < width) {
        let mut above: Vec<u8> = Vec::new();
        for row in (top..height).step_by(down) {
            let pixels = (left..width).step_by(across).map(|column| row * width + column);
            let line: Vec<u16> = pixels
                .flat_map(|pixel| &samples[pixel * channels..(pixel + 1) * channels])
                .copied()
                .collect();
            let line = packed(&line, depth);
            above.resize(line.len(), 0);
            let filter = row as u8 % 3;
            data.push(filter);
            data.extend(line.iter().enumerate().map(|(at, byte)| match filter {
                0 => *byte,
                1 => byte.wrapping_sub(at.checked_sub(before).map_or(0, |at| line[at])),
                _ => byte.wrapping_sub(above[at]),
            }));
            above = line;
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        let named = [&name[..], data].concat();
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(&named);
        file.extend(crc32fast::hash(&named).to_be_bytes());
    };
    let size = [width as u32, height as u32].map(u32::to_be_bytes).concat();
    let kind = [depth as u8, colour, 0, 0, u8::from(interlaced)];
    chunk(b"IHDR", &[&size[..], &kind].concat());
    for (name, data) in chunks {
        chunk(name, data);
    }
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&data).unwrap();
    chunk(b"IDAT", &encoder.finish().unwrap());
    chunk(b"IEND", &[]);
    file
}

/// A portable anymap (Netpbm's manual: pbm, pgm, ppm): P1 to P6, with samples up to `most`.
pub fn anymap((width, height): Size, kind: u8, most: u16, samples: &[u16]) -> Vec<u8> {
    let mut file = format!("P{kind}\n# drawn by chance\n{width} {height}\n").into_bytes();
    if ![1, 4].contains(&kind) {
        file.extend(format!("{most}\n").bytes());
    }
    if kind < 4 {
        // Lines as long as they may be: 70 letters.
        for line in samples.chunks(10) {
            let words: Vec<String> = line.iter().map(u16::to_string).collect();
            file.extend((words.join(" ") + "\n").bytes());
        }
        return file;
    }
    let depth = match (kind, most) {
        (4, _) => 1,
        (_, ..=255) => 8,
        _ => 16,
    };
    file.extend(
        samples
            .chunks(samples.len() / height)
            .flat_map(|row| packed(row, depth)),
    );
    file
}

/// A Windows bitmap without compression: of 1, 4 or 8 bits with a palette of red, green and blue, or of 24 or 32 bits.
pub fn bitmap(
    (width, height): Size,
    bits: usize,
    palette: &[[u8; 3]],
    upside_down: bool,
    samples: &[u16],
) -> Vec<u8> {
    let bgr = |colour: &[u8]| [colour[2], colour[1], colour[0], 0];
    let start = 14 + 40 + 4 * palette.len();
    let rows = samples.chunks(samples.len() / height).map(|row| {
        let mut line: Vec<u8> = match bits {
            24 | 32 => packed(row, 8)
                .chunks(3)
                .flat_map(|colour| bgr(colour).into_iter().take(bits / 8))
                .collect(),
            _ => packed(row, bits),
        };
        line.resize(line.len().next_multiple_of(4), 0);
        line
    });
    let mut rows: Vec<Vec<u8>> = rows.collect();
    // The last row comes first, unless the height is negative.
    let signed = if upside_down {
        -(height as i32)
    } else {
        rows.reverse();
        height as i32
    };
    let pixels = rows.concat();
    let mut file = b"BM".to_vec();
    for number in [start + pixels.len(), 0, start, 40, width] {
        file.extend((number as u32).to_le_bytes());
    }
    file.extend(signed.to_le_bytes());
    file.extend([1, 0, bits as u8, 0]);
    for number in [0, pixels.len(), 2835, 2835, palette.len(), 0] {
        file.extend((number as u32).to_le_bytes());
    }
    file.extend(palette.iter().flat_map(|colour| bgr(colour)));
    file.extend(pixels);
    file
}

/// A TIFF file's head and one directory (Aldus, 1992, *TIFF, revision 6.0*) of tags, each with short or long numbers:
/// all that EXIF's orientation needs.
pub fn directory(big_endian: bool, tags: &[(u16, Vec<u32>)]) -> Vec<u8> {
    let short = |number: u16| {
        if big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let long = |number: u32| {
        if big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let mut file = if big_endian {
        b"MM".to_vec()
    } else {
        b"II".to_vec()
    };
    file.extend(short(42));
    file.extend(long(8));
    file.extend(short(tags.len() as u16));
    let after = 8 + 2 + 12 * tags.len() + 4;
    let mut rest = Vec::new();
    for (tag, values) in tags {
        // Where the pixels are, and how many bytes, may be more than a short number says.
        let is_long = [273, 279].contains(tag);
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|&value| {
                if is_long {
                    long(value).to_vec()
                } else {
                    short(value as u16).to_vec()
                }
            })
            .collect();
        file.extend(short(*tag));
        file.extend(short(if is_long { 4 } else { 3 }));
        file.extend(long(values.len() as u32));
        if bytes.len() > 4 {
            file.extend(long((after + rest.len()) as u32));
            rest.extend(bytes);
        } else {
            file.extend(&bytes);
            file.resize(file.len() + 4 - bytes.len(), 0);
        }
    }
    file.extend(long(0));
    file.extend(rest);
    file
}

/// A TIFF file in one strip: `photometric` is 0 where 0 is white, 1 where it is black, 2 for colours.
pub fn tiff(
    big_endian: bool,
    (width, height): Size,
    (photometric, depth): (u32, usize),
    orientation: u8,
    samples: &[u16],
) -> Vec<u8> {
    let channels = samples.len() / (width * height);
    let pixels: Vec<u8> = samples
        .chunks(width * channels)
        .flat_map(|row| match depth {
            16 if !big_endian => row.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
            _ => packed(row, depth),
        })
        .collect();
    let tags = |start: usize| {
        directory(
            big_endian,
            &[
                (256, vec![width as u32]),
                (257, vec![height as u32]),
                (258, vec![depth as u32; channels]),
                (259, vec![1]),
                (262, vec![photometric]),
                (273, vec![start as u32]),
                (274, vec![orientation.into()]),
                (277, vec![channels as u32]),
                (278, vec![height as u32]),
                (279, vec![pixels.len() as u32]),
            ],
        )
    };
    let start = tags(0).len();
    [tags(start), pixels].concat()
}
