//! Output on a terminal: the progress of a job (rate, ratio, time left), the names of entries, and
//! the last line.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cmx::Progress;
use cmx::archive::show_name;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Options;
use super::size;

/// Shows the progress of one job until the value is dropped.
pub struct Display {
    /// The counters that the job advances.
    pub progress: Arc<Progress>,
    start: Instant,
    speaks: bool,
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Display {
    /// Starts the display of a job on `name`. `work` is the number of bytes that the counters reach
    /// at the end, if known. `passes` is the number of times that each byte is counted.
    pub fn begin(options: &Options, name: &str, work: Option<u64>, passes: u64) -> Self {
        let terminal = stderr().is_terminal() && !options.quiet;
        let bar = (terminal && !options.no_progress).then(|| bar(name, work));
        let progress = Arc::new(if options.quiet {
            Progress::default()
        } else {
            names(options.verbose, bar.clone())
        });
        let drawing = bar.map(|bar| spawn(Arc::clone(&progress), bar, passes));
        Display {
            progress,
            start: Instant::now(),
            speaks: !options.quiet && (terminal || options.verbose > 0),
            drawing,
        }
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.drawing.take() {
            drop(stop);
            let _ = thread.join();
        }
    }

    /// Ends the display with a line that says how many bytes (`raw`, `coded`) there are on both
    /// sides of `arrow`.
    pub fn finish(mut self, name: &str, raw: u64, coded: u64, arrow: &str) {
        self.stop();
        if !self.speaks {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let (from, to) = if arrow == "<-" { (coded, raw) } else { (raw, coded) };
        let percent = if raw == 0 { 100.0 } else { 100.0 * coded as f64 / raw as f64 };
        let rate = raw as f64 / 1e6 / seconds.max(1e-9);
        let _ = writeln!(
            stderr(),
            "{name}: {} -> {} ({percent:.2} %), {seconds:.2} s, {rate:.2} MB/s",
            size::show(from),
            size::show(to)
        );
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Counters that print the name of each entry if `verbose` is 1, and its size too if `verbose` is
/// larger.
fn names(verbose: u8, bar: Option<ProgressBar>) -> Progress {
    if verbose == 0 {
        return Progress::default();
    }
    Progress::with_listener(move |path, size| {
        let line =
            if verbose > 1 { format!("{size:>11}  {}", show_name(path)) } else { show_name(path) };
        // If standard error is closed, the line is dropped.
        let print = || drop(writeln!(stderr(), "{line}"));
        match &bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    })
}

fn bar(name: &str, work: Option<u64>) -> ProgressBar {
    let bar = work.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = if work.is_some() {
        "{prefix} {wide_bar} {percent:>3} % {msg} {eta}"
    } else {
        "{spinner} {prefix} {msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(name.to_string());
    bar
}

fn spawn(progress: Arc<Progress>, bar: ProgressBar, passes: u64) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel();
    let thread = std::thread::spawn(move || {
        let start = Instant::now();
        while matches!(
            stopped.recv_timeout(Duration::from_millis(150)),
            Err(RecvTimeoutError::Timeout)
        ) {
            let done = progress.work();
            bar.set_position(done);
            let rate = done as f64 / passes as f64 / 1e6 / start.elapsed().as_secs_f64();
            let (read, written) = (progress.read(), progress.written());
            let ratio = if read > 0 && written > 0 {
                format!(" {:.1} %", 100.0 * written as f64 / read as f64)
            } else {
                String::new()
            };
            bar.set_message(format!("{} {rate:.2} MB/s{ratio}", size::show(done / passes)));
        }
        bar.finish_and_clear();
    });
    (stop, thread)
}
