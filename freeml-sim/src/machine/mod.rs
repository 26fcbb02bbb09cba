//! A device with a program: running it, power failures, and access to its memory.

mod access;
mod run;
mod watch;

use std::sync::Arc;

use thiserror::Error;

use crate::cpu::Cpu;
use crate::cpu::timing::CycleModel;
use crate::device::Device;
use crate::elf::Elf;
use crate::memory::{ERASED, Image, Memory};
use crate::peripherals::Console;
use crate::profile::Profile;
use crate::report::{Mark, Report, StackWatch};
use freeml_harvest::random::SplitMix64;

pub use access::SymbolError;
pub use run::{Limits, Stop};
pub use watch::Change;

/// Address of the reset vector.
const RESET_VECTOR: u16 = 0xFFFE;
/// The code symbol whose address ends a simulation.
const STOP_SYMBOL: &str = "done";
/// Why a program does not fit a device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// A segment lies outside FRAM.
    #[error(
        "segment {start:#06x}..{end:#07x} is not in the FRAM of the {device}: \
         check the device, the memory map of the linker script, and --nmagic"
    )]
    OutsideFram {
        /// The device.
        device: Device,
        /// First address.
        start: usize,
        /// Address behind the last one.
        end: usize,
    },
}

/// A device with a program in its FRAM.
///
/// Cloning copies 140 KiB, [`reset_to_image`](Self::reset_to_image) half of that.
#[derive(Clone, Debug)]
pub struct Machine {
    cpu: Cpu,
    memory: Memory,
    model: CycleModel,
    elf: Arc<Elf>,
    image: Arc<Image>,
    /// Address of the stop symbol, or a value that no program counter has.
    done: u32,
    noise_seed: u64,
    noise: SplitMix64,
    cycles: u64,
    instructions: u64,
    failures: u64,
    stack: StackWatch,
    watched: Vec<(u16, String)>,
    marks: Vec<Mark>,
    watch: Option<watch::Watch>,
    profile: Option<Profile>,
}

impl Machine {
    /// A device with the program of an ELF file, powered on and about to run its first instruction.
    ///
    /// Memory that the program does not define is `0xFF` in FRAM and noise in RAM.
    pub fn new(elf: &Elf, device: Device) -> Result<Self, LoadError> {
        let mut image = Box::new(ERASED);
        let fram = usize::from(*device.fram().start())..=usize::from(*device.fram().end());
        for segment in elf.segments() {
            let range = segment.range();
            if !fram.contains(&range.start) || !fram.contains(&(range.end - 1)) {
                let (start, end) = (range.start, range.end);
                return Err(LoadError::OutsideFram { device, start, end });
            }
            image[range].copy_from_slice(&segment.data);
        }
        Ok(Self::with_image(elf.clone(), device, &image))
    }

    /// A device without a program, for instructions written by [`write`](Self::write).
    pub fn blank(device: Device) -> Self {
        Self::with_image(Elf::default(), device, &ERASED)
    }

    fn with_image(elf: Elf, device: Device, image: &Image) -> Self {
        let done = elf.symbol(STOP_SYMBOL).filter(|symbol| symbol.is_code);
        let mut machine = Self {
            cpu: Cpu::default(),
            memory: Memory::new(device, image),
            model: CycleModel::default(),
            done: done.map_or(u32::MAX, |symbol| symbol.address.into()),
            elf: Arc::new(elf),
            image: Arc::new(*image),
            noise_seed: 0,
            noise: SplitMix64::new(0),
            cycles: 0,
            instructions: 0,
            failures: 0,
            stack: StackWatch::new(device),
            watched: Vec::new(),
            marks: Vec::new(),
            watch: None,
            profile: None,
        };
        machine.start();
        machine
    }

    /// Chooses the table of cycles; CPUX is the default.
    pub const fn set_cycle_model(&mut self, model: CycleModel) {
        self.model = model;
    }

    /// Chooses what RAM and registers hold after power-on, and powers the device on again.
    pub fn set_noise_seed(&mut self, seed: u64) {
        self.noise_seed = seed;
        self.reset_to_image();
    }

    /// Chooses where console output goes; it is captured by default.
    pub fn set_console(&mut self, console: Console) {
        *self.memory.peripherals.console_mut() = console;
    }

    /// Takes what the console has captured.
    pub fn take_console(&mut self) -> Vec<u8> {
        match self.memory.peripherals.console_mut() {
            Console::Capture(bytes) => std::mem::take(bytes),
            Console::Discard | Console::Stdout => Vec::new(),
        }
    }

    /// Counts cycles per code symbol from now on.
    pub fn enable_profile(&mut self) {
        self.profile.get_or_insert_with(Profile::new);
    }

    /// Records each passage through a symbol from now on, up to a million in all.
    pub fn add_mark(&mut self, name: &str) -> Result<(), SymbolError> {
        let address = self.symbol(name)?.address;
        self.watched.push((address, name.to_owned()));
        Ok(())
    }

    /// Back to the program as it was loaded: memory, registers and counts. Settings stay.
    pub fn reset_to_image(&mut self) {
        self.memory.restore(&self.image);
        self.noise = SplitMix64::new(self.noise_seed);
        (self.cycles, self.instructions, self.failures) = (0, 0, 0);
        self.stack.clear();
        self.marks.clear();
        self.take_console();
        if let Some(watch) = &mut self.watch {
            watch.restart(self.memory.peek_word(watch.address()));
        }
        if let Some(profile) = &mut self.profile {
            profile.clear();
        }
        self.start();
    }

    /// A power failure and the start after it: FRAM is all that stays.
    pub fn power_cycle(&mut self) {
        self.failures += 1;
        self.start();
    }

    fn start(&mut self) {
        self.memory.lose_power(&mut self.noise);
        let entry = self.memory.peek_word(RESET_VECTOR);
        self.cpu = Cpu::after_reset(entry, &mut self.noise);
    }

    /// The CPU's registers.
    pub const fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    /// The CPU's registers, for writing.
    pub const fn cpu_mut(&mut self) -> &mut Cpu {
        &mut self.cpu
    }

    /// The program's symbols, segments and sections.
    pub fn elf(&self) -> &Elf {
        &self.elf
    }

    /// Cycles since the first power-on.
    pub const fn cycles(&self) -> u64 {
        self.cycles
    }

    /// What the program has cost since the first power-on.
    pub fn report(&self) -> Report {
        Report {
            device: self.memory.device(),
            cycles: self.cycles,
            instructions: self.instructions,
            boots: self.failures + 1,
            failures: self.failures,
            lowest_stack_pointer: self.stack.lowest(),
            peak_stack_bytes: self.stack.depth(),
            reads: self.memory.reads,
            writes: self.memory.writes,
            fetches: self.memory.fetches,
            marks: self.marks.clone(),
            profile: self.profile.as_ref().map(|profile| profile.entries(&self.elf)),
        }
    }
}
