//! The last column, told by contexts of growing length.
//!
//! The rows whose suffixes begin with the same bytes, a context, follow each other: they are an
//! interval. How often each symbol stands before the empty context is known at first. Where symbol
//! *c* stands *n* times before the context *w*, the context *cw* has *n* rows, and from which row on
//! is known too. So the counts of all contexts of one length tell where the contexts that are one
//! longer begin, and only how an interval's symbols are divided among the longer contexts in it has
//! to be coded, by a [`CountModel`]. An interval with one symbol needs no code, however it is divided.
//! Each division makes another row the first one of an interval, so that there are no more divisions
//! than rows. The parts of an interval are images of parts of one interval, so that there are no more
//! than symbols.
//!
//! That the order of suffixes tells the bounds of contexts without any code is the idea of M03
//! (Maniscalco; also Grebnov, bsc-m03).

use super::counts::{Child, CountModel, Neighbour, Presence, SYMBOLS};
use crate::error::{Error, Result};
use std::ops::Range;

/// Codes or decodes what the walk over the intervals asks for.
pub trait Side {
    /// Puts into `counts` how many of `rows` have each symbol of `child`.
    ///
    /// # Errors
    /// The code cannot be right, or nobody needs it any more.
    fn count(
        &mut self,
        model: &mut CountModel,
        child: &mut Child<'_>,
        rows: Range<usize>,
        counts: &mut [u32],
    ) -> Result<()>;

    /// Takes in that all of `rows` have `symbol`.
    fn fill(&mut self, rows: Range<usize>, symbol: u16);
}

/// Decisions for each row, and beside them, at most: text takes two or three, and no code may ask for much
/// more work than its rows are worth.
const DECISIONS: u64 = 24;
const SPARE_DECISIONS: u64 = 65_536;

/// Symbols of an interval that a neighbour looks at.
const LOOKED_AT: usize = 6;

/// The last symbol of an interval's list has this bit.
const LAST: u16 = 1 << 15;

/// A symbol of an interval: how often it is there, and the row of the first suffix that begins with
/// the symbol and the interval's context.
#[derive(Clone, Copy, Default)]
struct Entry {
    symbol: u16,
    count: u32,
    image: u32,
}

/// The intervals so far. The entries of an interval begin at its first row; it has at least as many
/// rows as symbols.
struct Intervals {
    symbols: Vec<u16>,
    counts: Vec<u32>,
    images: Vec<u32>,
    begins: Begins,
}

/// The rows that begin intervals: a bit for each row, and on each further level a bit for each word of
/// the level below that is not zero. So no search takes longer than a few words, however long intervals
/// are.
struct Begins {
    levels: Vec<Vec<u64>>,
}

impl Begins {
    fn new(rows: usize) -> Result<Self> {
        let mut levels = vec![room(rows / 64 + 1)?];
        while let Some(words) = levels.last().map(Vec::len).filter(|&words| words > 1) {
            levels.push(room(words / 64 + 1)?);
        }
        Ok(Self { levels })
    }

    #[inline(always)]
    fn insert(&mut self, row: usize) {
        let mut at = row;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            let was_empty = *word == 0;
            *word |= 1 << (at % 64);
            if !was_empty {
                break;
            }
            at /= 64;
        }
    }

    /// The last row up to `row` that begins an interval. Row 0 does.
    #[inline(always)]
    fn before(&self, row: usize) -> usize {
        let (mut at, mut height) = (row + 1, 0);
        // Up to a word with a bit below `at`, then down along the highest bits.
        let found = loop {
            let Some(level) = self.levels.get(height) else { return 0 };
            let below = level.get(at / 64).map_or(0, |word| word & ((1 << (at % 64)) - 1));
            if below != 0 {
                break at / 64 * 64 + below.ilog2() as usize;
            }
            at /= 64;
            height += 1;
        };
        self.levels[..height].iter().rev().fold(found, |word, level| {
            word * 64 + level[word].checked_ilog2().unwrap_or(0) as usize
        })
    }
}

fn room<T: Clone + Default>(length: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(length).map_err(|_| Error::no_memory("sorting"))?;
    room.resize(length, T::default());
    Ok(room)
}

