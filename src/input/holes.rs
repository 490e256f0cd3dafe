//! Finds the holes of a file. A hole is a range of zeros that takes no space on the disk. The
//! system knows the holes, so that they are not read.

use std::fs::File;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{SeekFrom, seek};

use crate::container::Extent;
use crate::error::Result;

/// The extents of data in the first `length` bytes of a file with holes. `None` if there are no
/// holes, or if the file system does not tell. A file that grows meanwhile gives no extent after
/// `length`.
///
/// # Errors
/// The system gives no information about the file.
pub fn data_extents(file: &File, length: u64) -> Result<Option<Vec<Extent>>> {
    let found = file.metadata()?;
    if !found.is_file() || found.blocks() * 512 >= length {
        return Ok(None);
    }
    let before = seek(file, SeekFrom::Current(0)).map_err(std::io::Error::from)?;
    let mut extents = Vec::new();
    let mut at = 0;
    while at < length {
        let start = match seek(file, SeekFrom::Data(at)) {
            Ok(start) if start >= length => break,
            Ok(start) => start,
            Err(rustix::io::Errno::NXIO) => break, // nothing but a hole is left
            Err(_) => return Ok(None),             // a file system that does not tell
        };
        let end = seek(file, SeekFrom::Hole(start)).map_err(std::io::Error::from)?.min(length);
        if end <= start {
            break;
        }
        extents.push(Extent { offset: start, length: end - start });
        at = end;
    }
    let _ = seek(file, SeekFrom::Start(before)).map_err(std::io::Error::from)?;
    let whole = [Extent { offset: 0, length }];
    Ok(if extents == whole { None } else { Some(extents) })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_hole_lies_between() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[1; 5000], 0).unwrap();
        file.write_all_at(&[1; 5000], 9 << 20).unwrap();
        // A file system without holes gives `None`.
        if let Some(extents) = data_extents(&file, file.metadata().unwrap().len()).unwrap() {
            assert_eq!(extents.len(), 2);
            assert_eq!((extents[0].offset, extents[1].offset), (0, 9 << 20));
            assert!(
                extents[0].length < 1 << 20
                    && extents[1].offset + extents[1].length == (9 << 20) + 5000
            );
        }
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 20).unwrap();
        assert!(
            data_extents(&file, file.metadata().unwrap().len())
                .unwrap()
                .is_none_or(|extents| extents.is_empty())
        );
    }
}
