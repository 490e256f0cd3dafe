//! The last column, told by contexts of growing length.
//!
//! The rows whose suffixes begin with the same bytes, a context, follow each other: they are an
//! interval. How often each symbol stands before the empty context is known at first. Where symbol
//! *c* stands *n* times before the context *w*, the context *cw* has *n* rows, and from which row on
//! is known too. So the counts of all contexts of one length tell where the contexts that are one
//! longer begin, and only how an interval's symbols are divided among the longer contexts in it has
//! to be coded, by a [`CountModel`]. An interval with one symbol needs no code, whatever is in it.
//! Every row comes to be an interval of its own in the end, so that there are no more divisions
//! than rows.
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
    /// Nobody needs the code any more.
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
    /// A bit for each row that begins an interval.
    begins: Vec<u64>,
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
            begins: room(rows / 64 + 1)?,
        })
    }

    /// The first row of the interval that `row` is in.
    #[inline(always)]
    fn begin_of(&self, row: usize) -> usize {
        let mut word = row / 64;
        let mut bits = self.begins[word] & (u64::MAX >> (63 - row % 64));
        while bits == 0 && word > 0 {
            word -= 1;
            bits = self.begins[word];
        }
        // Row 0 begins the first interval.
        word * 64 + (63 - (bits | 1).leading_zeros() as usize)
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
        self.begins[begin / 64] |= 1 << (begin % 64);
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

/// Walks over the intervals of a column of which `totals` are the counts of its symbols.
///
/// # Errors
/// Memory is short, or `side` fails.
#[inline(always)]
pub fn walk(totals: &[u32; SYMBOLS], side: &mut impl Side) -> Result<()> {
    let rows = totals.iter().sum::<u32>() as usize;
    let mut walk = Walk {
        intervals: Intervals::new(rows)?,
        model: CountModel::new(),
        firsts: [0; SYMBOLS],
        splits: vec![Vec::new(); SYMBOLS],
        presence: [[Presence::Absent; 2]; SYMBOLS],
        depth: 0,
        parent: Vec::new(),
        symbols: Vec::new(),
        part: Vec::new(),
        bounds: Vec::new(),
        matrix: Vec::new(),
        left: Vec::new(),
    };
    let mut row = 0;
    let mut entries = Vec::new();
    for (symbol, &count) in totals.iter().enumerate() {
        walk.firsts[symbol] = row;
        if count > 0 {
            entries.push(Entry { symbol: symbol as u16, count, image: row });
            if row > 0 {
                walk.splits[symbol].push(row);
            }
        }
        row += count;
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    if entries.is_empty() {
        return Ok(());
    }
    walk.intervals.write(0, &entries);
    if let [only] = &entries[..] {
        side.fill(0..rows, only.symbol);
    }
    let mut splits = Vec::new();
    loop {
        // The rows of each symbol's list ascend, and so do the first rows of symbols.
        splits.clear();
        for list in &mut walk.splits {
            splits.append(list);
        }
        if splits.is_empty() {
            return Ok(());
        }
        let mut rest = &splits[..];
        while let Some(&row) = rest.first() {
            rest = walk.divide(row as usize, rest, side)?;
        }
        walk.depth += 1;
    }
}

struct Walk {
    intervals: Intervals,
    model: CountModel,
    /// The first row of the suffixes that begin with each symbol.
    firsts: [u32; SYMBOLS],
    /// The rows at which contexts of the next length begin, by their first symbol.
    splits: Vec<Vec<u32>>,
    presence: [[Presence; 2]; SYMBOLS],
    /// Length of the contexts that are divided.
    depth: u32,
    /// The entries of the interval that is divided, and what is left of each.
    parent: Vec<Entry>,
    symbols: Vec<u16>,
    left: Vec<u32>,
    /// The entries of one of its parts.
    part: Vec<Entry>,
    /// The first rows of its parts, and the row after the last.
    bounds: Vec<usize>,
    /// The counts of its symbols, part by part.
    matrix: Vec<u32>,
}

impl Walk {
    /// Divides the interval of `row` at all `splits` that it has. Returns the others.
    #[inline(always)]
    fn divide<'s>(
        &mut self,
        row: usize,
        splits: &'s [u32],
        side: &mut impl Side,
    ) -> Result<&'s [u32]> {
        let begin = self.intervals.begin_of(row);
        self.parent.clear();
        self.parent.extend(self.intervals.entries(begin));
        let end = begin + self.parent.iter().map(|entry| entry.count as usize).sum::<usize>();
        let within = splits.partition_point_near(end);
        self.bounds.clear();
        self.bounds.push(begin);
        self.bounds.extend(splits[..within].iter().map(|&row| row as usize));
        self.bounds.push(end);
        if let [only] = self.parent[..] {
            for part in self.bounds.windows(2) {
                let image = only.image + (part[0] - begin) as u32;
                let count = (part[1] - part[0]) as u32;
                self.intervals.write(part[0], &[Entry { count, image, ..only }]);
                if part[0] > begin {
                    self.splits[usize::from(only.symbol) % SYMBOLS].push(image);
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
                let begin = self.intervals.begin_of(begin - 1);
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
    fn write_parts(&mut self, side: &mut impl Side) {
        let width = self.parent.len();
        // From here on, what is left is where the next image of a symbol begins.
        for (left, entry) in self.left.iter_mut().zip(&self.parent) {
            *left = entry.image;
        }
        let entries = &mut self.part;
        for (counts, part) in self.matrix.chunks_exact(width).zip(self.bounds.windows(2)) {
            entries.clear();
            for ((&count, image), entry) in counts.iter().zip(&mut self.left).zip(&self.parent) {
                if count == 0 {
                    continue;
                }
                if *image > entry.image {
                    self.splits[usize::from(entry.symbol) % SYMBOLS].push(*image);
                }
                // The most frequent first; nearly always they are in order.
                let after = entries.iter().rposition(|other| other.count >= count);
                let entry = Entry { symbol: entry.symbol, count, image: *image };
                entries.insert(after.map_or(0, |after| after + 1), entry);
                *image += count;
            }
            self.intervals.write(part[0], entries);
            if let [only] = &entries[..] {
                side.fill(part[0]..part[1], only.symbol);
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
