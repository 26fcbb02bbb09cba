//! Finished measurements, one line each in a file, and the tables that they become.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use freeml_compiler::program::{Kernel, PlannedLayer};
use serde::{Deserialize, Serialize};

use crate::nets::root;
use crate::table::{grouped, percent};

/// One compressed network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    pub net: String,
    /// Which measurement it belongs to.
    pub variant: String,
    /// Constants, tables and descriptors.
    pub bytes: usize,
    /// Persistent state.
    pub state: usize,
    pub kept: usize,
    pub weights: usize,
    /// Separated layers with their ranks.
    pub separated: String,
    /// Test accuracy of the float network in percent.
    pub float: f64,
    /// And of the integer network.
    pub integer: f64,
    pub seconds: u64,
    pub layers: Vec<Layer>,
}

/// One layer of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Layer {
    name: String,
    encoding: String,
    table: usize,
    macs: u32,
}

impl Layer {
    pub fn of(layer: &PlannedLayer) -> Self {
        let encoding = match &layer.kernel {
            Kernel::Sparse(kernel) => format!("{:?}", kernel.format),
            Kernel::Conv(..) | Kernel::Depthwise(..) => "bytes".into(),
            _ => "-".into(),
        };
        Layer { name: layer.name.clone(), encoding, table: layer.tables.bytes(), macs: layer.macs }
    }
}

fn path() -> PathBuf {
    root().join("docs/results/compression.jsonl")
}

/// All measurements, by network, variant and size.
pub fn all() -> anyhow::Result<Vec<Run>> {
    let text = fs::read_to_string(path()).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).context("a record is damaged")).collect()
}

/// Adds `run`, in place of an earlier one of the same kind; runs of a curve differ in bytes.
pub fn add(run: Run) -> anyhow::Result<()> {
    let mut runs = all()?;
    runs.retain(|other| {
        (&other.net, &other.variant) != (&run.net, &run.variant)
            || (run.variant == "curve" && other.bytes.abs_diff(run.bytes) * 50 > run.bytes)
    });
    runs.push(run);
    runs.sort_by(|a, b| (&a.net, &a.variant, a.bytes).cmp(&(&b.net, &b.variant, b.bytes)));
    let lines: Vec<String> = runs.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    fs::write(path(), lines.join("\n") + "\n").context("cannot write the records")
}

/// Writes docs/results/compression.md.
pub fn publish(runs: &[Run], targets: &[(&str, u32, f64)]) -> anyhow::Result<()> {
    let mut text = format!(
        "# Compressed networks\n\n`cargo xtask bench compress`, last run {}, {} {}, 2 threads. Bytes are \
         all constants: tables and descriptors. Accuracy is top-1 on the public test sets by the \
         kernels that the device runs; nothing was chosen on them. One line of \
         `compression.jsonl` holds each run.\n\n## Targets\n\n| net | bytes (at most) | kept weights | \
         density % | separated | state, B | float % | integer % (at least) | s |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        jiff::Zoned::now().date(),
        std::env::consts::ARCH,
        std::env::consts::OS,
    );
    let of = |variant: &'static str| runs.iter().filter(move |run| run.variant == variant);
    for run in of("target") {
        let target = targets.iter().find(|target| target.0 == run.net);
        let (most, least) = target.map_or((0, 0.0), |target| (target.1, target.2));
        writeln!(
            text,
            "| `{}` | {} ({}) | {} of {} | {:.1} | {} | {} | {:.2} | {:.2} ({least}) | {} |",
            run.net,
            grouped(run.bytes as u64),
            grouped(most.into()),
            grouped(run.kept as u64),
            grouped(run.weights as u64),
            percent(run.kept, run.weights),
            if run.separated.is_empty() { "-" } else { &run.separated },
            grouped(run.state as u64),
            run.float,
            run.integer,
            run.seconds,
        )?;
    }
    text += "\n### Layers\n\n| net | layer | encoding | table, B | weights x positions |\n|---|---|---|---|---|\n";
    for run in of("target") {
        for layer in &run.layers {
            writeln!(
                text,
                "| `{}` | `{}` | {} | {} | {} |",
                run.net,
                layer.name,
                layer.encoding,
                grouped(layer.table as u64),
                grouped(layer.macs.into())
            )?;
        }
    }
    text += "\n## Size against accuracy\n\n![curve](compression.svg)\n\nFreeML's points are those of its \
             published code on these networks, in deployed bytes (its Q10.5 weights in CSR form) \
             and float accuracy.\n\n| net | bytes | integer % |\n|---|---|---|\n";
    for run in of("curve") {
        let bytes = grouped(run.bytes as u64);
        writeln!(text, "| `{}` | {bytes} | {:.2} |", run.net, run.integer)?;
    }
    text += "\n## What the parts are worth\n\nSmallest network within half a point of the float one on \
             the validation samples, by `cargo xtask bench compress --ablation`.\n\n| net | variant | \
             bytes | integer % on test | s |\n|---|---|---|---|---|\n";
    for run in runs.iter().filter(|run| !["target", "curve"].contains(&run.variant.as_str())) {
        let bytes = grouped(run.bytes as u64);
        let Run { net, variant, integer, seconds, .. } = run;
        writeln!(text, "| `{net}` | {variant} | {bytes} | {integer:.2} | {seconds} |")?;
    }
    fs::write(path().with_extension("md"), text).context("cannot write the tables")
}
