//! An MSP430 instruction simulator with the cycle counts of TI's user's guides and with power failures.
//!
//! It runs the ELF file of a bare-metal firmware on a model of an MSP430 with FRAM, counts cycles,
//! memory accesses and stack bytes, and can cut the power between any two instructions: RAM and
//! registers are then lost, FRAM stays, and the program starts again at its reset vector.
//!
//! ```no_run
//! use freeml_sim::{Device, Elf, Limits, Machine, PowerSchedule, Stop};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let elf = Elf::load(&std::fs::read("firmware.elf")?)?;
//! let mut machine = Machine::new(&elf, Device::Fr5994)?;
//! machine.write_symbol("INPUT", &[1, 2, 3, 4])?;
//! let mut power = PowerSchedule::random(7, 5_000, 50);
//! assert_eq!(machine.run(&Limits::default(), &mut power)?, Stop::Done);
//! println!("{:?}\n{}", machine.read_symbol("OUTPUT")?, machine.report());
//! # Ok(())
//! # }
//! ```
//!
//! What is modelled and what is not is listed in the crate's README.

#![forbid(unsafe_code)]

pub mod cpu;
pub mod device;
pub mod elf;
pub mod fault;
pub mod machine;
pub mod memory;
pub mod multiplier;
pub mod peripherals;
pub mod power;
pub mod profile;
pub mod report;

pub use cpu::timing::CycleModel;
pub use device::{Device, Region};
pub use elf::{Elf, ElfError, Section, Segment, Symbol};
pub use fault::{Fault, FaultKind};
pub use machine::{Change, Limits, LoadError, Machine, Stop, SymbolError};
pub use peripherals::Console;
pub use power::{NeverOn, PowerSchedule};
pub use report::Report;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
