//! Compresses a file through `Encoder`, like a program that writes its own data: `compress_file IN
//! OUT.cmx`.

use std::fs::File;
use std::io::{self, Write};

use cmx::{EncodeOptions, Encoder, Metadata};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = &names[..] else { return Err("usage: compress_file IN OUT.cmx".into()) };
    let mut input = File::open(from)?;
    // Stores mode and time too, so that `cmx -d` can restore them.
    let metadata = Metadata::of(&input.metadata()?);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = EncodeOptions::new().threads(threads);

    let mut encoder = Encoder::with_metadata(File::create(to)?, metadata, &options);
    let raw = io::copy(&mut input, &mut encoder)?;
    // The archive is whole only from here on.
    let mut output = encoder.finish()?;
    output.flush()?;
    println!("{from}: {raw} bytes -> {} bytes", output.metadata()?.len());
    Ok(())
}
