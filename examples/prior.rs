//! Compares ways of making priors on held-out records: `prior TRAIN JUDGE LEVELS SIZE…`.
use cmx::internals::level::level;
use cmx::internals::training::{Settings, Trainer, compressed, train};
use std::fs;
use std::path::{Path, PathBuf};

fn read(folder: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(Path::new(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (samples, judge) = (read(&arguments[0]), read(&arguments[1]));
    let judge: Vec<&[u8]> = judge.iter().map(Vec::as_slice).take(300).collect();
    let raw: usize = judge.iter().map(|record| record.len()).sum();
    println!("{} judged, {raw} bytes", judge.len());
    let network = std::env::var("NETWORK").map_or(0, |text| text.parse().unwrap());
    #[cfg(not(feature = "train"))]
    let trainer = Trainer::Whole;
    #[cfg(feature = "train")]
    let trainer = match std::env::var("FLOATS") {
        Ok(_) => Trainer::Floats { checkpoint: None },
        Err(_) => Trainer::Whole,
    };
    for number in arguments[2].split(',') {
        let level = level(number.parse().unwrap()).unwrap();
        println!("-{number}: {} without", compressed(&judge, level, None).unwrap());
        for size in &arguments[3..] {
            let size = size.parse::<usize>().unwrap() << 10;
            let settings = Settings {
                name: String::new(),
                size,
                level: *level,
                network,
                trainer: trainer.clone(),
            };
            let start = std::time::Instant::now();
            let trained =
                train(&samples, &settings, &mut |what, percent| eprintln!("{percent} {what}"))
                    .unwrap();
            let seconds = start.elapsed().as_secs_f64();
            let start = std::time::Instant::now();
            let coded = compressed(&judge, level, Some(&trained.prior)).unwrap();
            println!(
                "  {} KiB {}: {coded} (trained {seconds:.1} s, coded {:.1} s) {:?}",
                size >> 10,
                trained.how,
                start.elapsed().as_secs_f64(),
                trained.compared
            );
        }
    }
}
