//! `cargo freeml simulate`.

mod policy;
mod table;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use freeml_compiler::Compiled;
use freeml_compiler::data::Dataset;
use freeml_compiler::program::Program;
use freeml_harvest::plot::{self, Curve};
use freeml_harvest::{Outcome, Sampling, Setup, Supply, Workload};

use crate::command::Simulate;
use crate::networks::Network;

pub use policy::Choice;

/// Simulates the one network of `networks` under each policy of `options` and prints what came of
/// it to `out`.
///
/// # Errors
/// If there is not one network, if a file cannot be read or written, or if the harvested power
/// never turns the device on.
pub fn run(networks: &[Network], options: &Simulate, out: &mut dyn Write) -> anyhow::Result<bool> {
    let [network] = networks else {
        let places: Vec<&str> = networks.iter().map(|network| &*network.place).collect();
        let places = places.join(", ");
        bail!(
            "simulate runs one network, and there are several ({places}): choose by --package or --model"
        );
    };
    let setup = setup(options)?;
    let Compiled { program, exits, .. } = freeml_compiler::compile(&network.options)?;
    let test = test_set(network, &options.test, &program)?;
    let workload = Workload {
        network: &program,
        state_bytes: program.state_bytes,
        samples: &test.samples,
        labels: test.labels.as_deref(),
    };
    let model = network.options.model.display();
    write!(out, "{model} on `{}`\n{}", options.trace, table::setting(&setup, &program))?;
    let outcomes: Vec<(&Choice, Outcome)> = options
        .policy
        .iter()
        .map(|choice| {
            let margins = choice.margins(&exits);
            let policy = |meter: &_| choice.policy(&margins, &setup.device, meter);
            (choice, setup.simulate(&workload, policy))
        })
        .collect();
    write!(out, "\n{}", table::outcomes(&outcomes))?;
    draw(&outcomes, options, &setup, &network.options.model)?;
    Ok(true)
}

/// Device, supply and duration.
fn setup(options: &Simulate) -> anyhow::Result<Setup> {
    let trace = options.trace.trace()?;
    ensure!(
        Supply::new(options.capacitor, trace.clone()).turns_on(),
        "the trace never charges the capacitor to {} V: give more power, or less leakage",
        options.capacitor.turn_on
    );
    Ok(Setup {
        device: options.load,
        capacitor: options.capacitor,
        trace,
        sampling: options.period.map_or(Sampling::Always, Sampling::Every),
        seconds: options.hours * 3600.0,
        record: options.svg.as_ref().map_or(0.0, |_| options.svg_time.min(options.hours * 3600.0)),
    })
}

/// The samples in `path`, relative to the current directory.
fn test_set(network: &Network, path: &Path, program: &Program) -> anyhow::Result<Dataset> {
    let current = std::env::current_dir().context("there is no current directory")?;
    let (shape, classes) = (program.input_shape(), program.classes());
    let mut options = network.options.clone();
    options.root = current;
    let test = Dataset::read(&options, path, shape, classes.into())?;
    ensure!(!test.samples.is_empty(), "`{}` has no samples", path.display());
    let kind = program.signature.input.kind;
    ensure!(
        test.kind == kind,
        "`{}` has samples of type {:?}, and the network takes {kind:?}",
        path.display(),
        test.kind
    );
    Ok(test)
}

/// Writes the pictures that `options` ask for.
fn draw(
    outcomes: &[(&Choice, Outcome)],
    options: &Simulate,
    setup: &Setup,
    model: &Path,
) -> anyhow::Result<()> {
    let name = model.file_stem().unwrap_or_default().to_string_lossy();
    let first =
        outcomes.first().and_then(|(choice, outcome)| Some((choice, outcome.timeline.as_ref()?)));
    if let (Some(file), Some((choice, timeline))) = (&options.svg, first) {
        let title = format!("{name} on {}, policy {choice}", options.trace);
        save(file, &plot::timeline(&title, timeline, &setup.capacitor))?;
    }
    if let Some(file) = &options.curve {
        let title = format!("{name} on {}", options.trace);
        save(file, &curve(&title, outcomes)?)?;
    }
    Ok(())
}

/// Accuracy over the energy of an answer.
fn curve(title: &str, outcomes: &[(&Choice, Outcome)]) -> anyhow::Result<String> {
    let mut series: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for (choice, outcome) in outcomes {
        let (Some(joules), Some(accuracy)) = (outcome.energy_per_answer(), outcome.accuracy())
        else {
            continue;
        };
        let point = (joules * 1e3, accuracy * 100.0);
        match series.iter_mut().find(|(kind, _)| *kind == choice.kind()) {
            Some((_, points)) => points.push(point),
            None => series.push((choice.kind(), vec![point])),
        }
    }
    ensure!(!series.is_empty(), "there is no answer with a label to draw the curve of");
    for (_, points) in &mut series {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let points = series.iter().flat_map(|(_, points)| points);
    let low = points.fold(100.0f64, |low, (_, percent)| low.min(*percent));
    let curve = Curve {
        title,
        cost: "energy used per answer, mJ (logarithmic)",
        number: |energy| format!("{}", (energy * 1e9).round() / 1e9),
        low: (low / 5.0 - 1.0).floor().max(0.0) * 5.0,
        reference: None,
        series: series.iter().map(|(kind, points)| (&**kind, points.clone())).collect(),
    };
    Ok(curve.svg())
}

fn save(file: &PathBuf, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}
