//! Images of scanners and telescopes (DICOM and FITS), and images of one bit a pixel.

use super::*;
use crate::block::ahead::Ahead;
use crate::block::probe;
use crate::block::split::Context;

/// Samples of a soft picture.
fn samples(count: usize, bytes: usize, is_big_endian: bool) -> Vec<u8> {
    let grain = noise(count);
    let sample =
        |index: usize| (index % 50 * 11 + index / 50 * 7) as u16 + u16::from(grain[index] >> 5);
    (0..count)
        .flat_map(|index| {
            let [high, low] = sample(index).to_be_bytes();
            match (bytes, is_big_endian) {
                (1, _) => vec![low],
                (_, true) => vec![high, low],
                (_, false) => vec![low, high],
            }
        })
        .collect()
}

/// How the elements of a DICOM file are coded.
#[derive(Clone, Copy)]
struct Coding {
    is_big_endian: bool,
    is_explicit: bool,
    has_prefix: bool,
}

const USUAL: Coding = Coding { is_big_endian: false, is_explicit: true, has_prefix: true };

/// Attributes of the pixels, and the frames as text.
struct Pixels {
    bits: u16,
    samples: u16,
    is_planar: bool,
    frames: &'static str,
}

const GREY: Pixels = Pixels { bits: 16, samples: 1, is_planar: false, frames: "1 " };

