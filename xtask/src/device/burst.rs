//! The smallest store of energy with which an inference ends.

use anyhow::ensure;
use freeml_compiler::program::Program;
use freeml_sim::{Elf, Limits, Machine, PowerSchedule, Stop};

use super::simulate;
use super::trace::{self, Trace};

/// Cycles between power failures, always the same, that are just enough.
#[derive(Debug, Clone, Copy)]
pub struct Bursts {
    /// To take in the sample, which begins anew after each failure.
    pub start: u64,
    /// To go through all steps once it is in.
    pub steps: u64,
}

impl Bursts {
    /// Those of the firmware `elf` on `sample`, whose inference without failures is `trace`.
    /// With the larger of them it gives `logits`.
    pub fn find(
        elf: &Elf,
        program: &Program,
        sample: &[i16],
        trace: &Trace,
        logits: &[i16],
    ) -> anyhow::Result<Self> {
        let fresh = simulate::machine(elf, sample)?;
        let mut loaded = fresh.clone();
        loaded.run(&Limits { max_cycles: trace.begin() }, &mut PowerSchedule::none())?;
        loaded.power_cycle();
        let bursts = Bursts {
            start: smallest(&fresh, 1, 0)?,
            steps: smallest(&loaded, trace::done(program), trace.longest())?,
        };
        let mut whole = fresh;
        let enough = bursts.start.max(bursts.steps);
        ensure!(reaches(&mut whole, trace::done(program), enough)?, "bursts are too short");
        let stop = whole.run(&Limits::default(), &mut PowerSchedule::none())?;
        ensure!(stop == Stop::Done, "the firmware does not end: {stop:?}");
        let found = simulate::logits(&mut whole)?;
        ensure!(found == logits, "in bursts the device gives {found:?}, not {logits:?}");
        Ok(bursts)
    }
}

/// The smallest burst with which the program of `machine` reaches `progress`; `too_short` is less.
///
/// A burst that is enough stays enough when it is longer: every step then fits behind a start.
fn smallest(machine: &Machine, progress: u16, mut too_short: u64) -> anyhow::Result<u64> {
    let enough = |burst| reaches(&mut machine.clone(), progress, burst);
    let mut more = 64;
    while !enough(too_short + more)? {
        too_short += more;
        more *= 2;
    }
    let mut found = too_short + more;
    while found - too_short > 1 {
        let middle = too_short.midpoint(found);
        if enough(middle)? {
            found = middle;
        } else {
            too_short = middle;
        }
    }
    Ok(found)
}

/// Whether `machine`, just started, reaches `progress` when its power fails every `burst` cycles.
fn reaches(machine: &mut Machine, progress: u16, burst: u64) -> anyhow::Result<bool> {
    loop {
        let before = machine.changes().len();
        let limits = Limits { max_cycles: machine.cycles() + burst };
        machine.run(&limits, &mut PowerSchedule::none())?;
        let changes = machine.changes().get(before..).unwrap_or(&[]);
        if changes.iter().any(|change| change.value == progress) {
            return Ok(true);
        }
        // What one burst does not finish the next one does not either, as it begins there.
        if changes.is_empty() {
            return Ok(false);
        }
        machine.power_cycle();
    }
}
