//! A device beside the processor of the same machine: equality and speed, in under four minutes.
//!
//!     cargo bench --features gpu --bench gpu [-- FILE [N]]
//!
//! FILE gives the bytes to compress (else the documents of this folder), N the number of the device
//! in `cmx devices`. Steps of the network alone come first, then archives of 1 to 1,024 blocks at
//! -9, which must be the same bytes. A row that there is no time for is passed over.

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use cmx::internals::gpu::{Choice, adapters, choose, measure, measure_lanes, trouble};
use cmx::internals::network::processor_speed;
use cmx::{EncodeOptions, Level, compress_with, decompress_with};

/// Of the whole run.
const TIME: Duration = Duration::from_secs(230);
/// Bytes of a block.
const BLOCK: usize = 4 << 10;
const STREAMS: [usize; 5] = [1, 16, 64, 256, 1024];

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let (file, number) = (words.next(), words.next());
    let number = number.and_then(|number| number.parse().ok()).unwrap_or(0);
    let bytes = file.map_or_else(documents, |file| std::fs::read(file).expect("the file"));
    let begun = Instant::now();
    let found = adapters();
    let Some(adapter) = found.get(number) else {
        println!("there is no device {number}, only {}", found.len());
        return;
    };
    println!("{} ({}), software: {}", adapter.name, adapter.interface, adapter.is_software);
    let measured = measure(adapter);
    println!(
        "check: {:?}, {:.2} s after {:.2} s of opening",
        measured.check, measured.checking, measured.opening
    );
    if measured.check.is_err() {
        return;
    }
    let cores = available_parallelism().map_or(1, usize::from);
    let core = processor_speed();
    println!("\nthe network alone, steps a second: {core:.0} a core, {cores} cores\n");
    println!("| streams | device | cores | times |\n|--:|--:|--:|--:|");
    for streams in STREAMS {
        match measure_lanes(adapter, streams) {
            Ok(device) => {
                let all = core * cores.min(streams) as f64;
                println!("| {streams} | {device:.0} | {all:.0} | {:.2} |", device / all);
            }
            Err(trouble) => println!("| {streams} | {trouble} | | |"),
        }
        // A slow device must leave time for archives.
        if begun.elapsed() > TIME / 3 {
            break;
        }
    }
    println!("\narchives at -9, blocks of {BLOCK} bytes, {cores} threads, kB/s\n");
    println!("| blocks | cores | device | from the device | same bytes |\n|--:|--:|--:|--:|---|");
    let mut last = Duration::ZERO;
    for streams in STREAMS {
        // The next row takes about four times as long as the one before.
        if begun.elapsed() + 5 * last > TIME {
            println!("| {streams} | no time is left | | | |");
            break;
        }
        let row = Instant::now();
        archive(&bytes, streams, number, cores);
        last = row.elapsed();
    }
    println!("\n{:.0} s in all", begun.elapsed().as_secs_f64());
}

/// One row: the same blocks by the processor and by the device, and back by the device.
fn archive(bytes: &[u8], streams: usize, number: usize, cores: usize) {
    let content: Vec<u8> = bytes.iter().copied().cycle().take(streams * BLOCK).collect();
    let level = Level::new(9).expect("a level").with_block_size(BLOCK);
    let options = EncodeOptions::new().level(level).threads(cores).verify(false);
    let decode = cmx::DecodeOptions::new().threads(cores).memory(u64::MAX);
    let timed = |choice: Choice, work: &dyn Fn() -> Vec<u8>| {
        choose(choice);
        let begun = Instant::now();
        let done = work();
        let speed = content.len() as f64 / 1000.0 / begun.elapsed().as_secs_f64();
        let trouble = trouble();
        choose(Choice::Processor);
        (done, speed, trouble)
    };
    let compress = || compress_with(&content, &options).expect("an archive");
    let (expected, cores, _) = timed(Choice::Processor, &compress);
    let (coded, device, one) = timed(Choice::Adapter(number), &compress);
    let decompress = || decompress_with(&expected, &decode).expect("the content");
    let (decoded, back, two) = timed(Choice::Adapter(number), &decompress);
    let same = coded == expected && decoded == content;
    println!("| {streams} | {cores:.1} | {device:.1} | {back:.1} | {same} |");
    for trouble in [one, two].into_iter().flatten() {
        println!("{trouble}");
    }
}

fn documents() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("docs").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let texts = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    texts.flat_map(|path| std::fs::read(path).unwrap_or_default()).collect()
}
