//! What a run has cost.

use std::fmt;

use crate::cpu::{Cpu, SP};
use crate::device::{Device, Region};
use crate::memory::AccessCounts;
use crate::profile::ProfileEntry;

/// The clock at which [`Report`] shows seconds: the fastest without FRAM wait states.
const CLOCK_HZ: u64 = 8_000_000;

/// One passage of the program counter through a marked symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The symbol.
    pub symbol: String,
    /// Cycles before the instruction at the symbol, since the first power-on.
    pub cycles: u64,
    /// Instructions before it, since the first power-on.
    pub instructions: u64,
}

/// Counts since the first power-on, failures included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The device.
    pub device: Device,
    /// CPU cycles; a start itself counts none.
    pub cycles: u64,
    /// Instructions.
    pub instructions: u64,
    /// Starts at the reset vector, the first one included.
    pub boots: u64,
    /// Power failures.
    pub failures: u64,
    /// Lowest stack pointer within RAM; `None` if it never was in RAM.
    pub lowest_stack_pointer: Option<u16>,
    /// Bytes between the highest and the lowest stack pointer within RAM.
    pub peak_stack_bytes: u16,
    /// Data reads.
    pub reads: AccessCounts,
    /// Data writes.
    pub writes: AccessCounts,
    /// Instruction words fetched.
    pub fetches: AccessCounts,
    /// Passages through marked symbols, in order.
    pub marks: Vec<Mark>,
    /// Cycles per code symbol, if profiling was on; most cycles first.
    pub profile: Option<Vec<ProfileEntry>>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.cycles / CLOCK_HZ, self.cycles % CLOCK_HZ);
        let microseconds = rest * 1_000_000 / CLOCK_HZ;
        writeln!(f, "device        {:>14}", self.device)?;
        writeln!(f, "cycles        {:>14}   {seconds}.{microseconds:06} s at 8 MHz", self.cycles)?;
        writeln!(f, "instructions  {:>14}", self.instructions)?;
        writeln!(f, "failures      {:>14}   {} boots", self.failures, self.boots)?;
        match self.lowest_stack_pointer {
            None => writeln!(f, "peak stack             unused")?,
            Some(lowest) => {
                writeln!(
                    f,
                    "peak stack    {:>14}   bytes, down to {lowest:#06x}",
                    self.peak_stack_bytes
                )?;
            }
        }
        writeln!(f, "accesses      {:>14} {:>14} {:>14}", "io", "ram", "fram")?;
        for (name, counts) in
            [("reads", self.reads), ("writes", self.writes), ("fetches", self.fetches)]
        {
            let [io, ram, fram] = [Region::Io, Region::Ram, Region::Fram].map(|r| counts.get(r));
            writeln!(f, "  {name:<12}{io:>14} {ram:>14} {fram:>14}")?;
        }
        Ok(())
    }
}

/// The extremes of the stack pointer within RAM.
///
/// A stack pointer outside RAM has not been set up yet, so it says nothing about the stack.
#[derive(Clone, Debug)]
pub(crate) struct StackWatch {
    ram_start: u16,
    ram_bytes: u16,
    extremes: Option<(u16, u16)>,
}

impl StackWatch {
    pub(crate) fn new(device: Device) -> Self {
        let ram = device.ram();
        Self { ram_start: *ram.start(), ram_bytes: ram.end() - ram.start() + 1, extremes: None }
    }

    pub(crate) const fn clear(&mut self) {
        self.extremes = None;
    }

    #[inline]
    pub(crate) fn observe(&mut self, cpu: &Cpu) {
        let sp = cpu.register(SP);
        // An empty stack points just behind the RAM.
        if sp.wrapping_sub(self.ram_start) <= self.ram_bytes {
            let (low, high) = self.extremes.unwrap_or((sp, sp));
            self.extremes = Some((low.min(sp), high.max(sp)));
        }
    }

    pub(crate) const fn lowest(&self) -> Option<u16> {
        match self.extremes {
            Some((low, _)) => Some(low),
            None => None,
        }
    }

    pub(crate) const fn depth(&self) -> u16 {
        match self.extremes {
            Some((low, high)) => high - low,
            None => 0,
        }
    }
}
