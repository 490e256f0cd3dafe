//! `cmx -t`: is the archive whole?

use std::io::sink;

use cmx::stream::decode_stream;

use super::args::Options;
use super::decompress::{open, settings};
use super::display::Display;
use super::failure::{Failure, name};

/// Decodes every input, keeps nothing, compares everything.
pub fn run(options: &Options) -> Result<(), Failure> {
    let mut worst: Option<Failure> = None;
    for input in options.inputs() {
        let result = open(&input).and_then(|(reader, _)| {
            let mut settings = settings(options)?;
            let display = Display::begin(options, &name(&input), None, 1);
            settings.progress = Some(display.progress.clone());
            let summary = decode_stream(reader, &mut sink(), &settings).map_err(|error| Failure::at(&input, &error))?;
            display.finish(&name(&input), summary.raw, summary.coded, "<-");
            Ok(())
        });
        if let Err(failure) = result {
            // Every archive is tested, so each failure is printed when it is found.
            if let Some(earlier) = worst.replace(failure) {
                earlier.report();
            }
        }
    }
    worst.map_or(Ok(()), Err)
}
