//! The order of the contents of a tar file, which both sides compute from the headers.

use super::header;
use super::layout::Part;
use crate::budget;
use crate::error::Result;
use crate::formats::similar;

/// Bytes of memory that a member takes besides its path.
const MEMBER_MEMORY: u64 = 96;

/// Indices of the members whose contents say more about others, in the order of the file.
pub fn about_others(parts: &[Part]) -> impl Iterator<Item = usize> + '_ {
    let is_about = |part: &Part| matches!(part, Part::Member { header, .. } if header::is_about_others(header));
    (0..parts.len()).filter(move |&index| is_about(&parts[index]))
}

/// Indices of all other members with content, in the order of the file.
pub fn files(parts: &[Part]) -> impl Iterator<Item = usize> + '_ {
    let is_file = |part: &Part| matches!(part, Part::Member { header, content, .. } if *content > 0 && !header::is_about_others(header));
    (0..parts.len()).filter(move |&index| is_file(&parts[index]))
}

/// A member, by what decides its place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    class: u8,
    extension: Vec<u8>,
    path: Vec<u8>,
    index: usize,
}

/// The same indices as [`files`] gives, but similar members next to each other: by class, then by
/// extension, then by path, as in an archive of files. `classes` has a class for each of them.
/// `content_of` gives the content of the next member that is about others.
///
/// # Errors
/// Memory is short.
pub fn similar<'a>(
    parts: &[Part],
    classes: &[u8],
    mut content_of: impl FnMut(usize) -> &'a [u8],
) -> Result<Vec<usize>> {
    let mut charge = budget::charge(0, "the order of a tar file")?;
    let (mut keys, mut classes) = (Vec::new(), classes.iter());
    let mut long_name: Option<&[u8]> = None;
    for (index, part) in parts.iter().enumerate() {
        let Part::Member { header, content, .. } = part else { continue };
        if header::is_about_others(header) {
            long_name = header::long_name(header, content_of(*content)).or(long_name);
            continue;
        }
        let name = long_name.take();
        let Some(&class) = (if *content > 0 { classes.next() } else { None }) else { continue };
        let path = name.map_or_else(|| header::path(header), <[u8]>::to_vec);
        charge.add(MEMBER_MEMORY + 2 * path.len() as u64, "the order of a tar file")?;
        let extension = similar::extension(&path);
        keys.push(Key { class, extension, path, index });
    }
    keys.sort_unstable();
    Ok(keys.into_iter().map(|key| key.index).collect())
}
