//! Conflicts between the paths under which several roots are stored: a root may lead through a link
//! that is stored too, and two files may get the same path.

use std::collections::HashMap;
use std::ops::Range;

use super::shown::{show_name, show_path};
use super::walk::Found;
use crate::container::EntryKind;
use crate::error::{Error, Result};

/// Largest number of links that are followed on the way to a root; the system has the same limit.
const MAX_LINKS: usize = 40;

/// Changes the stored paths of roots that lead through a stored link: such a root is stored at the
/// target of the link, so that the link leads to it after extraction. `trees` has the stored path
/// of each root and its range in `found`.
///
/// # Errors
/// A link leads out of the stored files.
pub(super) fn follow_links(found: &mut [Found], trees: Vec<(Vec<u8>, Range<usize>)>) -> Result<()> {
    let links = found.iter().filter(|found| found.entry.kind == EntryKind::Symlink);
    let links: HashMap<Vec<u8>, Vec<u8>> =
        links.map(|found| (found.entry.path.clone(), found.entry.link.clone())).collect();
    for (root, range) in trees.into_iter().filter(|_| !links.is_empty()) {
        let mut path = root.clone();
        let mut followed = 0;
        loop {
            let link = slashes(&path).find_map(|slash| Some((slash, links.get(&path[..slash])?)));
            let Some((slash, text)) = link else { break };
            followed += 1;
            path = match led(&path[..slash], text, &path[slash..]).filter(|_| followed <= MAX_LINKS)
            {
                Some(path) => path,
                None => return Err(leads_out(&root, &path[..slash])),
            };
        }
        if followed > 0 {
            let moved = found[range].iter_mut().map(|found| &mut found.entry.path);
            moved.for_each(|entry| *entry = [&path[..], &entry[root.len()..]].concat());
        }
    }
    Ok(())
}

fn slashes(path: &[u8]) -> impl Iterator<Item = usize> {
    (0..path.len()).filter(|&index| path[index] == b'/')
}

/// The path that `link` followed by `rest` leads to, if `link` has the target `text`. `None` if the
/// target is outside of the archive.
fn led(link: &[u8], text: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    if text.starts_with(b"/") {
        return None;
    }
    let mut parts: Vec<&[u8]> = link.split(|&byte| byte == b'/').collect();
    parts.pop();
    for part in text.split(|&byte| byte == b'/').chain(rest.split(|&byte| byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join(&b'/')).filter(|path| !path.is_empty())
}

fn leads_out(root: &[u8], link: &[u8]) -> Error {
    let (root, link) = (show_name(root), show_name(link));
    let text = format!(
        "{root} leads through the link {link}, which is to be stored too \
         and leads out of the archive; name only one of them"
    );
    Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidInput, text))
}

/// Removes entries that were found twice.
///
/// # Errors
/// Two different files would be stored under one path.
pub(super) fn without_doubles(found: Vec<Found>) -> Result<Vec<Found>> {
    let mut first: HashMap<&[u8], usize> = HashMap::with_capacity(found.len());
    let mut is_first = vec![true; found.len()];
    for (index, one) in found.iter().enumerate() {
        let earlier = *first.entry(&one.entry.path).or_insert(index);
        is_first[index] = earlier == index;
        if found[earlier].id != one.id {
            let (earlier, later) = (show_path(&found[earlier].source), show_path(&one.source));
            let text = format!(
                "{earlier} and {later} would both be stored as {}; make an archive of each",
                show_name(&one.entry.path)
            );
            return Err(Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidInput, text)));
        }
    }
    Ok(found
        .into_iter()
        .zip(is_first)
        .filter_map(|(found, is_first)| is_first.then_some(found))
        .collect())
}
