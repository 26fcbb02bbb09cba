//! `cargo freeml`: the slow part of builds, done ahead.
//!
//! [`networks`] finds the networks of a workspace by their macro calls, and the commands work on
//! what it finds.
#![forbid(unsafe_code)]

pub mod check;
mod command;
mod metadata;
pub mod networks;
pub mod prepare;
mod progress;
pub mod report;
pub mod scan;
pub mod simulate;

use std::io::stdout;

pub use command::{Cargo, Command, Selection, Simulate};

/// Runs a command; whether all is well.
///
/// # Errors
/// If it cannot be run at all. What is wrong with single networks is printed.
pub fn run(cargo: Cargo) -> anyhow::Result<bool> {
    let Cargo::Freeml(freeml) = cargo;
    let (networks, command) = (networks::select(freeml.command.selection())?, freeml.command);
    let out = &mut stdout().lock();
    match command {
        Command::Prepare(options) => {
            let settings = prepare::Settings {
                threads: options.threads(),
                force: options.force,
                compressor: &freeml_compiler::compress::compress,
            };
            prepare::run(&networks, &settings, out)
        }
        Command::Check(_) => check::run(&networks, out),
        Command::Report(_) => report::run(&networks, out),
        Command::Simulate(options) => simulate::run(&networks, &options, out),
    }
}
