//! Archives that must be refused, each made by the code here, and what the error must say.

use cmx::Metadata;
use cmx::archive::Entry;
use cmx::internals::container::compact::Compact;
use cmx::internals::container::footer::{FOOTER_LEN, Footer};
use cmx::internals::container::format::{MAGIC, MAX_BLOCK, incompatible};
use cmx::internals::container::hash::{check, hash, narrow};
use cmx::internals::container::header::Header;
use cmx::internals::container::index::{BlockRow, Index};
use cmx::internals::container::record::{Record, RecordKind};
use cmx::internals::level::LEVELS;

/// An archive, the kind of error it must give, and a part of the message.
pub struct Refused {
    pub name: &'static str,
    pub made: Vec<u8>,
    pub kind: &'static str,
    pub says: &'static str,
}

const RAW: &[u8] = b"forty bytes that are stored as they are.";

/// A block of text with the profile text-56, the primer of 448 + 64 KiB and tables of up to 2 GiB.
const LARGE_TABLES: &[u8] = &[0x12, 1, 8, 0xF5, 0xFF, 0xFF];

/// A block in the stored form: nothing here depends on how blocks are coded.
fn stored(raw: &[u8]) -> Vec<u8> {
    [&[0][..], raw].concat()
}

/// A member of the full form, to be put together wrongly.
struct Draft {
    header: Header,
    block: Record,
    coded: Vec<u8>,
    index: Vec<u8>,
    /// Does the index have as little code as it can?
    is_dense: bool,
    /// Added to what the footer says of the member's length.
    excess: u64,
}

impl Draft {
    fn new() -> Self {
        let coded = stored(RAW);
        let mut draft = Draft {
            header: Header::new(0),
            block: Record::new(RecordKind::Block, 0, RAW.len() as u64, hash(RAW), &coded),
            coded,
            index: Vec::new(),
            is_dense: false,
            excess: 0,
        };
        draft.index = draft.index(|_| {}).to_bytes();
        draft
    }

    fn block_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.block.write_to(&mut bytes);
        [bytes, self.coded.clone()].concat()
    }

    fn index(&self, change: impl FnOnce(&mut Index)) -> Index {
        let entry = Entry {
            size: RAW.len() as u64,
            hash: narrow(hash(RAW), RAW.len() as u64),
            ..Entry::default()
        };
        let row =
            BlockRow { record_len: self.block_bytes().len() as u64, raw_len: RAW.len() as u64 };
        let mut index = Index::new(vec![row], vec![entry]);
        change(&mut index);
        index
    }

    /// Other coded bytes, rightly described.
    fn with_coded(mut self, coded: &[u8]) -> Self {
        self.block = Record::new(RecordKind::Block, 0, RAW.len() as u64, hash(RAW), coded);
        self.coded = coded.to_vec();
        self
    }

    fn with_index(mut self, change: impl FnOnce(&mut Index)) -> Self {
        self.index = self.index(change).to_bytes();
        self
    }

    fn header_len(&self) -> usize {
        let mut bytes = Vec::new();
        self.header.write_to(&mut bytes);
        bytes.len()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.header.write_to(&mut bytes);
        bytes.extend(self.block_bytes());
        let index_at = bytes.len() as u64;
        let long = self.index.len() > 1000;
        let mut index = if long {
            cmx::internals::block::encode(&self.index, &LEVELS[0], true).unwrap().bytes
        } else {
            stored(&self.index)
        };
        // As much code as so long an index must have.
        index.resize(index.len().max(if self.is_dense { 0 } else { self.index.len() / 1024 }), 0);
        Record::new(RecordKind::Index, 1, self.index.len() as u64, hash(&self.index), &index)
            .write_to(&mut bytes);
        bytes.extend(index);
        Footer {
            member_len: bytes.len() as u64 + FOOTER_LEN + self.excess,
            index_offset: index_at,
        }
        .write_to(&mut bytes);
        bytes
    }
}

fn full(change: impl FnOnce(&mut Draft)) -> Vec<u8> {
    let mut draft = Draft::new();
    change(&mut draft);
    draft.bytes()
}

fn compact(change: impl FnOnce(&mut Compact)) -> Vec<u8> {
    let mut member = Compact::new(RAW, Metadata::default(), stored(RAW));
    change(&mut member);
    let mut bytes = Vec::new();
    member.write_to(&mut bytes);
    bytes
}

/// `bytes` with one of them changed.
fn flipped(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    bytes[at] ^= 0x20;
    bytes
}

/// A header whose fields are these bytes, with a right check.
fn header_of(fields: &[u8]) -> Vec<u8> {
    let mut bytes = [&MAGIC[..], fields].concat();
    let check = check(&bytes);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes
}

fn cut(bytes: Vec<u8>, behind: usize) -> Vec<u8> {
    let length = bytes.len() - behind;
    bytes[..length].to_vec()
}

