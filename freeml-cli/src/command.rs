//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use freeml_harvest::{Capacitor, Device, Source, parse_quantity};

use crate::simulate::Choice;

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
    /// Runs a network on simulated harvested energy, with real power failures.
    Simulate(Box<Simulate>),
}

impl Command {
    /// The networks it is about.
    pub fn selection(&self) -> &Selection {
        match self {
            Command::Prepare(prepare) => &prepare.selection,
            Command::Check(selection) | Command::Report(selection) => selection,
            Command::Simulate(simulate) => &simulate.selection,
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

/// Options of `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Samples and labels (`.npz`), which the device takes one after another.
    #[arg(long, value_name = "FILE")]
    pub test: PathBuf,
    /// Harvested power: `constant:1mW`, `square:2mW,period=10s,duty=30%`,
    /// `solar:5mW,day=24h,seed=1`, `rf:3mW,gap=2s,burst=500ms,seed=1`, or a CSV file of seconds
    /// and watts.
    #[arg(long, value_name = "TRACE", default_value = "constant:1mW")]
    pub trace: Source,
    /// The capacitor, with the voltages of turn-on, brown-out and the full one, and its leakage.
    #[arg(
        long,
        value_name = "CAPACITOR",
        default_value = "100uF,on=3V,off=1.8V,max=3.6V,leak=10Mohm"
    )]
    pub capacitor: Capacitor,
    /// What the device draws: clock, energy of a cycle, power asleep, and cycles of a boot, of an
    /// element of a sample and of handing on an answer.
    #[arg(
        long,
        value_name = "LOAD",
        default_value = "clock=8MHz,cycle=354pJ,sleep=2uW,boot=8000,sample=26,answer=10000"
    )]
    pub load: Device,
    /// When an inference ends: `end`, `exit=0`, `confidence` (99 % agreement with the whole
    /// network) or `confidence=95`, `budget`, `deadline=2s`, or a sum, as `budget+confidence`
    /// (may be repeated, to compare).
    #[arg(long, value_name = "POLICY", default_value = "end")]
    pub policy: Vec<Choice>,
    /// Takes samples at multiples of this time; without it, as soon as the last is answered.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub period: Option<f64>,
    /// Hours to simulate.
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = hours)]
    pub hours: f64,
    /// Draws voltage and answers over time, for the first policy.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Time that the picture covers, from the beginning.
    #[arg(long, value_name = "TIME", default_value = "1min", value_parser = time)]
    pub svg_time: f64,
    /// Draws accuracy over energy per answer, a line for each kind of policy.
    #[arg(long, value_name = "FILE")]
    pub curve: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
}

/// A time above 0, in seconds.
fn time(text: &str) -> Result<f64, String> {
    let seconds = parse_quantity(text, "s").map_err(|error| error.to_string())?;
    if seconds > 0.0 { Ok(seconds) } else { Err("the time must be above 0".into()) }
}

/// A number of hours above 0.
fn hours(text: &str) -> Result<f64, String> {
    let hours: f64 = text.parse().map_err(|_| "this is no number".to_owned())?;
    let well = hours > 0.0 && hours.is_finite();
    well.then_some(hours).ok_or_else(|| "hours must be above 0".into())
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
    /// `auto`, or `none` to keep all weights.
    #[arg(long, requires = "model", value_name = "HOW")]
    compress: Option<String>,
    /// What compression favours: `size`, `speed` or `auto`.
    #[arg(long, requires = "model", value_name = "WHAT")]
    optimise: Option<String>,
    /// Early exits: `auto`, `none`, or layers such as `conv1,conv2`.
    #[arg(long, requires = "model", value_name = "LAYERS")]
    exits: Option<String>,
    /// Bytes of constants for early exits, at most.
    #[arg(long, requires = "model", value_name = "BYTES")]
    exit_bytes: Option<String>,
}

impl Selection {
    /// Options that are given, with values as `freeml_model!` takes them.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let ModelOptions { data, device, input, scale, mean, std, seed, .. } = &self.options;
        let ModelOptions { fram, max_drop, priority, .. } = &self.options;
        let ModelOptions { compress, optimise, exits, exit_bytes, .. } = &self.options;
        let text = |value: &String| format!("{value:?}");
        let list = |value: &String| format!("[{value}]");
        let layers = |value: &String| match value.as_str() {
            "auto" | "none" => value.clone(),
            names => format!("{:?}", names.split(',').collect::<Vec<_>>()),
        };
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
            ("compress", compress.clone()),
            ("optimise", optimise.clone()),
            ("exits", exits.as_ref().map(layers)),
            ("exit_bytes", exit_bytes.clone()),
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
            "--exits",
            "conv1,conv2",
        ]);
        let settings = freeml.command.selection().settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(
            settings,
            [
                ("data", "\"a b.npz\""),
                ("mean", "[-0.5,1]"),
                ("fram", "5000"),
                ("max_drop", "0.5"),
                ("exits", "[\"conv1\", \"conv2\"]"),
            ]
        );
        let alone = Cargo::try_parse_from(["cargo", "freeml", "check", "--fram", "5000"]);
        assert!(alone.is_err(), "options of no network");
    }
}
