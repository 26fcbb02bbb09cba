//! Running a program: limits, stops, power failures.

use crate::cpu::SR;
use crate::cpu::status::CPU_OFF;
use crate::fault::{Fault, FaultKind};
use crate::machine::Machine;
use crate::power::PowerSchedule;
use crate::report::Mark;

/// `mov.b #0, r3`: does nothing on silicon, ends a simulation.
const STOP_OPCODE: u16 = 0x4343;
/// Passages recorded at most, so that a mark in an inner loop does not fill the host's memory.
const MARK_LIMIT: usize = 1_000_000;

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Cycles since the first power-on at which the run stops.
    pub max_cycles: u64,
}

impl Default for Limits {
    /// 10^10 cycles, some twenty minutes of the device at 8 MHz.
    fn default() -> Self {
        Self { max_cycles: 10_000_000_000 }
    }
}

/// Why a run has ended without a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The program reached the symbol `done` or the opcode `0x4343`.
    Done,
    /// The program switched the CPU off; nothing can wake it, as interrupts are not modelled.
    CpuOff,
    /// The limit of cycles was reached.
    CycleLimit,
}

impl Machine {
    /// Runs until the program is done, sleeps, reaches the limit, or faults.
    ///
    /// Calling it again continues where it stopped.
    pub fn run(&mut self, limits: &Limits, power: &mut PowerSchedule) -> Result<Stop, Fault> {
        loop {
            let due = power.due().unwrap_or(u64::MAX);
            let horizon = due.min(limits.max_cycles);
            if let Some(stop) = self.run_until(horizon)? {
                return Ok(stop);
            }
            if self.cycles < due {
                return Ok(Stop::CycleLimit);
            }
            self.power_cycle();
            power.advance(self.cycles);
        }
    }

    /// `None` if the horizon was reached.
    fn run_until(&mut self, horizon: u64) -> Result<Option<Stop>, Fault> {
        while self.cycles < horizon {
            let pc = self.cpu.pc();
            if self.cpu.register(SR) & CPU_OFF != 0 {
                return Ok(Some(Stop::CpuOff));
            }
            if self.is_stop(pc) {
                return Ok(Some(Stop::Done));
            }
            if !self.watched.is_empty() {
                self.record_mark(pc);
            }
            self.step()?;
        }
        Ok(None)
    }

    /// An odd address is no instruction, so that the fetch can report it.
    #[inline]
    fn is_stop(&self, pc: u16) -> bool {
        u32::from(pc) == self.done || (pc & 1 == 0 && self.memory.peek_word(pc) == STOP_OPCODE)
    }

    /// Runs one instruction, whatever it is, without power failures.
    #[inline]
    pub fn step(&mut self) -> Result<(), Fault> {
        let pc = self.cpu.pc();
        match self.cpu.step(&mut self.memory, self.model) {
            Ok(cycles) => {
                self.cycles += u64::from(cycles);
                self.instructions += 1;
                self.stack.observe(&self.cpu);
                if let Some(watch) = &mut self.watch {
                    watch.observe(self.memory.peek_word(watch.address()), self.cycles);
                }
                if let Some(profile) = &mut self.profile {
                    profile.add(pc, cycles);
                }
                Ok(())
            }
            Err(kind) => Err(self.fault(kind, pc)),
        }
    }

    #[cold]
    fn fault(&self, kind: FaultKind, pc: u16) -> Fault {
        Fault { kind, pc, location: self.elf.describe(pc), cycles: self.cycles }
    }

    fn record_mark(&mut self, pc: u16) {
        let hit = self.watched.iter().find(|(address, _)| *address == pc);
        if let Some((_, name)) = hit.filter(|_| self.marks.len() < MARK_LIMIT) {
            let (cycles, instructions) = (self.cycles, self.instructions);
            self.marks.push(Mark { symbol: name.clone(), cycles, instructions });
        }
    }
}
