//! Files of every known format, made by code: small, but real. Integration tests and the fuzzer
//! include this file too, so it uses nothing of the crate.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

#[path = "sample_parts.rs"]
mod sample_parts;
pub use sample_parts::*;

/// Reproducible noise.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 99u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

/// Sentences of a small vocabulary.
pub fn text(len: usize) -> Vec<u8> {
    const WORDS: [&str; 12] = [
        "the ", "block ", "of ", "a ", "file ", "is ", "coded, ", "then ", "read ", "again. ",
        "And\n", "nothing ",
    ];
    noise(len)
        .iter()
        .flat_map(|&byte| WORDS[usize::from(byte) % WORDS.len()].bytes())
        .take(len)
        .collect()
}

/// A soft picture with a little grain, `channels` bytes a pixel.
pub fn pixels(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let grain = noise(width * height * channels);
    let value = |index: usize| {
        let (x, y) = (index / channels % width, index / channels / width);
        (x * 2 + y + index % channels * 40) as u8 & 0xFC | grain[index] & 1
    };
    (0..width * height * channels).map(value).collect()
}

pub fn bmp(width: usize, height: usize) -> Vec<u8> {
    let row = (width * 3).next_multiple_of(4);
    let mut out = b"BM".to_vec();
    out.extend_from_slice(&((54 + row * height) as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    for word in [54, 40, width as u32, height as u32] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&[1, 0, 24, 0]);
    out.extend_from_slice(&[0; 24]);
    for line in pixels(width, height, 3).chunks(width * 3) {
        out.extend_from_slice(line);
        out.resize(out.len() + row - width * 3, 0);
    }
    out
}

pub fn ppm(width: usize, height: usize) -> Vec<u8> {
    let mut out = format!("P6\n# made by code\n{width} {height}\n255\n").into_bytes();
    out.extend(pixels(width, height, 3));
    out
}

pub fn tiff(width: u16, height: u16) -> Vec<u8> {
    let body = pixels(width.into(), height.into(), 1);
    let mut out = b"II*\0".to_vec();
    out.extend_from_slice(&((8 + body.len()) as u32).to_le_bytes());
    out.extend_from_slice(&body);
    let fields = [
        (256, width.into()),
        (257, height.into()),
        (258, 8),
        (259, 1),
        (273, 8),
        (277, 1),
        (279, body.len() as u32),
    ];
    out.extend_from_slice(&(fields.len() as u16).to_le_bytes());
    for (tag, value) in fields {
        out.extend_from_slice(&u16::to_le_bytes(tag));
        out.extend_from_slice(&[4, 0, 1, 0, 0, 0]);
        out.extend_from_slice(&u32::to_le_bytes(value));
    }
    out.extend_from_slice(&[0; 4]);
    out
}

fn sound(frames: usize) -> impl Iterator<Item = i16> {
    noise(frames).into_iter().scan(0i16, |level, byte| {
        *level = level.wrapping_add(i16::from(byte) - 128);
        Some(*level)
    })
}

pub fn wav(frames: usize) -> Vec<u8> {
    let mut out =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xAC\0\0\x88\x58\x01\0\x02\0\x10\0data"
            .to_vec();
    out.extend_from_slice(&(frames as u32 * 2).to_le_bytes());
    out.extend(sound(frames).flat_map(i16::to_le_bytes));
    out
}

pub fn aiff(frames: usize) -> Vec<u8> {
    let mut out =
        b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\x01\0\0\0\0\0\x10\x40\x0E\xAC\x44\0\0\0\0\0\0SSND"
            .to_vec();
    out.extend_from_slice(&(frames as u32 * 2 + 8).to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend(sound(frames).flat_map(i16::to_be_bytes));
    out
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// One member and no directory.
pub fn zip(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(content).unwrap();
    let body = encoder.finish().unwrap();
    let mut out = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0".to_vec();
    for word in [crc32(content), body.len() as u32, content.len() as u32] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(b"\x05\0\0\0a.txt");
    out.extend(body);
    out
}

/// Rows of RGB pixels behind the five filters of PNG in turn.
fn filtered(pixels: &[u8], row_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (row, line) in pixels.chunks(row_bytes).enumerate() {
        out.push((row % 5) as u8);
        for (column, &byte) in line.iter().enumerate() {
            let at = |back: usize, up: usize| {
                let inside = column >= back && row >= up;
                if inside { i16::from(pixels[(row - up) * row_bytes + column - back]) } else { 0 }
            };
            let (left, above, corner) = (at(3, 0), at(0, 1), at(3, 1));
            let estimate = left + above - corner;
            let nearest = [left, above, corner]
                .into_iter()
                .min_by_key(|near| estimate.abs_diff(*near))
                .unwrap_or(0);
            out.push(
                byte.wrapping_sub([0, left, above, (left + above) / 2, nearest][row % 5] as u8),
            );
        }
    }
    out
}

/// RGB, every filter in use, IDAT chunks of 4000 bytes.
pub fn png(width: usize, height: usize) -> Vec<u8> {
    let chunk = |out: &mut Vec<u8>, name: &[u8], data: &[u8]| {
        out.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let start = out.len();
        out.extend_from_slice(name);
        out.extend_from_slice(data);
        let crc = crc32(&out[start..]);
        out.extend_from_slice(&crc.to_be_bytes());
    };
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    let mut header = [width as u32, height as u32].map(u32::to_be_bytes).concat();
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    chunk(&mut out, b"IHDR", &header);
    let lines = filtered(&pixels(width, height, 3), width * 3);
    for data in zlib(&lines).chunks(4000) {
        chunk(&mut out, b"IDAT", data);
    }
    chunk(&mut out, b"IEND", &[]);
    out
}

/// Grey, baseline, flat 8 × 8 squares: only DC coefficients differ.
pub fn jpeg(squares: usize) -> Vec<u8> {
    let side = (squares as u16 * 8).to_be_bytes();
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    out.extend_from_slice(&[8; 64]);
    out.extend_from_slice(&[
        0xFF, 0xC0, 0, 11, 8, side[0], side[1], side[0], side[1], 1, 1, 0x11, 0,
    ]);
    // Twelve DC codes of four bits each, one AC code of one bit: end of block.
    out.extend_from_slice(&[
        0xFF, 0xC4, 0, 31, 0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    out.extend(0..12u8);
    out.extend_from_slice(&[
        0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    out.extend_from_slice(&[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    let (mut bits, mut count) = (0u64, 0);
    let mut before = 0i32;
    for (index, byte) in noise(squares * squares).into_iter().enumerate() {
        let level = (index % squares) as i32 * 3 + i32::from(byte & 3);
        let difference = level - before;
        before = level;
        let size = 32 - difference.unsigned_abs().leading_zeros();
        let value =
            if difference < 0 { difference - 1 } else { difference } as u32 & ((1 << size) - 1);
        bits = (bits << 4 | u64::from(size)) << size << 1 | u64::from(value) << 1;
        count += 5 + size;
        while count >= 8 {
            let byte = (bits >> (count - 8)) as u8;
            out.push(byte);
            if byte == 0xFF {
                out.push(0);
            }
            count -= 8;
        }
    }
    if count > 0 {
        out.push((bits << (8 - count)) as u8 | ((1 << (8 - count)) - 1) as u8);
    }
    out.extend_from_slice(&[0xFF, 0xD9]);
    out
}

/// Code in which functions call each other and read their data, as compilers make it for x86-64.
pub fn code(len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in noise(len / 8) {
        let to = |at: usize, target: usize| (target as i32 - at as i32).to_le_bytes();
        match byte & 7 {
            0..=2 => {
                out.push(0xE8);
                out.extend_from_slice(&to(out.len() + 4, usize::from(byte >> 3) * 321));
            }
            3 => {
                out.extend_from_slice(&[0x48, 0x8B, 0x05]);
                out.extend_from_slice(&to(out.len() + 4, usize::from(byte >> 3) * 123));
            }
            4 => {
                out.extend_from_slice(&[0x0F, 0x84]);
                out.extend_from_slice(&to(out.len() + 4, out.len() + usize::from(byte)));
            }
            5 => out.extend_from_slice(&[0x48, 0x89, 0xC3, 0x48, 0x8D, 0x7C, 0x24, byte]),
            6 => out.extend_from_slice(&[0x48, 0x83, 0xC4, byte, 0xC3]),
            _ => out.extend_from_slice(&[0x89, 0xD8, 0x8B, 0x4D, byte]),
        }
    }
    out
}

/// Grey with 16 bits a pixel, big-endian.
pub fn pgm16(width: usize, height: usize) -> Vec<u8> {
    let mut out = format!("P5\n{width} {height}\n65535\n").into_bytes();
    let grain = noise(width * height);
    let value = |index: usize| {
        ((index % width) * 300 + (index / width) * 170) as u16 + u16::from(grain[index] >> 3)
    };
    out.extend((0..width * height).flat_map(|index| value(index).to_be_bytes()));
    out
}

/// Rows of five cells, parted by commas.
pub fn table(rows: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (row, byte) in noise(rows).into_iter().enumerate() {
        let (price, shop) = (
            usize::from(byte) * 37 % 900 + 100,
            ["north", "south", "east", "west"][usize::from(byte) % 4],
        );
        out.extend(
            format!(
                "{},{shop},{}.{:02},{},{}\n",
                10_000 + row,
                price / 10,
                price % 100,
                row % 7,
                byte % 3 == 0
            )
            .bytes(),
        );
    }
    out
}

/// A TrueType font of square glyphs.
pub fn font(glyphs: u16) -> Vec<u8> {
    let (mut outlines, mut places, mut widths) = (Vec::new(), vec![0; 2], Vec::new());
    for (glyph, byte) in (0..glyphs).zip(noise(glyphs.into())) {
        let side = 200 + glyph * 3 + u16::from(byte & 15);
        // One contour, its box, four points, no instructions.
        outlines.extend([1, 0, 0, side, side, 3, 0].map(u16::to_be_bytes).concat());
        outlines.extend([1; 4]);
        for step in [0, side, 0, side.wrapping_neg(), 0, 0, side, 0] {
            outlines.extend(step.to_be_bytes());
        }
        outlines.resize(outlines.len().next_multiple_of(2), 0);
        places.extend(((outlines.len() / 2) as u16).to_be_bytes());
        widths.extend([(side + 40).to_be_bytes(), [0, byte & 15]].concat());
    }
    let mut head = vec![0; 54];
    head[12..16].copy_from_slice(&[0x5F, 0x0F, 0x3C, 0xF5]);
    let tables = [(b"glyf", outlines), (b"head", head), (b"hmtx", widths), (b"loca", places)];
    let mut out = vec![0, 1, 0, 0, 0, tables.len() as u8, 0, 64, 0, 2, 0, 0];
    let mut at = out.len() + 16 * tables.len();
    for (tag, table) in &tables {
        out.extend(
            [
                &tag[..],
                &crc32(table).to_be_bytes(),
                &(at as u32).to_be_bytes(),
                &(table.len() as u32).to_be_bytes(),
            ]
            .concat(),
        );
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in &tables {
        out.extend_from_slice(table);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

/// A number as WebAssembly has it.
fn leb128(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 127 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A WebAssembly module whose functions call each other, and some text behind its code.
pub fn wasm(functions: usize) -> Vec<u8> {
    let section =
        |number: u8, content: &[u8]| [&[number], &leb128(content.len())[..], content].concat();
    let (mut kinds, mut code) = (leb128(functions), leb128(functions));
    for (function, byte) in noise(functions).into_iter().enumerate() {
        kinds.push(byte >> 6 & 1);
        let mut body = vec![1, 2, 0x7F];
        for (step, byte) in
            noise(usize::from(byte) + 10).into_iter().skip(function % 10).enumerate()
        {
            let variable = byte & 3;
            match byte >> 5 {
                0 => body.extend([0x20, variable, 0x28, 2, byte & 0x3C, 0x21, 1]),
                1 => body.extend([
                    0x20,
                    variable,
                    0x41,
                    step as u8 & 0x3F,
                    0x6A,
                    0x22,
                    2,
                    0x21,
                    variable,
                ]),
                2 => body.extend(
                    [&[0x20, 0, 0x10], &leb128(usize::from(byte) % functions)[..], &[0x1A]]
                        .concat(),
                ),
                3 => {
                    body.extend([0x02, 0x40, 0x20, variable, 0x45, 0x0D, 0, 0x41, 1, 0x21, 1, 0x0B])
                }
                4 => body.extend([0x20, 0, 0x20, variable, 0x36, 2, byte & 0x3C]),
                _ => body.extend([0x20, variable, 0x20, 1, 0x6B, 0x21, variable]),
            }
        }
        body.extend([0x20, 1, 0x0B]);
        code.extend(leb128(body.len()));
        code.extend(body);
    }
    let types = [2, 0x60, 1, 0x7F, 1, 0x7F, 0x60, 2, 0x7F, 0x7F, 1, 0x7F];
    let data = [&[1, 0, 0x41, 0, 0x0B], &leb128(900)[..], &text(900)].concat();
    [
        b"\0asm\x01\0\0\0",
        &section(1, &types)[..],
        &section(3, &kinds),
        &section(10, &code),
        &section(11, &data),
    ]
    .concat()
}

/// A Windows program for x86-64 of `functions` functions: code, their table, their unwind data, and
/// addresses that are to be moved with the program.
pub fn program(functions: usize) -> Vec<u8> {
    const BASE: u64 = 0x1_4000_0000;
    const START: usize = 0x200;
    let place = |at: usize| (0x1000 + at) as u32;
    let (mut content, mut ranges) = (vec![0x90; 16], Vec::new());
    for byte in noise(functions) {
        let begin = content.len();
        content.extend([
            0x55,
            0x48,
            0x89,
            0xE5,
            0x48,
            0x83,
            0xEC,
            byte & 0x70,
            0x8B,
            0x4D,
            byte,
            0xC9,
            0xC3,
        ]);
        ranges.push((begin, content.len()));
        content.resize(content.len().next_multiple_of(16), 0xCC);
    }
    let table = content.len();
    let unwind = table + 12 * functions;
    for (index, &(begin, end)) in ranges.iter().enumerate() {
        content.extend(
            [place(begin), place(end), place(unwind + 8 * index)].map(u32::to_le_bytes).concat(),
        );
    }
    for byte in noise(functions) {
        content.extend([1, 4, 2, 0, 4, byte & 0x70, 1, 0x50]);
    }
    let addresses = content.len();
    for (byte, (begin, _)) in noise(functions).into_iter().zip(&ranges) {
        content.extend((BASE + u64::from(place(*begin))).to_le_bytes());
        content.extend([byte, 0, 0, 0, 0, 0, 0, 0]);
    }
    let moved = content.len().next_multiple_of(0x200);
    content.resize(moved, 0);
    let mut list: Vec<u8> = Vec::new();
    let places: Vec<u32> = (0..functions).map(|index| place(addresses + 16 * index)).collect();
    for page in places.chunk_by(|a, b| a >> 12 == b >> 12) {
        let length = 8 + 2 * page.len().next_multiple_of(2);
        list.extend([page[0] & !0xFFF, length as u32].map(u32::to_le_bytes).concat());
        page.iter()
            .for_each(|place| list.extend((0xA000 | place & 0xFFF).to_le_bytes()[..2].iter()));
        list.resize(list.len().next_multiple_of(4), 0);
    }
    let mut out = vec![0; START];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(60, &[0x40]);
    put(0x40, b"PE\0\0\x64\x86\x02");
    put(0x54, &[240, 0, 0, 0, 0x0B, 2]);
    put(0x58 + 24, &BASE.to_le_bytes());
    let list_place = place(moved.next_multiple_of(0x1000));
    put(0x58 + 56, &(list_place + 0x1000).to_le_bytes());
    put(0x58 + 112 + 24, &[place(table), 12 * functions as u32].map(u32::to_le_bytes).concat());
    put(0x58 + 112 + 40, &[list_place, list.len() as u32].map(u32::to_le_bytes).concat());
    let rows = [(place(0), moved, START), (list_place, list.len() + 16, START + moved)];
    for (row, (place, length, start)) in rows.into_iter().enumerate() {
        put(
            0x58 + 240 + 40 * row + 12,
            &[place, length as u32, start as u32].map(u32::to_le_bytes).concat(),
        );
    }
    [out, content, list, vec![0; 16]].concat()
}

/// Every sample, by name.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let page = text(6000);
    let zeros = vec![0; 40_000];
    let mixture = [gzip(&page), noise(100), png(40, 30), text(500), wav(900), zeros, jpeg(48)];
    vec![
        ("text", text(9000)),
        ("noise", noise(3000)),
        ("bmp", bmp(50, 40)),
        ("ppm", ppm(50, 40)),
        ("tiff", tiff(70, 60)),
        ("wav", wav(4000)),
        ("aiff", aiff(4000)),
        ("gzip", gzip(&page)),
        ("zlib", zlib(&page)),
        ("zip", zip(&page)),
        ("png", png(60, 50)),
        ("jpeg", jpeg(48)),
        ("code", code(20_000)),
        ("pgm16", pgm16(64, 50)),
        ("table", table(300)),
        ("font", font(120)),
        ("wasm", wasm(60)),
        ("program", program(90)),
        ("png in zip", zip(&png(60, 50))),
        ("mixture", mixture.concat()),
        ("mail", format!("To: a\r\n\r\n{}", base64(&png(60, 50), 76, "\r\n")).into()),
        ("tar", tar(&[("a.rs", &page), ("b", &noise(700)), ("c.rs", &page[300..])])),
    ]
}
