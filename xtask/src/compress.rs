//! Compression of the public networks: bytes, accuracy and time, at their targets, along the
//! curve of budgets and without one part of the method each.
//!
//! Every finished run is a line of `compression.jsonl`, from which `compression.md` and its plots
//! are rendered, so that the parts of the bench can run apart.

mod document;
mod freeml;
mod measure;
mod record;
mod runs;
mod targets;

use std::path::PathBuf;

use crate::table;
use record::Results;
use runs::{Part, Run};

/// Which runs are made, and how.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "the flags of a command")]
pub struct Options {
    /// Networks; all that the part is about if none is named.
    nets: Vec<String>,
    /// Bytes of constants instead of the targets'.
    #[arg(long, value_name = "BYTES", group = "part")]
    fram: Option<u32>,
    /// The smaller budgets that are hoped for.
    #[arg(long, group = "part")]
    stretch: bool,
    /// The curve of budgets.
    #[arg(long, group = "part")]
    curves: bool,
    /// The smallest networks without one part of the method each.
    #[arg(long, group = "part")]
    ablation: bool,
    /// No runs: the document of those that were made.
    #[arg(long, group = "part")]
    render: bool,
    /// Leaves out the runs that were made already.
    #[arg(long)]
    resume: bool,
    /// Factor on the steps of training, for trials: results go to `target/compression`.
    #[arg(long, value_name = "FACTOR")]
    effort: Option<f32>,
}

impl Options {
    fn part(&self) -> Part {
        match self.fram {
            Some(bytes) => Part::Budget(bytes),
            None if self.stretch => Part::Stretch,
            None if self.curves => Part::Curves,
            None if self.ablation => Part::Ablation,
            None if self.render => Part::Nothing,
            None => Part::Targets,
        }
    }

    /// Where results go: shortened training is not to be taken for the real one.
    fn directory(&self) -> PathBuf {
        match self.effort {
            Some(_) => crate::nets::root().join("target/compression"),
            None => table::results(),
        }
    }
}

/// Makes the runs and writes the document after each; an error if a target is missed.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let part = options.part();
    let runs = part.runs(&options.nets)?;
    let mut results = Results::read(&options.directory())?;
    for run in &runs {
        if options.resume && results.of(run).is_some() {
            continue;
        }
        eprintln!("{run}");
        let record = measure::measure(run, options.effort.unwrap_or_else(|| part.effort()))?;
        eprintln!("{run}: {}", record.outcome);
        results.insert(record)?;
        document::write(&results)?;
    }
    if runs.is_empty() {
        document::write(&results)?;
    }
    if part == Part::Targets { all_hold(&runs, &results) } else { Ok(()) }
}

/// An error that lists the targets that `results` miss.
fn all_hold(runs: &[Run], results: &Results) -> anyhow::Result<()> {
    let records = runs.iter().filter_map(|run| results.of(run));
    let misses: Vec<String> = records.flat_map(targets::misses).collect();
    anyhow::ensure!(misses.is_empty(), "targets are missed:\n  {}", misses.join("\n  "));
    Ok(())
}
