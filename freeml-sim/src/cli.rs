//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};
use freeml_harvest::{Capacitor, Source, Supply};
use freeml_sim::{CycleModel, Device, PowerSchedule};

use crate::session::SessionError;

/// Runs the ELF file of an MSP430 firmware until it reaches the symbol `done`.
///
/// The exit code is 0 if the program got there, 1 if it faulted, slept or ran too long, and 2 if a
/// file or an option is wrong. What the program prints goes to the standard output.
#[derive(Debug, Parser)]
#[command(name = "freeml-sim", version)]
pub struct Cli {
    /// The firmware.
    pub elf: PathBuf,

    /// Device: fr5994, fr5969 or fr2355.
    #[arg(long, default_value_t = Device::Fr5994)]
    pub device: Device,

    /// Table of cycles.
    #[arg(long, value_enum, default_value_t = Model::X)]
    pub model: Model,

    /// Write a file to a symbol before the start (may be repeated).
    #[arg(long = "in", value_name = "SYMBOL=FILE")]
    pub inputs: Vec<SymbolFile>,

    /// Write a symbol to a file at the end (may be repeated).
    #[arg(long = "out", value_name = "SYMBOL=FILE")]
    pub outputs: Vec<SymbolFile>,

    /// Print a symbol in hexadecimal at the end (may be repeated).
    #[arg(long, value_name = "SYMBOL")]
    pub hex: Vec<String>,

    /// Number of random power failures.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub fails: u64,

    /// Mean cycles between a start and the next random power failure.
    #[arg(long, value_name = "CYCLES", default_value_t = 10_000)]
    pub mean: u64,

    /// Seed of the random power failures and of the contents of RAM after power-on.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Power failures at these cycles.
    #[arg(long, value_name = "CYCLES", value_delimiter = ',', conflicts_with = "fails")]
    pub fail_at: Vec<u64>,

    /// Power failures where a capacitor is empty that this charges: `constant:1mW`,
    /// `square:2mW,period=10s,duty=30%`, `solar:5mW,day=24h,seed=1`,
    /// `rf:3mW,gap=2s,burst=500ms,seed=1`, or a CSV file of seconds and watts.
    #[arg(long, value_name = "TRACE", conflicts_with_all = ["fails", "fail_at"])]
    pub harvest: Option<Source>,

    /// The capacitor, with the voltages of turn-on, brown-out and the full one, and its leakage.
    #[arg(
        long,
        value_name = "CAPACITOR",
        requires = "harvest",
        default_value = "100uF,on=3V,off=1.8V,max=3.6V,leak=10Mohm"
    )]
    pub capacitor: Capacitor,

    /// Clock and energy of a cycle, which the capacitor gives.
    #[arg(
        long,
        value_name = "LOAD",
        requires = "harvest",
        default_value = "clock=8MHz,cycle=354pJ"
    )]
    pub load: freeml_harvest::Device,

    /// Cycles after which to give up.
    #[arg(long, value_name = "CYCLES", default_value_t = 10_000_000_000)]
    pub max_cycles: u64,

    /// Print the cycles of each function to the standard error.
    #[arg(long)]
    pub profile: bool,

    /// Print the cycle at each passage through these symbols to the standard error.
    #[arg(long, value_name = "SYMBOLS", value_delimiter = ',')]
    pub marks: Vec<String>,

    /// Print cycles, stack and memory accesses to the standard error.
    #[arg(long)]
    pub report: bool,
}

impl Cli {
    /// The power failures asked for.
    pub fn power(&self) -> Result<PowerSchedule, SessionError> {
        if let Some(harvest) = &self.harvest {
            let supply = Supply::new(self.capacitor, harvest.trace()?);
            return Ok(PowerSchedule::harvested(supply, self.load)?);
        }
        if self.fails > 0 {
            return Ok(PowerSchedule::random(self.seed, self.mean, self.fails));
        }
        Ok(PowerSchedule::at(self.fail_at.clone()))
    }
}

/// A table of cycles, by its name on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Model {
    /// CPUX, of all devices with FRAM.
    X,
    /// The 16-bit CPU of the older families.
    Classic,
}

impl From<Model> for CycleModel {
    fn from(model: Model) -> Self {
        match model {
            Model::X => Self::X,
            Model::Classic => Self::Classic,
        }
    }
}

/// A symbol and a file, written `SYMBOL=FILE`.
#[derive(Clone, Debug)]
pub struct SymbolFile {
    /// The symbol.
    pub symbol: String,
    /// The file.
    pub file: PathBuf,
}

impl FromStr for SymbolFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((symbol, file)) if !symbol.is_empty() && !file.is_empty() => {
                Ok(Self { symbol: symbol.to_owned(), file: file.into() })
            }
            _ => Err(format!("`{text}` is not of the form SYMBOL=FILE")),
        }
    }
}