/// Every fixture.
pub fn all() -> Vec<Refused> {
    let mut all = Vec::new();
    all.extend(beginnings());
    all.extend(compact_members());
    all.extend(records());
    all.extend(indices());
    all
}

fn case(name: &'static str, kind: &'static str, says: &'static str, made: Vec<u8>) -> Refused {
    Refused { name, made, kind, says }
}

/// What is wrong with the first bytes.
fn beginnings() -> Vec<Refused> {
    let whole = full(|_| {});
    let as_text = [&whole[..4], &whole[5..]].concat();
    vec![
        case("empty", "no archive", "it is empty", Vec::new()),
        case("short-magic", "corrupt", "ends early", whole[..3].to_vec()),
        case("bad-magic", "corrupt", "first bytes are damaged", flipped(whole.clone(), 0)),
        case("text-mode", "corrupt", "text mode", as_text),
        case("newer-version", "unsupported", "container version 3", header_of(&[3, 0, 0, 1])),
        case("older-version", "unsupported", "version 1, older than", header_of(&[1, 0, 0, 13, 1])),
        case(
            "unknown-feature",
            "unsupported",
            "feature bits 0x10000",
            full(|draft| draft.header.incompatible |= 1 << 16),
        ),
        case(
            "newer-contract",
            "unsupported",
            "numeric contract 200",
            full(|draft| draft.header.contract = 200),
        ),
        case("header-hash", "corrupt", "header at byte 0 is damaged", flipped(whole, 12)),
        case("long-varint", "corrupt", "", header_of(&[2, 0x80, 0, 0, 1])),
        case(
            "named",
            "unsupported",
            "named files",
            full(|draft| draft.header.incompatible = incompatible::NAMED),
        ),
    ]
}

/// What is wrong with a member of the compact form.
fn compact_members() -> Vec<Refused> {
    let whole = compact(|_| {});
    let shape = MAGIC.len() + 4;
    vec![
        case(
            "compact-flags",
            "unsupported",
            "compact form with flags",
            flipped(whole.clone(), shape),
        ),
        case(
            "compact-lengths",
            "corrupt",
            "impossible lengths",
            compact(|member| member.raw_len = 2 << 20),
        ),
        case(
            "compact-damaged",
            "corrupt",
            "hash of the stored bytes",
            flipped(whole.clone(), whole.len() - 10),
        ),
        case(
            "compact-diverges",
            "divergence",
            "decodes to other bytes",
            compact(|member| member.raw_hash ^= 1),
        ),
        case(
            "compact-mode",
            "corrupt",
            "impossible mode",
            compact(|member| member.metadata.mode = Some(0o10000)),
        ),
        case(
            "compact-length",
            "corrupt",
            "length of a stored block",
            compact(|member| member.raw_len += 1),
        ),
        case("compact-cut", "corrupt", "", cut(whole.clone(), 1)),
        // Text with 56 contexts, which is read after a primer with tables of 256 MiB.
        case(
            "memory",
            "limit",
            "the tables of a predictor would bring the memory to",
            compact(|member| member.coded = LARGE_TABLES.to_vec()),
        ),
        case(
            "trailing",
            "corrupt",
            "bytes that are no archive follow at byte",
            [&whole[..], b"more"].concat(),
        ),
        case("second-member-cut", "corrupt", "", cut([&whole[..], &whole].concat(), 1)),
    ]
}

