//! Codes the blocks of a stream on several threads and writes them as one member.

use std::io::Write;

use super::Summary;
use crate::budget::Budget;
use crate::container::compact::Compact;
use crate::container::format::MAX_COMPACT;
use crate::container::hash::{Hasher, narrow};
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::container::{Entry, Metadata};
use crate::error::Result;
use crate::options::EncodeOptions;
use crate::progress;
use crate::threads::{Ordered, Work};

/// Writes a member with one entry without a name. The caller pushes the blocks.
pub struct MemberEncoder<W: Write> {
    options: EncodeOptions,
    budget: Budget,
    metadata: Metadata,
    phase: Phase<W>,
    queue: Ordered<CodedBlock>,
    hasher: Hasher,
    summary: Summary,
}

/// How far the member has been written. A small first block is kept, because it is stored in the
/// compact form if no second block follows.
enum Phase<W> {
    Waiting { out: W, first: Option<Vec<u8>> },
    Writing(MemberWriter<W>),
    Failed,
}

impl<W: Write> MemberEncoder<W> {
    pub fn new(out: W, metadata: Metadata, options: &EncodeOptions) -> Self {
        MemberEncoder {
            options: options.clone(),
            budget: options.budget(),
            metadata,
            phase: Phase::Waiting { out, first: None },
            queue: Ordered::new(options.threads),
            hasher: Hasher::default(),
            summary: Summary::default(),
        }
    }

    /// The output, unless an error lost it.
    pub fn get_ref(&self) -> Option<&W> {
        match &self.phase {
            Phase::Waiting { out, .. } => Some(out),
            Phase::Writing(writer) => Some(writer.get_ref()),
            Phase::Failed => None,
        }
    }

    /// Adds the next block, of at most the block size of the level.
    pub fn push(&mut self, block: Vec<u8>) -> Result<()> {
        self.budget.clone().run(|| self.take(block))
    }

    fn take(&mut self, block: Vec<u8>) -> Result<()> {
        match std::mem::replace(&mut self.phase, Phase::Failed) {
            Phase::Waiting { out, first: None } if block.len() as u64 <= MAX_COMPACT => {
                self.phase = Phase::Waiting { out, first: Some(block) };
                Ok(())
            }
            Phase::Waiting { out, first } => {
                self.phase = Phase::Writing(MemberWriter::begin(out, 0, 0)?);
                first.into_iter().try_for_each(|first| self.submit(first))?;
                self.submit(block)
            }
            writing => {
                self.phase = writing;
                self.submit(block)
            }
        }
    }

    fn submit(&mut self, block: Vec<u8>) -> Result<()> {
        self.hasher.update(&block);
        self.summary.raw += block.len() as u64;
        let options = self.options.clone();
        let (memory, held) = (options.level.memory_for(block.len()), block.len() as u64);
        let work = Work { memory, time: held, after: None };
        let done = self.queue.submit(work, held, move || encode_block(&block, &options))?;
        done.iter().try_for_each(|block| self.write(block))
    }

    fn write(&mut self, block: &CodedBlock) -> Result<()> {
        if let Phase::Writing(writer) = &mut self.phase {
            writer.block(block)?;
        }
        self.note(block);
        Ok(())
    }

    fn note(&mut self, block: &CodedBlock) {
        self.summary.blocks += 1;
        self.summary.warnings.extend(block.fallback.clone());
        if let Some(progress) = &self.options.progress {
            progress.finished(block.raw_len, block.coded.len() as u64);
        }
    }

    /// Writes the end of the member. Returns the output that [`MemberEncoder::new`] was given.
    pub fn finish(self) -> Result<(W, Summary)> {
        self.budget.clone().run(|| self.end())
    }

    fn end(mut self) -> Result<(W, Summary)> {
        while let Some(block) = self.queue.next()? {
            self.write(&block)?;
        }
        match std::mem::replace(&mut self.phase, Phase::Failed) {
            Phase::Waiting { out, first } => self.finish_compact(out, &first.unwrap_or_default()),
            Phase::Writing(writer) => {
                let raw = self.summary.raw;
                let entry = Entry {
                    size: raw,
                    hash: narrow(self.hasher.finish(), raw),
                    metadata: self.metadata,
                    ..Entry::default()
                };
                let (out, coded) =
                    writer.finish(vec![entry], &self.options.level, self.options.verify)?;
                self.summary.coded = coded;
                Ok((out, self.summary))
            }
            Phase::Failed => Err(std::io::Error::other("an earlier write failed").into()),
        }
    }

    fn finish_compact(mut self, mut out: W, raw: &[u8]) -> Result<(W, Summary)> {
        let mut bytes = Vec::new();
        let coded = if raw.is_empty() {
            Vec::new()
        } else {
            let memory = self.options.level.memory_for(raw.len());
            let options = &self.options;
            let block = self.queue.run(memory, || encode_block(raw, options))?;
            self.note(&block);
            block.coded
        };
        Compact::new(raw, self.metadata, coded).write_to(&mut bytes);
        out.write_all(&bytes)?;
        self.summary.raw = raw.len() as u64;
        self.summary.coded = bytes.len() as u64;
        Ok((out, self.summary))
    }
}

fn encode_block(block: &[u8], options: &EncodeOptions) -> Result<CodedBlock> {
    let work = block.len() as u64 * options.passes();
    progress::count_as(options.progress.as_ref(), work, || {
        CodedBlock::encode(block, &options.level, options.verify)
    })
}
