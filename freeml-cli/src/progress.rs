//! What is seen of compression.

use std::io::IsTerminal as _;
use std::time::Duration;

use freeml_compiler::compress::Progress;
use freeml_compiler::narrate::Lines;
use indicatif::{ProgressBar, ProgressStyle};

/// Form of the bar.
const TEMPLATE: &str = "{prefix} {bar:30} {percent:>3} % {msg} [{elapsed} of about {duration}]";

/// A bar on a terminal, lines now and then elsewhere.
pub enum Display {
    /// On a terminal.
    Bar(ProgressBar),
    /// Elsewhere, such as in CI.
    Lines(Lines, String),
}

impl Display {
    /// Begins with the network `name`.
    pub fn begin(name: String) -> Self {
        if !std::io::stderr().is_terminal() {
            return Display::Lines(Lines::new(), name);
        }
        let style = ProgressStyle::with_template(TEMPLATE);
        let bar = ProgressBar::new(0).with_prefix(name);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Display::Bar(bar)
    }

    /// Shows `progress`.
    pub fn show(&mut self, progress: &Progress) {
        match self {
            Display::Bar(bar) => {
                let Progress { stage, done, total, kept, accuracy } = *progress;
                bar.set_length(total as u64);
                bar.set_position(done as u64);
                let accuracy = 100.0 * accuracy;
                bar.set_message(format!("{stage}: {kept} weights, {accuracy:.1} % right"));
            }
            Display::Lines(lines, name) => {
                if let Some(line) = lines.line(progress) {
                    eprintln!("{name}: {line}");
                }
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Display::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
