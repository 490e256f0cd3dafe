//! The headers of a tar file as columns: each field is compared with that of the header before, and
//! only what is different is stored.

use std::ops::Range;

use super::header::{self, BLOCK, DIGITS, Header, NAME, SIZE, SUM, TIME, TYPE};
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// Fields that are stored, without the zeros at their end, where they differ from those of the last
/// header of the same group. Their index is the bit that says so, and their column.
const FIELDS: [Range<usize>; 11] = [
    TYPE..TYPE + 1,
    100..108,
    header::PREFIX,
    157..257,
    108..116,
    116..124,
    265..297,
    297..329,
    header::MAGIC,
    329..345,
    500..BLOCK,
];

/// Fields with columns of their own that are stored whole where they do not have their usual form.
/// Their bits follow those of [`FIELDS`].
const USUAL: [Range<usize>; 4] = [SIZE, TIME, NAME, SUM];

/// Columns after those of [`FIELDS`].
const OPERATIONS: usize = FIELDS.len();
const LENGTHS: usize = OPERATIONS + 1;
const SIZES: usize = OPERATIONS + 2;
const TIMES: usize = OPERATIONS + 3;
const WHOLE: usize = OPERATIONS + 4;
const CLASSES: usize = OPERATIONS + 5;
const PADDINGS: usize = OPERATIONS + 6;
const COLUMNS: usize = OPERATIONS + 7;

/// What a line of the table is.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Zeros(usize),
    Other(usize),
    /// A header, and whether the padding of its content is stored.
    Member(Box<Header>, bool),
}

/// Headers that came before: the last one of each group, and the last time.
struct Before {
    last: [Header; 4],
    time: u64,
}

impl Before {
    fn new() -> Self {
        let mut header = [0; BLOCK];
        header[SUM.end - 1] = b' ';
        Before { last: [header; 4], time: 0 }
    }
}

/// The group of headers that are like `header`: contents, members about others, folders, links.
fn group(header: &Header) -> usize {
    match header[TYPE] {
        _ if header::is_about_others(header) => 1,
        b'5' => 2,
        b'1' | b'2' => 3,
        _ => 0,
    }
}

/// The digits of `number`, if it has no more than [`DIGITS`], and the byte `last`.
fn digits(number: u64, last: u8) -> Option<[u8; DIGITS + 1]> {
    let mut field = [last; DIGITS + 1];
    for (index, digit) in field[..DIGITS].iter_mut().rev().enumerate() {
        *digit = b'0' + (number >> (3 * index) & 7) as u8;
    }
    (number >> (3 * DIGITS) == 0).then_some(field)
}

/// The usual checksum of `header`: six digits, then the two bytes that `last` ends with.
fn usual_sum(header: &Header, last: &Header) -> [u8; 8] {
    let mut field = [0; 8];
    let digits = digits(header::sum(header), 0).unwrap_or_default();
    field[..6].copy_from_slice(&digits[DIGITS - 6..DIGITS]);
    field[6..].copy_from_slice(&last[SUM.end - 2..SUM.end]);
    field
}

fn without_zeros(field: &[u8]) -> &[u8] {
    let length = field.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &field[..length]
}

/// Writes the table.
pub struct Writer {
    columns: [Vec<u8>; COLUMNS],
    /// Names of members, each with a line end.
    pub names: Vec<u8>,
    before: Before,
}

impl Writer {
    pub fn new() -> Self {
        Writer {
            columns: std::array::from_fn(|_| Vec::new()),
            names: Vec::new(),
            before: Before::new(),
        }
    }

    pub fn zeros(&mut self, length: usize) {
        varint::put(&mut self.columns[OPERATIONS], 0);
        varint::put(&mut self.columns[LENGTHS], length as u64);
    }

    pub fn other(&mut self, length: usize) {
        varint::put(&mut self.columns[OPERATIONS], 1);
        varint::put(&mut self.columns[LENGTHS], length as u64);
    }

    /// A member with `header` and `padding`.
    pub fn member(&mut self, header: &Header, padding: &[u8]) {
        let group = group(header);
        let last = std::mem::replace(&mut self.before.last[group], *header);
        let mut bits = 0u64;
        for (index, field) in FIELDS.into_iter().enumerate() {
            let field = &header[field.clone()];
            if *field != last[FIELDS[index].clone()] {
                bits |= 1 << index;
                let field = without_zeros(field);
                varint::put(&mut self.columns[index], field.len() as u64);
                self.columns[index].extend_from_slice(field);
            }
        }
        let is_usual = [
            self.size(header, &last),
            self.time(header, &last),
            self.name(header),
            header[SUM] == usual_sum(header, &last),
        ];
        for (index, field) in USUAL.into_iter().enumerate().filter(|(index, _)| !is_usual[*index]) {
            bits |= 1 << (FIELDS.len() + index);
            self.columns[WHOLE].extend_from_slice(&header[field]);
        }
        let is_stored = padding.iter().any(|&byte| byte != 0);
        if is_stored {
            self.columns[PADDINGS].extend_from_slice(padding);
        }
        let operation = bits << 3 | (group as u64) << 1 | u64::from(is_stored);
        varint::put(&mut self.columns[OPERATIONS], operation + 2);
    }

    fn size(&mut self, header: &Header, last: &Header) -> bool {
        let size = header::octal(&header[SIZE])
            .filter(|&size| digits(size, last[SIZE.end - 1]).is_some_and(|it| header[SIZE] == it));
        size.inspect(|&size| varint::put(&mut self.columns[SIZES], size)).is_some()
    }

