//! One inference of a firmware on the simulator.

use anyhow::{Context as _, ensure};
use freeml_sim::{Change, Device, Elf, Limits, Machine, PowerSchedule, Report, Stop};

use super::trace;

/// What an inference gave and cost.
pub struct Run {
    /// Logits that the firmware printed last.
    pub logits: Vec<i16>,
    /// Cycles, stack and accesses.
    pub report: Report,
    /// Values of the progress word.
    pub progress: Vec<Change>,
}

/// A device with `elf` and `sample`, about to start, whose progress is watched.
pub fn machine(elf: &Elf, sample: &[i16]) -> anyhow::Result<Machine> {
    let mut machine = Machine::new(elf, Device::Fr5994)?;
    let bytes: Vec<u8> = sample.iter().map(|value| value.to_le_bytes()[0]).collect();
    machine.write_symbol("SAMPLE", &bytes)?;
    machine.watch_word(trace::progress_address(elf)?)?;
    Ok(machine)
}

/// Runs `elf` on `sample`, with (seed, mean cycles between, number of) power failures.
pub fn run(elf: &Elf, sample: &[i16], failures: Option<(u64, u64, u64)>) -> anyhow::Result<Run> {
    let mut machine = machine(elf, sample)?;
    let mut power = failures.map_or_else(PowerSchedule::none, |(seed, mean, count)| {
        PowerSchedule::random(seed, mean, count)
    });
    let stop = machine.run(&Limits::default(), &mut power)?;
    ensure!(stop == Stop::Done, "the firmware does not end: {stop:?}");
    let logits = logits(&mut machine)?;
    Ok(Run { logits, report: machine.report(), progress: machine.changes().to_vec() })
}

/// The logits that the firmware has printed last.
pub fn logits(machine: &mut Machine) -> anyhow::Result<Vec<i16>> {
    let output = String::from_utf8_lossy(&machine.take_console()).into_owned();
    let line = output.lines().rev().find_map(|line| line.split("logits ").last());
    line.with_context(|| format!("no logits in {output:?}"))?
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("unreadable logits in {output:?}"))
}