impl Coding {
    fn u16(self, number: usize) -> [u8; 2] {
        let number = number as u16;
        if self.is_big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn u32(self, number: u32) -> [u8; 4] {
        if self.is_big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    /// An element whose length is stated as `len`.
    fn stated(self, tag: (usize, usize), types: &[u8; 2], len: u32, value: &[u8]) -> Vec<u8> {
        let length = match () {
            () if !self.is_explicit || tag.0 == 0xFFFE => self.u32(len).to_vec(),
            () if matches!(types, b"SQ" | b"OW") => [&types[..], &[0, 0], &self.u32(len)].concat(),
            () => [&types[..], &self.u16(len as usize)].concat(),
        };
        [&self.u16(tag.0)[..], &self.u16(tag.1), &length, value].concat()
    }

    fn element(self, tag: (usize, usize), types: &[u8; 2], value: &[u8]) -> Vec<u8> {
        self.stated(tag, types, value.len() as u32, value)
    }

    /// A file of 48 × 40 pixels with two lists in its header: one whose end is marked, and whose
    /// item holds a small image; and one of a known length.
    fn file(self, pixels: &Pixels) -> Vec<u8> {
        let number = |tag, number| self.element(tag, b"US", &self.u16(number));
        let frames: usize = pixels.frames.trim_matches([' ', '\0']).parse().unwrap();
        let count = 48 * 40 * usize::from(pixels.samples) * frames;
        let body = match pixels.bits {
            1 => samples(count / 8, 1, self.is_big_endian),
            bits => samples(count, usize::from(bits / 8), self.is_big_endian),
        };
        let inner = [
            number((0x28, 0x10), 9),
            number((0x28, 0x11), 9),
            self.element((0x7FE0, 0x10), b"OW", &[7; 20]),
        ]
        .concat();
        let end = |number| self.stated((0xFFFE, number), b"  ", 0, &[]);
        let items = [
            self.stated((0xFFFE, 0xE000), b"  ", u32::MAX, &inner),
            end(0xE00D),
            self.element((0xFFFE, 0xE000), b"  ", &inner),
            end(0xE0DD),
        ]
        .concat();
        let mut out = vec![0; if self.has_prefix { 128 } else { 0 }];
        if self.has_prefix {
            out.extend(b"DICM");
            let prefix = Coding { is_big_endian: false, is_explicit: true, has_prefix: true };
            out.extend(prefix.element((2, 0x10), b"UI", b"1.2.840.10008.1.2\0"));
        }
        out.extend(self.element((8, 5), b"CS", b"ISO_IR 100"));
        out.extend(self.stated((8, 0x1140), b"SQ", u32::MAX, &items));
        out.extend(self.element(
            (8, 0x2112),
            b"SQ",
            &self.element((0xFFFE, 0xE000), b"  ", &inner),
        ));
        out.extend(number((0x28, 2), pixels.samples.into()));
        out.extend(number((0x28, 6), pixels.is_planar.into()));
        out.extend(self.element((0x28, 8), b"IS", pixels.frames.as_bytes()));
        out.extend([number((0x28, 0x10), 40), number((0x28, 0x11), 48)].concat());
        out.extend(number((0x28, 0x100), pixels.bits.into()));
        out.extend(self.element((0x7FE0, 0x10), b"OW", &body));
        out
    }
}

/// A FITS file of 50 × 40 samples.
fn fits(bits: usize, columns: &str) -> Vec<u8> {
    let card =
        |name: &str, value: &str| format!("{:<80}", format!("{name:<8}= {value:>20} / text"));
    let cards = [
        card("SIMPLE", "T"),
        card("BITPIX", &bits.to_string()),
        card("NAXIS", "2"),
        card("NAXIS1", columns),
        card("NAXIS2", "40"),
        format!("{:<80}", "END"),
    ];
    let header = format!("{:<2880}", cards.concat());
    [header.as_bytes(), &samples(2000, bits / 8, true)].concat()
}

fn context(level: &Level, effort: usize) -> Context {
    Context { budget: 1 << 20, effort, ..Context::new(0, level) }
}

#[test]
fn every_coding_of_dicom_is_found() {
    for number in 0..8 {
        let [is_big_endian, is_explicit, has_prefix] = [1, 2, 4].map(|bit| number & bit > 0);
        let file = Coding { is_big_endian, is_explicit, has_prefix }.file(&GREY);
        let cut = describe(&file, level());
        let sign = format!("3840 Image16 {{ row_bytes: 96, big_endian: {is_big_endian} }}");
        assert!(cut.contains(&sign), "{number}: {cut}");
        returns(&file);
        assert!(decode(&split_form(&file), file.len()).unwrap() == file);
    }
}

#[test]
fn every_form_of_pixels_in_dicom_is_found() {
    let forms = [
        (8, 1, false, "1 ", "1920 Image { bits: 8, row_bytes: 48 }"),
        (8, 3, false, "2", "11520 Image { bits: 24, row_bytes: 144 }"),
        (8, 4, false, "1\0", "7680 Image { bits: 32, row_bytes: 192 }"),
        (8, 3, true, "2 ", "11520 Image { bits: 8, row_bytes: 48 }"),
        (16, 1, false, " 3", "11520 Image16 { row_bytes: 96, big_endian: false }"),
        (1, 1, false, "3 ", "720 Image { bits: 1, row_bytes: 6 }"),
        (16, 3, true, "1", "11520 Image16 { row_bytes: 96, big_endian: false }"),
    ];
    for (bits, samples, is_planar, frames, sign) in forms {
        let file = USUAL.file(&Pixels { bits, samples, is_planar, frames });
        let cut = describe(&file, level());
        assert!(cut.contains(sign), "{sign}: {cut}");
    }
    for (bits, samples) in [(16, 3), (8, 2), (32, 1), (1, 3)] {
        let file = USUAL.file(&Pixels { bits, samples, is_planar: false, frames: "1 " });
        assert!(!describe(&file, level()).contains("Image"), "{bits}, {samples}");
    }
}

#[test]
fn a_dicom_file_that_was_cut_keeps_whole_rows() {
    let file = USUAL.file(&GREY);
    let cut = describe(&file[..file.len() - 1234], level());
    assert!(cut.contains("2592 Image16"), "{cut}");
}

#[test]
fn fits_of_8_and_16_bits_is_found() {
    for (bits, sign) in [
        (8, "2000 Image { bits: 8, row_bytes: 50 }"),
        (16, "4000 Image16 { row_bytes: 100, big_endian: true }"),
    ] {
        let file = [fits(bits, "50"), text(900), fits(bits, "50")].concat();
        let cut = describe(&file, level());
        assert_eq!(cut.matches(sign).count(), 2, "{cut}");
        returns(&file);
        assert!(decode(&split_form(&file), file.len()).unwrap() == file);
    }
    let not_images = ["0", "4611686018427387904", "99999999999999999999", "-5", "x"];
    for file in not_images.map(|columns| fits(16, columns)).into_iter().chain([fits(32, "50")]) {
        assert!(!describe(&file, level()).contains("Image"));
    }
}

#[test]
fn cut_headers_do_no_harm() {
    let implicit = Coding { is_explicit: false, has_prefix: false, ..USUAL };
    for file in [USUAL.file(&GREY), implicit.file(&GREY), fits(8, "50")] {
        let header = file.len() - 2000;
        for len in (0..header).chain((header..file.len()).step_by(97)) {
            let _ = describe(&file[..len], level());
        }
    }
}

#[test]
fn wrong_headers_do_no_harm() {
    let implicit = Coding { is_explicit: false, has_prefix: false, is_big_endian: true };
    for file in [USUAL.file(&GREY), implicit.file(&GREY), fits(16, "50")] {
        let random = noise(6 * 4000);
        for (index, random) in random.chunks_exact(6).enumerate() {
            let mut file = file.clone();
            for flip in 0..1 + index % 3 {
                let at = usize::from(random[flip]) << 8 | usize::from(random[flip + 1]);
                let header = file.len() - 4000;
                file[at % header] ^= 1 << (random[5] >> flip & 7);
            }
            let _ = describe(&file, level());
        }
    }
}

#[test]
fn endless_headers_are_paid_for() {
    // In a list whose end is marked, tags need not ascend: elements of no length up to the end.
    let implicit = Coding { is_explicit: false, has_prefix: false, ..USUAL };
    let list = implicit.stated((8, 1), b"SQ", u32::MAX, &[]);
    let dicom = [&list[..], &[8, 0, 0, 0, 0, 0, 0, 0].repeat(1 << 16)].concat();
    let fits = [&fits(16, "50")[..80], &[b' '; 1 << 19]].concat();
    for raw in [dicom, fits] {
        let mut context = context(level(), 1 << 20);
        assert!(probe::find(&raw, 0, &[], &[], &mut Ahead::default(), &mut context).is_none());
        assert!(context.effort < 1 << 20 >> 1);
    }
    // One start after another, each of which reads all that follows: the budget ends that.
    let raw = list.repeat(1 << 15);
    let mut context = context(level(), 1 << 20);
    assert!(probe::find(&raw, 0, &[], &[], &mut Ahead::default(), &mut context).is_none());
    assert!(context.effort < 16);
}

#[test]
fn png_and_tiff_of_one_bit_are_found() {
    // Files of 24 and of 8 bits a pixel whose headers are changed: a row of as many bytes holds
    // more pixels.
    let mut png = sample::png(60, 50);
    png[16..20].copy_from_slice(&(60u32 * 24).to_be_bytes());
    png[24..26].copy_from_slice(&[1, 0]);
    let mut tiff = sample::tiff(70, 60);
    let fields = tiff.len() - 4 - 7 * 12;
    tiff[fields + 8..][..4].copy_from_slice(&557u32.to_le_bytes());
    tiff[fields + 2 * 12 + 8] = 1;
    for (file, row) in [(png, 180), (tiff, 70)] {
        let cut = describe(&file, level());
        assert!(cut.contains(&format!("Image {{ bits: 1, row_bytes: {row} }}")), "{cut}");
        assert!(decode(&split_form(&file), file.len()).unwrap() == file);
    }
}
