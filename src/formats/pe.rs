//! Parses the headers of a Windows image, which say to which addresses its bytes are loaded.
//!
//! Offsets are those of Microsoft's "PE Format": the COFF header, the optional header (PE32 and
//! PE32+), the section table.

use std::ops::Range;

/// Largest number of sections that the loader of Windows accepts.
const MAX_SECTIONS: usize = 96;

/// `IMAGE_FILE_MACHINE_AMD64`.
const X86_64: u16 = 0x8664;

/// Addresses of an image in memory, and offsets of its sections in the file.
#[derive(Debug)]
pub struct Image {
    /// Is the image PE32+? Then addresses have 64 bits.
    pub wide: bool,
    /// Address that the image was linked for.
    pub base: u64,
    /// Bytes of the image in memory.
    pub size: u64,
    /// Sections, ascending in the file and in memory.
    pub sections: Vec<Section>,
    /// Range of the base relocations in the file.
    pub relocations: Option<Range<usize>>,
    /// Range of the function table in the file, for an image for x86-64.
    pub functions: Option<Range<usize>>,
}

/// A section of an image.
#[derive(Debug)]
pub struct Section {
    /// Address of the section relative to the start of the image.
    pub rva: u32,
    /// Range of the section in the file. The end may be after the end of the file.
    pub file: Range<usize>,
}

impl Image {
    /// Parses the headers of the image at the start of `bytes`. Sections that do not ascend are
    /// left out, so that no byte belongs to two sections.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(b"MZ") {
            return None;
        }
        let coff = u32_at(bytes, 60)? as usize;
        let head = bytes.get(coff..)?;
        if !head.starts_with(b"PE\0\0") {
            return None;
        }
        let (count, optional_len) = (usize::from(u16_at(head, 6)?), usize::from(u16_at(head, 20)?));
        let optional = head.get(24..)?.get(..optional_len)?;
        let wide = match u16_at(optional, 0)? {
            0x10B => false,
            0x20B => true,
            _ => return None,
        };
        let base = if wide { u64_at(optional, 24)? } else { u32_at(optional, 28)?.into() };
        let size = u32_at(optional, 56)?.into();
        if count > MAX_SECTIONS {
            return None;
        }
        let table = head.get(24 + optional_len..)?.get(..count * 40)?;
        let sections = sections(table);
        let directories = optional.get(if wide { 112 } else { 96 }..)?;
        let relocations = directory(directories, 5, &sections);
        let functions =
            if u16_at(head, 4)? == X86_64 { directory(directories, 3, &sections) } else { None };
        Some(Image { wide, base, size, sections, relocations, functions })
    }

    /// Bytes of an address.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    /// Number of sections that start at or before `rva`.
    #[must_use]
    pub fn section_of(&self, rva: u64) -> usize {
        self.sections.partition_point(|section| u64::from(section.rva) <= rva)
    }
}

/// The rows of the section table that ascend.
fn sections(table: &[u8]) -> Vec<Section> {
    let mut sections = Vec::new();
    let (mut rva_end, mut file_end) = (0u64, 0usize);
    for row in table.chunks_exact(40) {
        let [Some(rva), Some(len), Some(start)] = [12, 16, 20].map(|at| u32_at(row, at)) else {
            continue;
        };
        let Some(end) = (start as usize).checked_add(len as usize) else { continue };
        // A section without bytes in the file has no valid offset there.
        let ascends = len == 0 || start as usize >= file_end;
        if u64::from(rva) < rva_end
            || !ascends
            || u64::from(rva) + u64::from(len) > u64::from(u32::MAX)
        {
            continue;
        }
        rva_end = u64::from(rva) + u64::from(len);
        if len > 0 {
            file_end = end;
        }
        sections.push(Section { rva, file: start as usize..end });
    }
    sections
}

/// Range in the file of the data directory with this index.
fn directory(directories: &[u8], index: usize, sections: &[Section]) -> Option<Range<usize>> {
    let (rva, len) =
        (u32_at(directories, index * 8)?, u32_at(directories, index * 8 + 4)? as usize);
    let section = sections.iter().rfind(|section| section.rva <= rva)?;
    let start = section.file.start.checked_add((rva - section.rva) as usize)?;
    let end = start.checked_add(len)?;
    (len > 0 && end <= section.file.end).then_some(start..end)
}

/// The 16-bit number at offset `at`, little-endian.
#[must_use]
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|&word| u16::from_le_bytes(word))
}

/// The 32-bit number at offset `at`, little-endian.
#[must_use]
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&word| u32::from_le_bytes(word))
}

/// The 64-bit number at offset `at`, little-endian.
#[must_use]
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|&word| u64::from_le_bytes(word))
}