impl Intervals {
    fn new(rows: usize) -> Result<Self> {
        Ok(Self {
            symbols: room(rows)?,
            counts: room(rows)?,
            images: room(rows)?,
            begins: Begins::new(rows)?,
        })
    }

    #[inline(always)]
    fn entries(&self, begin: usize) -> impl Iterator<Item = Entry> {
        let mut is_last = false;
        (begin..self.symbols.len()).map_while(move |at| {
            if is_last {
                return None;
            }
            is_last = self.symbols[at] & LAST != 0;
            Some(Entry {
                symbol: self.symbols[at] & !LAST,
                count: self.counts[at],
                image: self.images[at],
            })
        })
    }

    /// Writes an interval that begins at `begin`.
    #[inline(always)]
    fn write(&mut self, begin: usize, entries: &[Entry]) {
        for (at, entry) in (begin..).zip(entries) {
            self.symbols[at] = entry.symbol;
            self.counts[at] = entry.count;
            self.images[at] = entry.image;
        }
        self.symbols[begin + entries.len() - 1] |= LAST;
        self.begins.insert(begin);
    }

    /// Notes in `presence` the first symbols of the interval that begins at `begin`.
    fn note(
        &self,
        begin: usize,
        side: usize,
        presence: &mut [[Presence; 2]; SYMBOLS],
    ) -> Neighbour {
        let is_pure = self.symbols[begin] & LAST != 0;
        for (rank, entry) in self.entries(begin).take(LOOKED_AT).enumerate() {
            presence[usize::from(entry.symbol) % SYMBOLS][side] = match rank {
                0 if is_pure => Presence::All,
                0 => Presence::Most,
                _ => Presence::Some,
            };
        }
        Neighbour { most: self.symbols[begin] & !LAST, is_known: true }
    }

    /// Takes the notes of [`Intervals::note`] back.
    fn forget(&self, begin: usize, side: usize, presence: &mut [[Presence; 2]; SYMBOLS]) {
        for entry in self.entries(begin).take(LOOKED_AT) {
            presence[usize::from(entry.symbol) % SYMBOLS][side] = Presence::Absent;
        }
    }
}

