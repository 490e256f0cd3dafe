//! What a tar file consists of: members, zeros, and bytes that belong to neither.

use super::header::{self, BLOCK, Header, MAGIC};

/// A part of a tar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// So many zeros.
    Zeros(usize),
    /// So many bytes that are no member.
    Other(usize),
    /// A header, its content and the padding behind it.
    Member {
        header: Box<Header>,
        /// Bytes of content; the last one may be cut.
        content: usize,
        /// Bytes of padding.
        padding: usize,
    },
}

impl Part {
    /// The member with `header`, where `left` bytes follow that.
    pub fn member(header: Header, left: usize) -> Part {
        let length = header::content_len(&header);
        let content = usize::try_from(length).unwrap_or(usize::MAX).min(left);
        let padding = content.wrapping_neg() % BLOCK;
        let padding = if content as u64 == length { padding.min(left - content) } else { 0 };
        Part::Member { header: Box::new(header), content, padding }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Part::Zeros(length) | Part::Other(length) => *length,
            Part::Member { content, padding, .. } => BLOCK + content + padding,
        }
    }
}

/// The first `BLOCK` bytes from `at` on, if they are there.
fn block_at(bytes: &[u8], at: usize) -> Option<&Header> {
    bytes.get(at..)?.first_chunk()
}

/// Whether a header starts at `at`. One without a mark must be `expected` there.
fn starts(bytes: &[u8], at: usize, expected: bool) -> bool {
    block_at(bytes, at)
        .is_some_and(|block| (expected || header::is_marked(block)) && header::is_valid(block))
}

/// The next place from `from` on, in whole blocks, where a marked header starts.
fn next(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).step_by(BLOCK).find(|&at| starts(bytes, at, false))
}

/// Where the first header of a tar file in `bytes` starts. It may start anywhere: a block of an
/// archive begins in the middle of a member, and other data can come before a tar file.
pub fn find(bytes: &[u8]) -> Option<usize> {
    if starts(bytes, 0, true) {
        return Some(0);
    }
    let mut from = MAGIC.start;
    loop {
        from += bytes.get(from..)?.iter().position(|&byte| byte == header::MARK[0])?;
        let at = from - MAGIC.start;
        if starts(bytes, at, false) {
            return Some(at);
        }
        from += 1;
    }
}

/// The parts of `bytes` from its first header on, up to the last member and the zeros behind it.
/// `bytes` starts with a header.
pub fn scan(bytes: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    loop {
        if starts(bytes, at, true) {
            let Some(block) = block_at(bytes, at) else { break };
            let part = Part::member(*block, bytes.len() - at - BLOCK);
            at += part.len();
            parts.push(part);
            continue;
        }
        let zeros = bytes[at..].iter().take_while(|&&byte| byte == 0).count();
        // A header does not start with a zero, and starts at a whole block.
        let zeros = if at + zeros == bytes.len() { zeros } else { zeros / BLOCK * BLOCK };
        if zeros > 0 {
            parts.push(Part::Zeros(zeros));
            at += zeros;
            continue;
        }
        match next(bytes, at) {
            Some(found) if found > at => {
                parts.push(Part::Other(found - at));
                at = found;
            }
            _ => break,
        }
    }
    parts
}
