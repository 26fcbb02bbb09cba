//! Result tables in Markdown.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Rows of one result table.
#[derive(Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(header: &[&str]) -> Self {
        Table { header: header.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} |\n", self.header.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(self.header.len()));
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    /// Prints the table and writes it to `docs/results/<name>.md` with how it was made.
    pub fn publish(
        &self,
        name: &str,
        title: &str,
        command: &str,
        notes: &str,
    ) -> anyhow::Result<()> {
        publish(name, title, command, &format!("{}\n{notes}\n", self.markdown()))
    }
}

/// Prints the document `body` and writes it to `docs/results/<name>.md` with how it was made.
pub fn publish(name: &str, title: &str, command: &str, body: &str) -> anyhow::Result<()> {
    print!("{body}");
    let text = format!("# {title}\n\n`{command}`, {}.\n\n{body}", made());
    let directory = results();
    fs::create_dir_all(&directory)?;
    let path = directory.join(Path::new(name).with_extension("md"));
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Where results are published.
pub fn results() -> PathBuf {
    crate::nets::root().join("docs/results")
}

/// When and on what a measurement is made.
pub fn made() -> String {
    let (date, threads) = (jiff::Zoned::now().date(), threads());
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("{date}, {arch} {os}, {threads} threads")
}

/// Threads that measurements take.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// `value` with a comma between thousands.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let first = (digits.len() + 2) % 3 + 1;
    let mut text = digits[..first].to_owned();
    for group in (first..digits.len()).step_by(3) {
        let _ = write!(text, ",{}", &digits[group..group + 3]);
    }
    text
}

/// `part` of `whole` in percent.
#[allow(clippy::cast_precision_loss, reason = "counts are small")]
pub fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}