/// What is wrong with a record, or with the block in it.
fn records() -> Vec<Refused> {
    let whole = full(|_| {});
    let first = Draft::new().header_len();
    let block = first + Draft::new().block_bytes().len();
    let coded = |bytes: &[u8]| Draft::new().with_coded(bytes).bytes();
    let bomb =
        cmx::compress_with(&vec![0; 3 << 20], &cmx::EncodeOptions::new().level(LEVELS[0])).unwrap();
    vec![
        case(
            "record-marker",
            "corrupt",
            "no record begins at byte 14",
            flipped(whole.clone(), first),
        ),
        case("record-kind", "corrupt", "unknown record kind 33", flipped(whole.clone(), first + 4)),
        case(
            "record-hash",
            "corrupt",
            "record header before byte",
            flipped(whole.clone(), first + 10),
        ),
        case(
            "record-number",
            "corrupt",
            "record 1 stands where record 0 should",
            full(|draft| draft.block.number = 1),
        ),
        case("record-lanes", "unsupported", "2 lanes", full(|draft| draft.block.lanes = 2)),
        case(
            "record-too-long",
            "corrupt",
            "larger than the format allows",
            full(|draft| draft.block.raw_len = MAX_BLOCK + 1),
        ),
        case(
            "record-grows",
            "corrupt",
            "larger than the format allows",
            full(|draft| draft.block.coded_len = 5000),
        ),
        case("record-cut", "corrupt", "", whole[..first + 30].to_vec()),
        case("record-damaged", "corrupt", "record 0 is damaged", flipped(whole.clone(), block - 3)),
        case(
            "record-diverges",
            "divergence",
            "record 0 is undamaged",
            full(|draft| draft.block.raw_hash ^= 1),
        ),
        case(
            "record-doubled",
            "corrupt",
            "stands where",
            [&whole[..block], &whole[first..]].concat(),
        ),
        case(
            "footer-first",
            "corrupt",
            "before the index",
            [&whole[..first], &whole[whole.len() - 25..]].concat(),
        ),
        case(
            "block-memory",
            "limit",
            "the tables of a predictor would bring the memory to",
            coded(LARGE_TABLES),
        ),
        case("block-form", "unsupported", "block form 7", coded(&[0x71, 0])),
        case("block-method", "unsupported", "method 15", coded(&[0x1F, 0])),
        case("block-profile", "unsupported", "profile 100", coded(&[0x12, 0, 100, 0])),
        case("block-primer", "unsupported", "primer 15", coded(&[0x12, 1, 8, 15])),
        case(
            "block-prior",
            "missing prior",
            "with the prior 04030201, which is not given",
            coded(&[0x12, 1, 8, 0xAF, 1, 2, 3, 4]),
        ),
        case(
            "block-named-prior",
            "missing prior",
            "with the prior 04030201 (mine), which is not given",
            coded(&[0x12, 1, 8, 0xAE, 1, 2, 3, 4, 4, b'm', b'i', b'n', b'e']),
        ),
        case(
            "block-prior-name",
            "corrupt",
            "the name of a prior",
            coded(&[0x12, 1, 8, 0xAE, 1, 2, 3, 4, 1, 27]),
        ),
        case(
            "block-tables",
            "corrupt",
            "tables of a stream are too small",
            coded(&[0x12, 1, 8, 0x90]),
        ),
        case("block-long-primer", "corrupt", "primer of a stream", coded(&[0x12, 1, 8, 6])),
        case("block-binary-primer", "corrupt", "primer of a stream", coded(&[0x12, 0, 3, 1])),
        case("block-profile-kind", "corrupt", "text-56 codes no Generic", coded(&[0x12, 0, 8, 0])),
        case("block-kind", "unsupported", "kind 200", coded(&[0x11, 200])),
        case("block-cut", "corrupt", "", coded(&[])),
        case("dependent-alone", "corrupt", "a reference block, without one", coded(&[0x43, 8, 0])),
        case("reference-profile", "corrupt", "text-56 codes no Words", coded(&[0x32, 8, 0xE7])),
        case("reference-tables", "corrupt", "tables of a reference", coded(&[0x32, 13, 0xF7])),
        case("reference-sorted", "corrupt", "without a profile", coded(&[0x31, 0, 1])),
        case(
            "reference-codes",
            "corrupt",
            "number of codes",
            coded(&[0x32, 13, 0xE7, 0, 0xFF, 0x7F]),
        ),
        case(
            "reference-room",
            "corrupt",
            "room behind a reference block",
            coded(&[0x32, 13, 0xE7, 0xFF, 0xFF, 0xFF, 0x7F, 1]),
        ),
        case("output", "limit", "the output passes", bomb),
    ]
}

/// What is wrong with the index or the footer.
fn indices() -> Vec<Refused> {
    let whole = full(|_| {});
    let index = |change: fn(&mut Index)| Draft::new().with_index(change).bytes();
    let raw = |bytes: Vec<u8>| full(|draft| draft.index = bytes);
    let plain = Draft::new().index;
    // No blocks, and a million entries in as many bytes.
    let many = [&[0, 0xC0, 0x84, 0x3D][..], &vec![0; 1_000_000]].concat();
    vec![
        case(
            "index-blocks",
            "corrupt",
            "does not fit the blocks",
            index(|index| index.blocks[0].record_len += 1),
        ),
        case(
            "index-content",
            "corrupt",
            "does not fit the content",
            index(|index| index.entries[0].hash ^= 1),
        ),
        case("index-sums", "corrupt", "add up", index(|index| index.entries[0].size += 1)),
        case(
            "index-entries",
            "corrupt",
            "one entry",
            index(|index| index.entries.push(Entry::default())),
        ),
        case("index-column", "unsupported", "column 50", raw([&plain[..], &[50, 1, 0]].concat())),
        case("index-count", "corrupt", "impossible count", raw(vec![0, 0xFF, 0xFF, 0xFF, 0x7F])),
        case("index-memory", "limit", "bring the memory to", raw(many.clone())),
        case(
            "index-dense",
            "corrupt",
            "more work than so few may",
            full(|draft| (draft.index, draft.is_dense) = (many.clone(), true)),
        ),
        case("index-cut", "corrupt", "", raw(cut(plain, 1))),
        case("footer-length", "corrupt", "does not fit the member", full(|draft| draft.excess = 1)),
        case(
            "footer-hash",
            "corrupt",
            "the footer before byte",
            flipped(whole.clone(), whole.len() - 1),
        ),
        case("footer-missing", "corrupt", "", cut(whole.clone(), 25)),
        case("footer-cut", "corrupt", "", cut(whole, 1)),
    ]
}