/// Walks over the intervals of a column of which `totals` are the counts of its symbols, of which symbol 0
/// and another are there. Says whether that took no more decisions than it may.
///
/// # Errors
/// Memory is short, or `side` fails.
#[inline(always)]
pub fn walk(totals: &[u32; SYMBOLS], side: &mut impl Side) -> Result<bool> {
    let rows = totals.iter().sum::<u32>() as usize;
    let mut walk = Walk {
        intervals: Intervals::new(rows)?,
        model: CountModel::new(),
        firsts: [0; SYMBOLS],
        pending: room(rows)?,
        waiting: [0; SYMBOLS],
        symbols_waiting: [0; SYMBOLS / 64 + 1],
        presence: [[Presence::Absent; 2]; SYMBOLS],
        depth: 0,
        parent: Vec::new(),
        symbols: Vec::new(),
        part: Vec::new(),
        bounds: Vec::new(),
        matrix: Vec::new(),
        left: Vec::new(),
        next_images: Vec::new(),
    };
    let mut row = 0;
    let mut entries = Vec::new();
    for (symbol, &count) in totals.iter().enumerate() {
        walk.firsts[symbol] = row;
        if count > 0 {
            entries.push(Entry { symbol: symbol as u16, count, image: row });
            if row > 0 {
                walk.wait(symbol, row);
            }
        }
        row += count;
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    walk.intervals.write(0, &entries);
    let most = DECISIONS * rows as u64 + SPARE_DECISIONS;
    let mut splits = room(rows)?;
    loop {
        walk.take_waiting(&mut splits);
        if splits.is_empty() {
            return Ok(true);
        }
        let mut rest = &splits[..];
        while let Some(&row) = rest.first() {
            rest = walk.divide(row as usize, rest, side)?;
            if walk.model.decisions() > most {
                return Ok(false);
            }
        }
        walk.depth += 1;
    }
}

struct Walk {
    intervals: Intervals,
    model: CountModel,
    /// The first row of the suffixes that begin with each symbol.
    firsts: [u32; SYMBOLS],
    /// The rows at which contexts of the next length begin, by their first symbol: of each symbol the
    /// list begins at its first row, for the symbol has no more contexts than rows. Then the lengths of
    /// the lists, and a bit for each list that is not empty.
    pending: Vec<u32>,
    waiting: [u32; SYMBOLS],
    symbols_waiting: [u64; SYMBOLS / 64 + 1],
    presence: [[Presence; 2]; SYMBOLS],
    /// Length of the contexts that are divided.
    depth: u32,
    /// The entries of the interval that is divided, and what is left of each.
    parent: Vec<Entry>,
    symbols: Vec<u16>,
    left: Vec<u32>,
    /// The rows from which on the images of its next part begin, by symbol.
    next_images: Vec<u32>,
    /// The entries of one of its parts.
    part: Vec<Entry>,
    /// The first rows of its parts, and the row after the last.
    bounds: Vec<usize>,
    /// The counts of its symbols, part by part.
    matrix: Vec<u32>,
}

impl Walk {
    /// Notes that contexts that begin with `symbol` are to be divided at `row`. Rows ascend.
    #[inline(always)]
    fn wait(&mut self, symbol: usize, row: u32) {
        let symbol = symbol % SYMBOLS;
        let length = &mut self.waiting[symbol];
        self.pending[(self.firsts[symbol] + *length) as usize] = row;
        *length += 1;
        self.symbols_waiting[symbol / 64] |= 1 << (symbol % 64);
    }

    /// Moves all rows that wait to `splits`, in ascending order.
    fn take_waiting(&mut self, splits: &mut Vec<u32>) {
        splits.clear();
        for (word, bits) in self.symbols_waiting.iter_mut().enumerate() {
            while *bits != 0 {
                let symbol = 64 * word + bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                let length = std::mem::take(&mut self.waiting[symbol]) as usize;
                splits.extend_from_slice(&self.pending[self.firsts[symbol] as usize..][..length]);
            }
        }
    }

    /// Divides the interval of `row` at all `splits` that it has. Returns the others.
    #[inline(always)]
    fn divide<'s>(
        &mut self,
        row: usize,
        splits: &'s [u32],
        side: &mut impl Side,
    ) -> Result<&'s [u32]> {
        let begin = self.intervals.begins.before(row);
        self.parent.clear();
        self.parent.extend(self.intervals.entries(begin));
        let end = begin + self.parent.iter().map(|entry| entry.count as usize).sum::<usize>();
        let within = splits.partition_point_near(end);
        self.bounds.clear();
        self.bounds.push(begin);
        self.bounds.extend(splits[..within].iter().map(|&row| row as usize));
        self.bounds.push(end);
        if let [only] = self.parent[..] {
            for part in 0..self.bounds.len() - 1 {
                let (row, after) = (self.bounds[part], self.bounds[part + 1]);
                let image = only.image + (row - begin) as u32;
                let count = (after - row) as u32;
                self.intervals.write(row, &[Entry { count, image, ..only }]);
                if row > begin {
                    self.wait(usize::from(only.symbol), image);
                }
            }
        } else {
            self.count_parts(side)?;
            self.write_parts(side);
        }
        Ok(&splits[within..])
    }

    /// Codes the counts of all parts but the largest, which has what is left.
    #[inline(always)]
    fn count_parts(&mut self, side: &mut impl Side) -> Result<()> {
        self.symbols.clear();
        self.symbols.extend(self.parent.iter().map(|entry| entry.symbol));
        let symbols = &self.symbols[..];
        let width = symbols.len();
        let parts = self.bounds.len() - 1;
        let size = |part: usize| (self.bounds[part + 1] - self.bounds[part]) as u32;
        let (begin, end) = (self.bounds[0], self.bounds[parts]);
        self.left.clear();
        self.left.extend(self.parent.iter().map(|entry| entry.count));
        self.matrix.clear();
        self.matrix.resize(parts * width, 0);
        // The first of the largest.
        let largest = (0..parts).rev().max_by_key(|&part| size(part)).unwrap_or(0);
        let first = self.firsts.partition_point(|&first| first as usize <= begin) as u16 - 1;
        let mut rows = (end - begin) as u32;
        for part in (0..parts).filter(|&part| part != largest) {
            let (before, counts) = self.matrix.split_at_mut(part * width);
            let before = (part > 0 && part - 1 != largest)
                .then(|| (&before[(part - 1) * width..], size(part - 1)));
            let mut neighbours = [Neighbour::default(); 2];
            let mut outer = None;
            if let Some((counts, size)) = before {
                neighbours[0] = note_counts(symbols, counts, size, &mut self.presence);
            } else if part == 0 && begin > 0 {
                let begin = self.intervals.begins.before(begin - 1);
                neighbours[0] = self.intervals.note(begin, 0, &mut self.presence);
                outer = Some(begin);
            }
            let is_last = part + 1 == parts && end < self.intervals.symbols.len();
            if is_last {
                neighbours[1] = self.intervals.note(end, 1, &mut self.presence);
            }
            let mut child = Child {
                symbols,
                left: &mut self.left,
                rows,
                size: size(part),
                first,
                depth: self.depth,
                neighbours,
                presence: &self.presence,
                before,
            };
            let place = self.bounds[part]..self.bounds[part + 1];
            side.count(&mut self.model, &mut child, place, &mut counts[..width])?;
            rows -= size(part);
            if let Some(begin) = outer {
                self.intervals.forget(begin, 0, &mut self.presence);
            } else if before.is_some() {
                for &symbol in symbols {
                    self.presence[usize::from(symbol) % SYMBOLS][0] = Presence::Absent;
                }
            }
            if is_last {
                self.intervals.forget(end, 1, &mut self.presence);
            }
        }
        self.matrix[largest * width..][..width].copy_from_slice(&self.left);
        Ok(())
    }

    /// Writes the parts as intervals, and notes where their images begin.
    #[inline(always)]
    fn write_parts(&mut self, side: &mut impl Side) {
        let width = self.parent.len();
        self.next_images.clear();
        self.next_images.extend(self.parent.iter().map(|entry| entry.image));
        for part in 0..self.bounds.len() - 1 {
            self.part.clear();
            for rank in 0..width {
                let count = self.matrix[part * width + rank];
                if count == 0 {
                    continue;
                }
                let Entry { symbol, image: first, .. } = self.parent[rank];
                let image = self.next_images[rank];
                if image > first {
                    self.wait(usize::from(symbol), image);
                }
                // The most frequent first; nearly always they are in order.
                let after = self.part.iter().rposition(|other| other.count >= count);
                let at = after.map_or(0, |after| after + 1);
                self.part.insert(at, Entry { symbol, count, image });
                self.next_images[rank] += count;
            }
            // The counts of a part sum to its size, and no split is the first row of an interval.
            debug_assert!(!self.part.is_empty());
            let rows = self.bounds[part]..self.bounds[part + 1];
            self.intervals.write(rows.start, &self.part);
            if let [only] = &self.part[..] {
                side.fill(rows, only.symbol);
            }
        }
    }
}

/// Notes the symbols of a context of `size` rows with these counts.
fn note_counts(
    symbols: &[u16],
    counts: &[u32],
    size: u32,
    presence: &mut [[Presence; 2]; SYMBOLS],
) -> Neighbour {
    let (mut most, mut largest) = (0, 0);
    for (&symbol, &count) in symbols.iter().zip(counts) {
        if count > 0 {
            presence[usize::from(symbol) % SYMBOLS][0] = Presence::Some;
        }
        if count > largest {
            (most, largest) = (symbol, count);
        }
    }
    presence[usize::from(most) % SYMBOLS][0] =
        if largest == size { Presence::All } else { Presence::Most };
    Neighbour { most, is_known: true }
}

/// Where an ascending list passes a row.
trait Near {
    /// How many of the first rows are below `end`: usually few.
    fn partition_point_near(&self, end: usize) -> usize;
}

impl Near for [u32] {
    #[inline(always)]
    fn partition_point_near(&self, end: usize) -> usize {
        self.iter().position(|&row| row as usize >= end).unwrap_or(self.len())
    }
}
