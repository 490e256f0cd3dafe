//! What the command line, benchmarks, fuzzing, examples and tests take of the engine, under the
//! names that it has inside the crate. No part of the interface: any of it may change or go with
//! any version.
//!
//! Each item is named, so that the compiler still reports what nobody uses.
#![allow(missing_docs)]

pub mod block {
    pub use crate::block::{
        Reference, decode, decode_dependent, encode, encode_dependent, encode_reference,
        is_dependent, main_kind, streams_of, transforms,
    };
}
pub mod budget {
    pub use crate::budget::Budget;
}
pub mod coder {
    pub use crate::coder::{Decoder, Encoder};
    pub mod leading {
        pub use crate::coder::leading::Leading;
    }
}
pub mod container {
    pub mod compact {
        pub use crate::container::compact::Compact;
    }
    pub mod fields {
        pub use crate::container::fields::{Fields, put_varint, read_full};
    }
    pub mod footer {
        pub use crate::container::footer::{FOOTER_LEN, Footer};
    }
    pub mod format {
        pub use crate::container::format::{
            CONTRACT, MAGIC, MARKER, MAX_BLOCK, MAX_COMPACT, VERSION, WIDE_HASH, incompatible,
        };
    }
    pub mod hash {
        pub use crate::container::hash::{Hasher, check, hash, narrow};
    }
    pub mod header {
        pub use crate::container::header::Header;
    }
    pub mod index {
        pub use crate::container::index::{BlockRow, Index};
    }
    pub mod names {
        pub use crate::container::names::Names;
    }
    pub mod parity {
        pub use crate::container::parity::{GROUP_MARKER, GroupHead};
    }
    pub mod record {
        pub use crate::container::record::{Record, RecordKind};
    }
    pub mod writer {
        pub use crate::container::writer::{CodedBlock, MemberWriter};
    }
}
pub mod explain {
    pub use crate::explain::{
        Ablation, BIT, Block, CLASSES, Explanation, LEAST_PROBABILITY, Parts, Share, StreamSum,
        Strip, Strips, Tally, explain,
    };
}
#[cfg(feature = "gpu")]
pub mod gpu {
    pub use crate::gpu::{
        Adapter, Choice, Measured, Trouble, active, adapters, choose, measure, measure_lanes,
        trouble,
    };
}
pub mod input {
    pub use crate::input::{BlockSource, FileSource, Original, StreamSource};
    pub mod lock {
        pub use crate::input::lock::for_reading;
    }
    pub mod shown {
        pub use crate::input::shown::{is_deceptive, reason, show_name, show_path};
    }
}
pub mod kind {
    pub use crate::kind::Kind;
}
pub mod level {
    pub use crate::level::{DEFAULT_LEVEL, LEVELS, Level, level};
}
pub mod method {
    pub use crate::method::{encode, encode_as};
    pub mod choice {
        pub use crate::method::choice::{choose, profile};
    }
}
pub mod mix {
    pub mod final_stage {
        pub use crate::mix::final_stage::FinalMixing;
    }
    pub mod mixer {
        pub use crate::mix::mixer::Rate;
    }
}
pub mod model {
    pub mod byte_history {
        pub use crate::model::byte_history::hash;
    }
    pub mod context {
        pub use crate::model::context::Context;
    }
    pub mod long_match {
        pub use crate::model::long_match::Belief;
    }
    pub mod name {
        pub use crate::model::name::Named;
    }
    pub mod selector {
        pub use crate::model::selector::Selector;
    }
}
pub mod network {
    pub use crate::network::{ByteNetwork, NIBBLES, processor_speed};
    pub mod training {
        pub use crate::network::training::{Precision, Trainee, part, standard};
    }
}
pub mod numeric {
    pub use crate::numeric::PROBABILITY_ONE;
    pub mod state_map {
        pub use crate::numeric::state_map::MapEntry;
    }
}
pub mod output {
    pub use crate::output::{AtomicFile, is_device};
    pub mod unfinished {
        pub use crate::output::unfinished::remove_all;
    }
}
pub mod predictor {
    pub use crate::predictor::encode_profile;
    pub mod learning {
        pub use crate::predictor::learning::{Learning, encode_learning};
    }
    pub mod primer {
        pub use crate::predictor::primer::Primer;
    }
    pub mod profile {
        pub use crate::predictor::profile::Profile;
    }
}
pub mod simd {
    #[cfg(target_arch = "aarch64")]
    pub use crate::simd::Neon;
    #[cfg(target_arch = "x86_64")]
    pub use crate::simd::{Avx2, Avx512};
    pub use crate::simd::{
        InstructionSet, Kernels, LANES, Scalar, active, choose, usable, warning,
    };
}
pub mod sort {
    pub use crate::sort::{ColumnCode, decode, encode};
}
pub mod stream {
    pub use crate::stream::{decode_stream, encode_stream};
}
pub mod training {
    pub use crate::training::{Settings, Trained, Trainer, compressed, train};
    pub mod reading {
        pub use crate::training::reading::read_piece;
    }
}
pub mod transform {
    pub use crate::transform::{Parts, TRANSFORMS, catch_panic, inverse};
}
pub mod words {
    pub use crate::words::encode;
}
