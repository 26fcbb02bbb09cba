//! One call of the program: load, run, print.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use freeml_harvest::TraceError;
use freeml_sim::{
    Console, Elf, ElfError, Fault, Limits, LoadError, Machine, NeverOn, Report, Stop, SymbolError,
};
use thiserror::Error;

use crate::cli::Cli;

/// Why a call does not end with success.
#[derive(Debug, Error)]
pub enum SessionError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The firmware is no usable ELF file.
    #[error("{}: {error}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: ElfError,
    },
    /// The firmware does not fit the device.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A symbol of the command line cannot be used.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// The trace of harvested power cannot be used.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The trace never turns the device on.
    #[error(transparent)]
    NeverOn(#[from] NeverOn),
    /// The program did something a real device would not survive sensibly.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The program slept.
    #[error(
        "the program switched the CPU off before it reached `done`: interrupts are not modelled"
    )]
    CpuOff,
    /// The program ran too long.
    #[error("the program has not reached `done` after {cycles} cycles: see --max-cycles")]
    CycleLimit {
        /// Cycles run.
        cycles: u64,
    },
}

impl SessionError {
    /// 1 if the program went wrong, 2 if the call was wrong.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Fault(_) | Self::CpuOff | Self::CycleLimit { .. } => 1,
            Self::File { .. }
            | Self::Elf { .. }
            | Self::Load(_)
            | Self::Symbol(_)
            | Self::Trace(_)
            | Self::NeverOn(_) => 2,
        }
    }
}

/// Does what the command line asks for.
pub fn run(cli: &Cli) -> Result<(), SessionError> {
    let mut machine = prepare(cli)?;
    let limits = Limits { max_cycles: cli.max_cycles };
    let mut power = cli.power()?;
    let stop = machine.run(&limits, &mut power);
    let report = machine.report();
    // Printed also after a fault: it shows how far the program came.
    eprint!("{}", describe(cli, &report));
    if let Some(seconds) = power.seconds(report.cycles).filter(|_| cli.report) {
        eprintln!("harvested     {seconds:>14.6}   s with those without power");
    }
    match stop? {
        Stop::Done => write_results(cli, &machine),
        Stop::CpuOff => Err(SessionError::CpuOff),
        Stop::CycleLimit => Err(SessionError::CycleLimit { cycles: report.cycles }),
    }
}

fn prepare(cli: &Cli) -> Result<Machine, SessionError> {
    let elf = Elf::load(&read(&cli.elf)?)
        .map_err(|error| SessionError::Elf { path: cli.elf.clone(), error })?;
    let mut machine = Machine::new(&elf, cli.device)?;
    machine.set_noise_seed(cli.seed);
    machine.set_cycle_model(cli.model.into());
    machine.set_console(Console::Stdout);
    if cli.profile {
        machine.enable_profile();
    }
    for name in &cli.marks {
        machine.add_mark(name)?;
    }
    for input in &cli.inputs {
        machine.write_symbol(&input.symbol, &read(&input.file)?)?;
    }
    // A wrong name is better reported now than after a long run.
    for name in cli.hex.iter().chain(cli.outputs.iter().map(|output| &output.symbol)) {
        machine.read_symbol(name)?;
    }
    Ok(machine)
}

fn write_results(cli: &Cli, machine: &Machine) -> Result<(), SessionError> {
    for output in &cli.outputs {
        fs::write(&output.file, machine.read_symbol(&output.symbol)?)
            .map_err(|error| SessionError::File { path: output.file.clone(), error })?;
    }
    for name in &cli.hex {
        let mut line = format!("{name} ");
        for byte in machine.read_symbol(name)? {
            // Writing to a string cannot fail.
            let _ = write!(line, "{byte:02x}");
        }
        println!("{line}");
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, SessionError> {
    fs::read(path).map_err(|error| SessionError::File { path: path.to_owned(), error })
}

fn describe(cli: &Cli, report: &Report) -> String {
    let mut text = String::new();
    let mut last = 0;
    for mark in &report.marks {
        let since = mark.cycles - last;
        last = mark.cycles;
        let _ = writeln!(text, "mark {:<24} {:>14} (+{since})", mark.symbol, mark.cycles);
    }
    for entry in report.profile.iter().flatten() {
        let permille = u128::from(entry.cycles) * 1000 / u128::from(report.cycles.max(1));
        let (percent, tenth) = (permille / 10, permille % 10);
        let _ = writeln!(text, "{:>14} {percent:>3}.{tenth} %  {}", entry.cycles, entry.symbol);
    }
    if cli.report {
        let _ = write!(text, "{report}");
    }
    text
}
