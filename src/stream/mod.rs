//! One unnamed stream of bytes to an archive and back, forward only, in bounded memory.

mod decode;
mod encode;
mod member_encoder;

pub use decode::{Decoder, decode_stream};
pub(crate) use decode::{
    decode_base_record, decode_compact, decode_index, decode_names, decode_record, threads_within,
};
pub use encode::{Encoder, encode_stream};

/// What a stream came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Bytes before compression.
    pub raw: u64,
    /// Bytes of the archive.
    pub coded: u64,
    /// Blocks.
    pub blocks: u64,
    /// What the archive says about the file.
    pub metadata: crate::container::Metadata,
    /// What went wrong without harm to the data.
    pub warnings: Vec<String>,
}
