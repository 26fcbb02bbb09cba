//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// What cargo calls: `cargo-freeml freeml <command>`.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub enum Cargo {
    /// Compresses the networks of MSP430 firmware ahead of its build.
    #[command(version)]
    Freeml(Freeml),
}

/// The part after `cargo freeml`.
#[derive(Debug, Args)]
pub struct Freeml {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do with the networks.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compresses networks and writes the results to `.freeml`, for builds to use.
    Prepare(Prepare),
    /// Fails if a network has no artefact that fits its model, data and options.
    Check(Selection),
    /// Prints what compression has reached.
    Report(Selection),
}

impl Command {
    /// The networks it is about.
    pub fn selection(&self) -> &Selection {
        match self {
            Command::Prepare(prepare) => &prepare.selection,
            Command::Check(selection) | Command::Report(selection) => selection,
        }
    }
}

/// Options of `prepare`.
#[derive(Debug, Args)]
pub struct Prepare {
    /// Compresses even what is up to date.
    #[arg(long)]
    pub force: bool,
    /// Number of threads, which changes nothing but the time; all cores by default.
    #[arg(long)]
    threads: Option<usize>,
    #[command(flatten)]
    selection: Selection,
}

impl Prepare {
    /// Number of threads.
    pub fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all).max(1)
    }
}

/// Which networks: those of all `freeml_model!` calls in the workspace, or one by its options.
#[derive(Debug, Default, Args)]
pub struct Selection {
    /// Cargo.toml of the workspace or package.
    #[arg(long, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Only these packages.
    #[arg(short, long, value_name = "NAME")]
    pub package: Vec<String>,
    /// An ONNX file, as a build script names it; without it, all calls of `freeml_model!`.
    #[arg(long, value_name = "FILE", conflicts_with = "package")]
    pub model: Option<String>,
    #[command(flatten)]
    options: ModelOptions,
}

/// The options of `freeml_model!`, for `--model`.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Options of the network, as in `freeml_model!`")]
struct ModelOptions {
    /// Samples and labels.
    #[arg(long, requires = "model", value_name = "FILE")]
    data: Option<String>,
    /// Where it is to run.
    #[arg(long, requires = "model")]
    device: Option<String>,
    /// Type of raw samples.
    #[arg(long, requires = "model", value_name = "TYPE")]
    input: Option<String>,
    /// Raw value that stands for 1.0.
    #[arg(long, requires = "model", value_name = "NUMBER")]
    scale: Option<String>,
    /// Mean that the input is normalised by, such as `0.5` or `0.5,0.4,0.4`.
    #[arg(long, requires = "model", value_name = "NUMBERS", allow_hyphen_values = true)]
    mean: Option<String>,
    /// Deviation that the input is normalised by.
    #[arg(long, requires = "model", value_name = "NUMBERS")]
    std: Option<String>,
    /// Seed of everything random.
    #[arg(long, requires = "model", value_name = "NUMBER")]
    seed: Option<String>,
    /// Bytes of constants, at most.
    #[arg(long, requires = "model", value_name = "BYTES")]
    fram: Option<String>,
    /// Points of validation accuracy that may be lost.
    #[arg(long, requires = "model", value_name = "POINTS")]
    max_drop: Option<String>,
    /// Which limit holds if both cannot: `fram` or `accuracy`.
    #[arg(long, requires = "model", value_name = "LIMIT")]
    priority: Option<String>,
}

impl Selection {
    /// Options that are given, with values as `freeml_model!` takes them.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let ModelOptions { data, device, input, scale, mean, std, seed, fram, max_drop, priority } =
            &self.options;
        let text = |value: &String| format!("{value:?}");
        let list = |value: &String| format!("[{value}]");
        let settings = [
            ("data", data.as_ref().map(text)),
            ("device", device.clone()),
            ("input", input.clone()),
            ("scale", scale.clone()),
            ("mean", mean.as_ref().map(list)),
            ("std", std.as_ref().map(list)),
            ("seed", seed.clone()),
            ("fram", fram.clone()),
            ("max_drop", max_drop.clone()),
            ("priority", priority.clone()),
        ];
        settings.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cargo::command().debug_assert();
    }

    #[test]
    fn options_are_those_of_the_macro() {
        let Cargo::Freeml(freeml) = Cargo::parse_from([
            "cargo",
            "freeml",
            "check",
            "--model",
            "a.onnx",
            "--data",
            "a b.npz",
            "--mean",
            "-0.5,1",
            "--fram",
            "5000",
            "--max-drop",
            "0.5",
        ]);
        let settings = freeml.command.selection().settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(
            settings,
            [("data", "\"a b.npz\""), ("mean", "[-0.5,1]"), ("fram", "5000"), ("max_drop", "0.5")]
        );
        let alone = Cargo::try_parse_from(["cargo", "freeml", "check", "--fram", "5000"]);
        assert!(alone.is_err(), "options of no network");
    }
}
