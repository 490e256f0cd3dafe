//! Models of sampled signals: images and sound.

pub mod bank;
pub mod density;
pub mod image;
pub mod least_squares;
pub mod spread;
pub mod window;

use image::ImageState;

/// What the samples are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Pixels of one byte a channel.
    Image {
        /// Bits a pixel: 1, 8, 24 or 32.
        bits: u8,
        /// Bytes from one row to the next.
        row_bytes: u32,
    },
    /// Big-endian samples of 16 bits.
    Image16 {
        /// Bytes from one row to the next.
        row_bytes: u32,
    },
}

/// The model of a stream's signal.
pub enum Signal {
    /// Pixels.
    Image(ImageState),
}

impl Signal {
    /// The model for `format`.
    #[must_use]
    pub fn new(format: Format) -> Self {
        let mut image = match format {
            Format::Image { bits, row_bytes } => ImageState::new(usize::from(bits / 8), 1, row_bytes as usize),
            Format::Image16 { row_bytes } => ImageState::new(1, 2, row_bytes as usize),
        };
        image.push(&[]);
        Self::Image(image)
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Image(image) => image.push(bytes),
        }
    }

    /// The hash of context `k`.
    #[inline(always)]
    #[must_use]
    pub fn hash(&self, k: u8, salt: u32) -> u64 {
        match self {
            Self::Image(image) => image.hash(k, salt),
        }
    }

    /// The value of selector `k`, below 256.
    #[inline(always)]
    #[must_use]
    pub fn select(&self, k: u8) -> u32 {
        match self {
            Self::Image(image) => image.select(k),
        }
    }

    /// Direct inputs for the next bit.
    #[inline(always)]
    pub fn inputs(&mut self, inputs: &mut [[i16; 2]]) {
        match self {
            Self::Image(image) => image.inputs(inputs),
        }
    }

    /// Learns a bit.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        match self {
            Self::Image(image) => image.update(bit),
        }
    }
}
