//! Cycles between the kernels of two steps: the commit, and the way to the next step.

use freeml_sim::{Elf, Limits, Machine, PowerSchedule};

use super::simulate;
use super::trace::Trace;

/// Parts of the names of functions that contain the engine: itself, and `main` where it is inlined.
const ENGINE: [&str; 2] = ["engine", "__msp430_support_main"];

/// Cycles that the engine in `elf` takes for all steps of an inference of `sample`.
pub fn cycles(elf: &Elf, sample: &[i16], trace: &Trace) -> anyhow::Result<u64> {
    let mut machine = simulate::machine(elf, sample)?;
    machine.enable_profile();
    let mut until = |max_cycles| {
        machine.run(&Limits { max_cycles }, &mut PowerSchedule::none())?;
        anyhow::Ok(engine_cycles(&machine))
    };
    let before = until(trace.begin())?;
    Ok(until(trace.end())? - before)
}

fn engine_cycles(machine: &Machine) -> u64 {
    let entries = machine.report().profile.unwrap_or_default();
    let of_engine = |name: &str| ENGINE.iter().any(|part| name.contains(part));
    entries.iter().filter(|entry| of_engine(&entry.symbol)).map(|entry| entry.cycles).sum()
}
