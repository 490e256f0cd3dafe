//! What the headers of a Windows image say about where its bytes are loaded.
//!
//! Offsets as in Microsoft's "PE Format": the COFF header, the optional header (PE32 and PE32+),
//! the section table.

use std::ops::Range;

/// The loader of Windows takes no more.
const MAX_SECTIONS: usize = 96;

/// `IMAGE_FILE_MACHINE_AMD64`.
const X86_64: u16 = 0x8664;

/// Where an image lies in memory and its sections in the file.
#[derive(Debug)]
pub struct Image {
    /// PE32+: addresses have 64 bits.
    pub wide: bool,
    /// The address that it was linked for.
    pub base: u64,
    /// Bytes in memory.
    pub size: u64,
    /// Sections, ascending in the file and in memory.
    pub sections: Vec<Section>,
    /// The base relocations, in the file.
    pub relocations: Option<Range<usize>>,
    /// The function table of an image for x86-64, in the file.
    pub functions: Option<Range<usize>>,
}

/// A section.
#[derive(Debug)]
pub struct Section {
    /// Its distance from the start of the image in memory.
    pub rva: u32,
    /// Its bytes in the file, which need not be there.
    pub file: Range<usize>,
}

impl Image {
    /// Reads the headers of the image at the start of `bytes`. Sections that do not ascend are left
    /// out, so that no byte belongs to two.
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

    /// The number of the section that `rva` is in or behind.
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
        // A section without bytes in the file names no place there.
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

/// The place in the file of what number `index` of `directories` names.
fn directory(directories: &[u8], index: usize, sections: &[Section]) -> Option<Range<usize>> {
    let (rva, len) =
        (u32_at(directories, index * 8)?, u32_at(directories, index * 8 + 4)? as usize);
    let section = sections.iter().rfind(|section| section.rva <= rva)?;
    let start = section.file.start.checked_add((rva - section.rva) as usize)?;
    let end = start.checked_add(len)?;
    (len > 0 && end <= section.file.end).then_some(start..end)
}

/// The two bytes at `at`.
#[must_use]
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|&word| u16::from_le_bytes(word))
}

/// The four bytes at `at`.
#[must_use]
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|&word| u32::from_le_bytes(word))
}

/// The eight bytes at `at`.
#[must_use]
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|&word| u64::from_le_bytes(word))
}
