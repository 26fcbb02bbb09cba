//! The firmware example with early exits on harvested energy, policy by policy.

use std::fmt::Write as _;

use clap::Parser as _;
use freeml_cli::{Cargo, Command, networks, simulate};

use crate::nets::root;
use crate::table;

/// Traces with the names of their pictures.
const TRACES: [(&str, &str); 3] = [
    ("rf:3mW", "energy_rf"),
    ("square:2mW,period=10s", "energy_square"),
    ("solar:2mW,day=1h", "energy_solar"),
];

/// Capacitors of which a charge is a small part of an inference, most of one, and several.
const CAPACITORS: [&str; 3] = ["100uF", "1mF", "4.7mF"];

const POLICIES: [&str; 7] =
    ["end", "confidence", "confidence=95", "budget", "budget+confidence", "exit=0", "exit=1"];

const NOTES: &str = "\
`kws_dscnn` with its early exits, as in the firmware example `adaptive`, by `cargo freeml simulate`: what
a policy gains on three traces and three capacitors. The model, its assumptions and limits are in
[energy](../energy.md); traces are made up, and energies are those of 354 pJ a cycle, not measured on
silicon. Samples are the 300 of the public test set, over and over, each taken as soon as the last is answered:
accuracies have a standard error of about a point.
Pictures are of the middle capacitor: the first minute under `budget+confidence`, and the curve of all
policies.";

/// Simulates all and writes `docs/results/energy.md` with its pictures.
pub fn run() -> anyhow::Result<()> {
    let mut body = format!("{NOTES}\n");
    for (trace, picture) in TRACES {
        let _ = write!(
            body,
            "\n## `{trace}`\n\n![voltage and answers over time]({picture}.svg)\n\n![accuracy over \
             energy]({picture}_curve.svg)\n"
        );
        for capacitor in CAPACITORS {
            let picture = (capacitor == CAPACITORS[1]).then_some(picture);
            let text = simulated(trace, capacitor, picture)?;
            let _ = write!(body, "\n```text\n{text}```\n");
        }
    }
    table::publish("energy", "Answers on harvested energy", "cargo xtask bench energy", &body)
}

/// What `cargo freeml simulate` prints, and its pictures if they have a name.
fn simulated(trace: &str, capacitor: &str, picture: Option<&str>) -> anyhow::Result<String> {
    let path = |name: &str| root().join(name).to_string_lossy().into_owned();
    let mut arguments: Vec<String> =
        ["cargo", "freeml", "simulate", "--package", "adaptive", "--trace", trace, "--capacitor"]
            .map(Into::into)
            .to_vec();
    arguments.extend([capacitor.into(), "--test".into(), path("../shared/data/kws_test.npz")]);
    arguments.extend(["--manifest-path".into(), path("examples/firmware/Cargo.toml")]);
    let mut text = Vec::new();
    run_command(&arguments, &POLICIES, &mut text)?;
    if let Some(picture) = picture {
        let file = |name: String| table::results().join(name).to_string_lossy().into_owned();
        let curve = ["--curve".into(), file(format!("{picture}_curve.svg"))];
        run_command(&[&arguments[..], &curve].concat(), &POLICIES, &mut Vec::new())?;
        let timeline = ["--svg".into(), file(format!("{picture}.svg"))];
        run_command(
            &[&arguments[..], &timeline].concat(),
            &["budget+confidence"],
            &mut Vec::new(),
        )?;
    }
    Ok(String::from_utf8(text)?)
}

fn run_command(arguments: &[String], policies: &[&str], out: &mut Vec<u8>) -> anyhow::Result<()> {
    let policies = policies.iter().flat_map(|policy| ["--policy", policy]).map(Into::into);
    let arguments = arguments.iter().cloned().chain(policies);
    let Cargo::Freeml(freeml) = Cargo::try_parse_from(arguments)?;
    let Command::Simulate(options) = &freeml.command else { return Ok(()) };
    let networks = networks::select(freeml.command.selection())?;
    simulate::run(&networks, options, out).map(|_| ())
}
