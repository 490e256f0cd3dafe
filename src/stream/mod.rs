//! Compression of one stream without a name to an archive, and decompression, without seeking and
//! in bounded memory.

mod decode;
mod encode;
mod member_encoder;
mod members;
mod record;

pub use decode::{Decoder, decode_stream};
pub use encode::{Encoder, encode_stream};
#[cfg(test)]
pub(crate) use record::DECODED;
pub(crate) use record::{
    decode_compact, decode_index, decode_names, decode_record, decode_reference_block,
};

/// Facts about a finished stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes before compression.
    pub raw: u64,
    /// Bytes of the archive.
    pub coded: u64,
    /// Number of blocks.
    pub blocks: u64,
    /// Mode and time of the file, as the archive stores them.
    pub metadata: crate::container::Metadata,
    /// Problems that did not harm the data, one text for each.
    pub warnings: Vec<String>,
}
