//! Runs the program as a child process and measures its time and memory.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Result of one call of the program.
pub struct Outcome {
    pub code: Option<i32>,
    pub errors: String,
    /// Largest memory in bytes that the process held (VmHWM), as far as it was sampled before its
    /// end.
    pub peak: u64,
    /// User and system time in seconds, as far as it was sampled before the end of the process.
    pub seconds: f64,
}

/// Runs the program with `arguments` in `folder` and discards its output.
pub fn run(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    let errors = folder.join("errors");
    let file = fs::File::create(&errors).unwrap();
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("CMX_OPT")
        .stdout(Stdio::null())
        .stderr(file)
        .stdin(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut peak, mut seconds) = (0, 0.0);
    let code = loop {
        // A process that has ended and was not waited for has no memory, but still has its times.
        peak = memory(child.id()).unwrap_or(0).max(peak);
        seconds = time(child.id()).unwrap_or(seconds);
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    Outcome { code, errors: fs::read_to_string(&errors).unwrap(), peak, seconds }
}

fn memory(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib = text.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    })?;
    Some(kib << 10)
}

fn time(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // Linux counts time in hundredths of a second.
    Some(ticks / 100.0)
}
