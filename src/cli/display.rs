//! Progress on a terminal: rate, ratio and time left; and the line at the end.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cmx::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Options;
use super::size;

/// Shows the progress of one job until it is dropped.
pub struct Display {
    /// The counters to give to the job.
    pub progress: Arc<Progress>,
    start: Instant,
    speaks: bool,
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Display {
    /// Begins the display of a job over `name`. `work` is what the counters will reach, `passes` how
    /// often each byte is worked on.
    pub fn begin(options: &Options, name: &str, work: Option<u64>, passes: u64) -> Self {
        let progress = Arc::new(Progress::default());
        let terminal = stderr().is_terminal() && !options.quiet;
        let drawing =
            if terminal && !options.no_progress { Some(spawn(Arc::clone(&progress), name.to_string(), work, passes)) } else { None };
        Display { progress, start: Instant::now(), speaks: !options.quiet && (terminal || options.verbose > 0), drawing }
    }

    fn stop(&mut self) {
        if let Some((stop, thread)) = self.drawing.take() {
            drop(stop);
            let _ = thread.join();
        }
    }

    /// Ends the display with a line about `raw` bytes and the `coded` ones they became.
    pub fn finish(mut self, name: &str, raw: u64, coded: u64, arrow: &str) {
        self.stop();
        if !self.speaks {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let (from, to) = if arrow == "<-" { (coded, raw) } else { (raw, coded) };
        let percent = if raw == 0 { 100.0 } else { 100.0 * coded as f64 / raw as f64 };
        let rate = raw as f64 / 1e6 / seconds.max(1e-9);
        let _ = writeln!(stderr(), "{name}: {} -> {} ({percent:.2} %), {seconds:.2} s, {rate:.2} MB/s", size::show(from), size::show(to));
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(progress: Arc<Progress>, name: String, work: Option<u64>, passes: u64) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel();
    let thread = std::thread::spawn(move || {
        let bar = work.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = if work.is_some() { "{prefix} {wide_bar} {percent:>3} % {msg} {eta}" } else { "{spinner} {prefix} {msg}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(name);
        let start = Instant::now();
        while matches!(stopped.recv_timeout(Duration::from_millis(150)), Err(RecvTimeoutError::Timeout)) {
            let done = progress.work();
            bar.set_position(done);
            let rate = done as f64 / passes as f64 / 1e6 / start.elapsed().as_secs_f64();
            let (read, written) = (progress.read(), progress.written());
            let ratio = if read > 0 && written > 0 { format!(" {:.1} %", 100.0 * written as f64 / read as f64) } else { String::new() };
            bar.set_message(format!("{} {rate:.2} MB/s{ratio}", size::show(done / passes)));
        }
        bar.finish_and_clear();
    });
    (stop, thread)
}