    fn time(&mut self, header: &Header, last: &Header) -> bool {
        let time = header::octal(&header[TIME])
            .filter(|&time| digits(time, last[TIME.end - 1]).is_some_and(|it| header[TIME] == it));
        let Some(time) = time else { return false };
        let step = time.wrapping_sub(self.before.time) as i64;
        varint::put(&mut self.columns[TIMES], (step << 1 ^ step >> 63) as u64);
        self.before.time = time;
        true
    }

    fn name(&mut self, header: &Header) -> bool {
        let name = without_zeros(&header[NAME]);
        if name.iter().any(|&byte| matches!(byte, 0 | b'\n')) {
            return false;
        }
        self.names.extend_from_slice(name);
        self.names.push(b'\n');
        true
    }

    /// The class of the next member with a content of its own.
    pub fn class(&mut self, class: u8) {
        self.columns[CLASSES].push(class);
    }

    /// The columns, each after its length.
    pub fn finish(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for column in &self.columns {
            varint::put(&mut out, column.len() as u64);
            out.extend_from_slice(column);
        }
        out
    }
}

/// Reads the table.
pub struct Table<'a> {
    columns: [Reader<'a>; COLUMNS],
    names: Reader<'a>,
    before: Before,
}

impl<'a> Table<'a> {
    /// Reads `columns` as [`Writer::finish`] gives them, and `names`.
    ///
    /// # Errors
    /// The columns have other lengths.
    pub fn new(columns: &'a [u8], names: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(columns);
        let mut slices = [&[][..]; COLUMNS];
        for slice in &mut slices {
            let length = reader.len()?;
            *slice = reader.take(length)?;
        }
        if !reader.is_empty() {
            return Err(bad("more columns"));
        }
        let columns = slices.map(Reader::new);
        Ok(Table { columns, names: Reader::new(names), before: Before::new() })
    }

    /// The next line; `None` after the last one.
    ///
    /// # Errors
    /// The columns contradict each other.
    pub fn next(&mut self) -> Result<Option<Line>> {
        if self.columns[OPERATIONS].is_empty() {
            return Ok(None);
        }
        let operation = self.columns[OPERATIONS].varint()?;
        Ok(Some(match operation {
            0 => Line::Zeros(self.length()?),
            1 => Line::Other(self.length()?),
            _ => {
                let operation = operation - 2;
                let header = self.header((operation >> 1 & 3) as usize, operation >> 3)?;
                Line::Member(Box::new(header), operation & 1 == 1)
            }
        }))
    }

    fn length(&mut self) -> Result<usize> {
        self.columns[LENGTHS].len()
    }

    fn header(&mut self, group: usize, bits: u64) -> Result<Header> {
        if bits >> (FIELDS.len() + USUAL.len()) != 0 {
            return Err(bad("fields"));
        }
        let last = self.before.last[group];
        let mut header = last;
        for (index, field) in FIELDS.into_iter().enumerate() {
            if bits >> index & 1 == 1 {
                let length = self.columns[index].len()?;
                let stored = self.columns[index].take(length)?;
                let field = &mut header[field];
                field.fill(0);
                field.get_mut(..length).ok_or_else(|| bad("a field"))?.copy_from_slice(stored);
            }
        }
        let is_whole = |index: usize| bits >> (FIELDS.len() + index) & 1 == 1;
        for (index, field) in USUAL.into_iter().enumerate() {
            if is_whole(index) {
                let stored = self.columns[WHOLE].take(field.len())?;
                header[field].copy_from_slice(stored);
            } else if field == SIZE {
                let size = self.columns[SIZES].varint()?;
                let field = digits(size, last[SIZE.end - 1]).ok_or_else(|| bad("a size"))?;
                header[SIZE].copy_from_slice(&field);
            } else if field == TIME {
                let step = self.columns[TIMES].varint()?;
                let step = step >> 1 ^ (step & 1).wrapping_neg();
                self.before.time = self.before.time.wrapping_add(step);
                let field = digits(self.before.time, last[TIME.end - 1]);
                header[TIME].copy_from_slice(&field.ok_or_else(|| bad("a time"))?);
            } else if field == NAME {
                self.name(&mut header)?;
            } else {
                // The last field: all others count in the sum.
                let sum = usual_sum(&header, &last);
                header[SUM].copy_from_slice(&sum);
            }
        }
        self.before.last[group] = header;
        Ok(header)
    }

    fn name(&mut self, header: &mut Header) -> Result<()> {
        let length = self.names.rest().iter().position(|&byte| byte == b'\n');
        let length = length.filter(|&length| length <= NAME.len()).ok_or_else(|| bad("a name"))?;
        header[NAME].fill(0);
        header[..length].copy_from_slice(self.names.take(length)?);
        self.names.byte()?;
        Ok(())
    }

    /// The stored padding of `length` bytes.
    ///
    /// # Errors
    /// It is not there.
    pub fn padding(&mut self, length: usize) -> Result<&'a [u8]> {
        self.columns[PADDINGS].take(length)
    }

    /// All classes. Nothing else may be left.
    ///
    /// # Errors
    /// There is more.
    pub fn finish(mut self) -> Result<&'a [u8]> {
        let classes = std::mem::replace(&mut self.columns[CLASSES], Reader::new(&[])).rest();
        if self.names.is_empty() && self.columns.iter().all(Reader::is_empty) {
            Ok(classes)
        } else {
            Err(bad("columns are left over"))
        }
    }
}

fn bad(what: &str) -> Error {
    Error::Corrupt(format!("headers of a tar file: {what}"))
}
