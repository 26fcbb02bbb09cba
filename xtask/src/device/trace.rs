//! Cycles of every step of an inference, from the stores of its progress.

use anyhow::{Context as _, ensure};
use freeml_compiler::program::{PlannedLayer, Program};
use freeml_sim::{Change, Elf};

/// When the steps of an inference without power failures ended.
pub struct Trace {
    /// Cycles until the sample was in, then until each step was done.
    marks: Vec<u64>,
}

impl Trace {
    /// The trace in `changes` of the progress word.
    pub fn new(changes: &[Change], steps: u16) -> anyhow::Result<Self> {
        // Cleaning the state sets progress to 0, which it is not in erased memory.
        let found = changes.iter().map(|change| change.value);
        ensure!(found.eq(0..=steps + 1), "progress is not 0 to {} in order", steps + 1);
        Ok(Trace { marks: changes.iter().skip(1).map(|change| change.cycles).collect() })
    }

    /// Cycles from the start until the sample is in.
    pub fn begin(&self) -> u64 {
        self.marks.first().copied().unwrap_or(0)
    }

    /// Cycles from the start until the logits are there.
    pub fn end(&self) -> u64 {
        self.marks.last().copied().unwrap_or(0)
    }

    /// Cycles of all steps.
    pub fn cycles(&self) -> u64 {
        self.end() - self.begin()
    }

    /// Cycles of the steps of `layer`.
    pub fn layer<'t>(&'t self, layer: &PlannedLayer) -> impl Iterator<Item = u64> + 't {
        let first = usize::from(layer.first_step);
        let steps = usize::try_from(layer.kernel.steps()).unwrap_or(usize::MAX);
        self.steps().skip(first).take(steps)
    }

    /// Cycles of the longest step.
    pub fn longest(&self) -> u64 {
        self.steps().max().unwrap_or(0)
    }

    fn steps(&self) -> impl Iterator<Item = u64> + '_ {
        self.marks.windows(2).map(|pair| pair[1] - pair[0])
    }
}

/// Address of the progress word: the first of the state.
pub fn progress_address(elf: &Elf) -> anyhow::Result<u16> {
    let state = elf.sections().iter().find(|section| section.name == ".freeml");
    Ok(u16::try_from(state.context("there is no .freeml")?.address)?)
}

/// Progress of an inference of `program` that is done.
pub const fn done(program: &Program) -> u16 {
    program.signature.steps + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(values: &[u16]) -> Vec<Change> {
        let cycles = [10, 100, 150, 250, 260];
        cycles.into_iter().zip(values).map(|(cycles, &value)| Change { cycles, value }).collect()
    }

    #[test]
    fn steps_lie_between_two_values_of_progress() {
        let trace = Trace::new(&changes(&[0, 1, 2, 3, 4]), 3).unwrap();
        assert_eq!((trace.begin(), trace.end(), trace.cycles()), (100, 260, 160));
        assert_eq!(trace.steps().collect::<Vec<_>>(), [50, 100, 10]);
        assert_eq!(trace.longest(), 100);
    }

    #[test]
    fn progress_out_of_order_is_refused() {
        assert!(Trace::new(&changes(&[0, 1, 2, 3]), 3).is_err());
        assert!(Trace::new(&changes(&[0, 1, 0, 1, 2]), 3).is_err());
    }
}
