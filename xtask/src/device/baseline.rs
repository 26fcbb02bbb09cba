//! Committed figures of the firmware, which must not rise.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use freeml_sim::{Elf, Report};

use super::symbols;
use super::trace::Trace;
use crate::nets::root;
use crate::table::grouped;

/// Parts per hundred that a figure may rise, as another toolchain may make it.
const TOLERANCE: u64 = 2;

/// Cost of a firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Cycles of one inference.
    pub cycles: u64,
    /// Cycles of its longest step.
    pub longest_step: u64,
    /// Bytes of code.
    pub text: u64,
    /// Bytes of constants, without the sample.
    pub tables: u64,
    /// Bytes of persistent state.
    pub state: u64,
    /// Bytes of FRAM in all, which follow from the others and have no baseline.
    pub fram: u64,
    /// Bytes of initialised and zeroed RAM.
    pub ram: u64,
    /// Bytes of stack on the deepest path.
    pub stack: u64,
}

impl Figures {
    /// Figures of `elf`, whose inference cost `report` and has these steps.
    pub fn new(elf: &Elf, report: &Report, trace: &Trace) -> anyhow::Result<Self> {
        let section = |name: &str| -> u64 {
            elf.sections().iter().filter(|section| section.name == name).map(|s| s.size).sum()
        };
        let [text, rodata, state, data, bss] =
            [".text", ".rodata", ".freeml", ".data", ".bss"].map(section);
        Ok(Figures {
            cycles: report.cycles,
            longest_step: trace.longest(),
            text,
            tables: symbols::constant_bytes(elf)?,
            state,
            fram: text + rodata + state + data,
            ram: data + bss,
            stack: report.peak_stack_bytes.into(),
        })
    }

    fn named(&self) -> [(&'static str, u64); 7] {
        [
            ("cycles", self.cycles),
            ("longest_step", self.longest_step),
            ("text", self.text),
            ("tables", self.tables),
            ("state", self.state),
            ("ram", self.ram),
            ("stack", self.stack),
        ]
    }
}

fn path() -> PathBuf {
    root().join("examples/firmware/baseline.txt")
}

/// Writes the figures as the new baseline.
pub fn write(all: &[(&str, Figures)]) -> anyhow::Result<()> {
    let mut text = String::new();
    for (firmware, figures) in all {
        for (figure, value) in figures.named() {
            writeln!(text, "{firmware} {figure} {value}")?;
        }
    }
    fs::write(path(), text).context("cannot write the baseline")
}

/// Compares the figures with the baseline; an error if one is missing or has risen.
pub fn compare(all: &[(&str, Figures)]) -> anyhow::Result<()> {
    let text = fs::read_to_string(path())
        .context("there is no baseline: cargo xtask device --bless writes one")?;
    let baseline: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
        .collect();
    let mut risen = Vec::new();
    for (firmware, figures) in all {
        for (figure, value) in figures.named() {
            let name = format!("{firmware} {figure}");
            let before = *baseline.get(name.as_str()).with_context(|| {
                format!("{name} has no baseline: cargo xtask device --bless writes one")
            })?;
            println!("{name}: {} (baseline {})", grouped(value), grouped(before));
            if value * 100 > before * (100 + TOLERANCE) {
                risen.push(format!("{name}: {before} -> {value}"));
            }
        }
    }
    ensure!(
        risen.is_empty(),
        "risen by more than {TOLERANCE} %: {}; cargo xtask device --bless accepts it",
        risen.join(", ")
    );
    Ok(())
}
