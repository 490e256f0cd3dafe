//! Input from a pipe or any other reader of unknown length.

use std::io::Read;

use super::BlockSource;
use crate::container::fields::{read_full, reserve};
use crate::error::Result;

/// Gives blocks from a reader. A buffer grows with the bytes that arrive, so that a short stream
/// takes little memory.
pub struct StreamSource<R> {
    reader: R,
    ended: bool,
}

impl<R: Read> StreamSource<R> {
    /// A source that reads from `reader`.
    pub fn new(reader: R) -> Self {
        StreamSource { reader, ended: false }
    }
}

impl<R: Read> BlockSource for StreamSource<R> {
    fn next_block(&mut self, size: usize) -> Result<Option<Vec<u8>>> {
        const FIRST_STEP: usize = 64 << 10;
        let mut block = Vec::new();
        while !self.ended && block.len() < size {
            let old = block.len();
            let step = old.max(FIRST_STEP).min(size - old);
            reserve(&mut block, step)?;
            block.resize(old + step, 0);
            let read = read_full(&mut self.reader, &mut block[old..])?;
            block.truncate(old + read);
            self.ended = read < step;
        }
        Ok(if block.is_empty() { None } else { Some(block) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_block_is_short() {
        let input = vec![1; 200_000];
        let mut source = StreamSource::new(&input[..]);
        assert_eq!(source.next_block(150_000).unwrap().unwrap().len(), 150_000);
        assert_eq!(source.next_block(150_000).unwrap().unwrap().len(), 50_000);
        assert!(source.next_block(150_000).unwrap().is_none());
        assert!(StreamSource::new(&[][..]).next_block(5).unwrap().is_none());
    }
}
