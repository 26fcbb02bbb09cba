//! What a user reads while a network is compressed during a build.

use std::time::{Duration, Instant};

use crate::compress::Progress;
use crate::options::Options;

/// Time from one line about progress to the next.
const INTERVAL: Duration = Duration::from_secs(20);

/// Whether this code is optimised; without, compression takes some thirty times longer.
const OPTIMISED: bool = !matches!(env!("FREEML_OPT_LEVEL").as_bytes(), b"0");

/// Tells on the standard error output that compression begins, and why.
pub fn begin(options: &Options, why: &str) {
    let model = options.model.display();
    let what = if options.compress.is_some() { "compressing" } else { "training early exits of" };
    eprintln!(
        "freeml: {why}: {what} `{model}`, which may take minutes; `cargo freeml prepare` does it \
         ahead of the build"
    );
    if !OPTIMISED {
        eprintln!(
            "freeml: the compiler of networks is built without optimisation and some thirty times \
             slower than it could be; add this to the Cargo.toml of the workspace, and the same \
             for `release`:\n\n    [profile.dev.build-override]\n    opt-level = 3\n"
        );
    }
}

/// Tells of progress in lines, now and then.
#[derive(Debug)]
pub struct Lines {
    start: Instant,
    told: Instant,
}

impl Lines {
    /// Begins now.
    #[allow(clippy::new_without_default, reason = "it reads the clock")]
    pub fn new() -> Self {
        let start = Instant::now();
        Lines { start, told: start }
    }

    /// The line to print about `progress`, if it is time for one.
    pub fn line(&mut self, progress: &Progress) -> Option<String> {
        if self.told.elapsed() < INTERVAL {
            return None;
        }
        self.told = Instant::now();
        Some(describe(progress, self.start.elapsed()))
    }
}

/// `progress` in words, `elapsed` after the start.
fn describe(progress: &Progress, elapsed: Duration) -> String {
    let Progress { stage, done, total, kept, accuracy } = *progress;
    let percent = 100 * done / total.max(1);
    let left = elapsed.as_secs() * total.saturating_sub(done) as u64 / done.max(1) as u64;
    let left = if done == 0 { "?".into() } else { format!("{} min {} s", left / 60, left % 60) };
    let accuracy = 100.0 * accuracy;
    format!("{stage}, {percent} %, about {left} left, {kept} weights, {accuracy:.1} % right")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_well() {
        let progress =
            Progress { stage: "prune", done: 25, total: 100, kept: 4_000, accuracy: 0.985 };
        assert_eq!(
            describe(&progress, Duration::from_secs(30)),
            "prune, 25 %, about 1 min 30 s left, 4000 weights, 98.5 % right"
        );
        let start = Progress { done: 0, total: 0, ..progress };
        assert!(describe(&start, Duration::ZERO).contains("0 %, about ? left"));
    }
}
