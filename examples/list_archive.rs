//! Lists an archive and prints one file of it: `list_archive X.cmx [PATH]`.

use std::io;

use cmx::archive::Selection;
use cmx::archive::{kind_letter, show_name};
use cmx::{Archive, DecodeOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let name = words.next().ok_or("usage: list_archive X.cmx [PATH]")?;
    // The archive may be hostile: these are the limits for memory and output.
    let limits = DecodeOptions::new().memory(4 << 30).max_output(1 << 30);
    let archive = Archive::open(&name, &limits)?;

    let Some(path) = words.next() else {
        for (entry, packed) in archive.entries_with_packed() {
            // Names are bytes, and could act on a terminal unless they are escaped.
            println!(
                "{} {:>12} {packed:>12} {}",
                kind_letter(entry.kind),
                entry.size,
                show_name(&entry.path)
            );
        }
        return Ok(());
    };
    let selection = Selection::new(&[path.into_bytes()])?;
    archive.extract_to(&selection, &mut io::stdout())?;
    Ok(())
}
