//! Digits, letters and signs as the strokes of a pen.
//!
//! Strokes are separated by `|`. A stroke is a row of points, each a column and a row from 0 to 9, the top left
//! corner being `00`; `~` before it makes it a smooth curve.

/// Letters and signs that nobody takes for a digit. Left out are O, I, l, S, Z, B, b, g, q, y, D, C, G, J, Q, P, c,
/// d, j, o, s, z, θ, σ, β, Λ and the like, which some people's digits resemble.
pub(super) const SIGNS: [&str; 42] = [
    // A E F H K L M N
    "09 40 89|25 75",
    "80 00 09 89|04 64",
    "80 00 09|04 64",
    "00 09|80 89|04 84",
    "00 09|80 05 89",
    "09 00 45 80 89",
    "09 00 89 80",
    "00 09 89|09 00",
    // R T U V W X
    "09 00|~00 60 72 64 04|44 89",
    "00 80|40 49",
    "~00 06 29 69 86 80",
    "00 49 80",
    "00 29 44 69 80",
    "00 89|80 09",
    // a e f h k m n r u w
    "~72 41 04 28 68 72|~72 77 89",
    "~15 75 72 41 14 28 79",
    "~81 60 32 39|14 64",
    "00 09|~05 44 76 79",
    "00 09|73 05 79",
    "03 09|~05 23 45 49|~45 73 95 99",
    "03 09|~05 33 65 69",
    "03 09|~05 33 63 74",
    "~03 08 48 73|73 79",
    "~03 29 44 69 83",
    // α α γ π ε ψ ω μ
    "~91 65 29 06 13 42 66 99",
    "~90 68 39 05 21 41 67 88",
    "~01 22 46 49 38 46 81",
    "12 92|~32 36 19|~72 76 89",
    "~81 30 12 34 54|~34 06 38 88",
    "~00 05 48 85 80|40 49",
    "~11 05 28 46 68 95 81",
    "~03 07 47 72|72 78|02 09",
    // + = − star # arrow
    "40 48|04 84",
    "03 83|06 86",
    "05 85",
    "40 48|04 84|11 77|71 17",
    "30 29|70 69|03 93|06 96",
    "04 94|60 94 68",
    // tick heart house zigzag
    "04 39 90",
    "~44 21 03 26 49|~44 61 83 66 49",
    "04 40 84 89 09 04|39 36 56 59",
    "00 82 04 86 08",
];

/// Digits, and what they are, as many people write them and hardly anyone in MNIST did.
pub(super) const DIGITS: [(&str, u8); 18] = [
    // 1 with a flag, short, long, or as long as the stem; with a foot; with both; with a hooked flag.
    ("23 40 49", 1),
    ("15 40 49", 1),
    ("08 50 59", 1),
    ("06 60 69", 1),
    ("~07 35 60|~60 54 59", 1),
    ("40 49|19 79", 1),
    ("23 40 49|19 79", 1),
    ("14 40 49|29 69", 1),
    ("~13 33 50|50 49", 1),
    // 7 with a serif, with a bar, with both.
    ("03 00 80 39", 7),
    ("00 80 39|25 75", 7),
    ("03 00 80 49|25 75", 7),
    // Open 4, 3 with a flat top, 9 with a straight stem, 9 with a hook, small or large.
    ("20 05 85|62 69", 4),
    ("00 80 43|~43 75 78 39 07", 3),
    ("~70 41 24 45 72|71 79", 9),
    ("~71 40 22 44 72|~71 77 49 18", 9),
    ("~62 50 32 43 61|~61 75 77 49 17", 9),
    ("~60 40 22 33 53 61|~61 66 57 38 18", 9),
];
