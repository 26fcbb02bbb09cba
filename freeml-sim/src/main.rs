//! The simulator as a program, also as a cargo runner.

#![forbid(unsafe_code)]

mod cli;
mod session;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match session::run(&cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("freeml-sim: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
