//! `cargo freeml report`.

use std::io::Write;

use freeml_compiler::artefact::{Artefact, Found};
use freeml_compiler::plan::plan;
use freeml_compiler::prepare::Job;
use freeml_compiler::quantise::{LayerWeights, QuantOp};

use crate::networks::Network;

/// Prints what compression of `networks` has reached to `out`; whether all have artefacts.
///
/// # Errors
/// If nothing can be written to `out`.
pub fn run(networks: &[Network], out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for network in networks.iter().filter(|network| network.options.trains()) {
        let model = network.options.model.display();
        match Job::new(&network.options).and_then(|job| job.find()) {
            Ok(Found::Fits(path, artefact)) => {
                writeln!(out, "{model}: `{}`", path.display())?;
                describe(&artefact, out)?;
            }
            Ok(found) => {
                well = false;
                writeln!(out, "{model}: {found}; run `cargo freeml prepare`")?;
            }
            Err(error) => {
                well = false;
                writeln!(out, "{model}: error: {error}")?;
            }
        }
    }
    Ok(well)
}

/// Figures of the whole network, then of its layers.
fn describe(artefact: &Artefact, out: &mut dyn Write) -> anyhow::Result<()> {
    let program = plan(&artefact.network)?;
    writeln!(out, "  {}", artefact.summary.clone().of_plan(&program))?;
    writeln!(
        out,
        "  {} bytes of state, {} multiply-accumulates, {} steps",
        program.state_bytes,
        program.macs(),
        program.signature.steps
    )?;
    for note in &artefact.notes {
        writeln!(out, "  note: {note}")?;
    }
    let width = program.layers.iter().map(|layer| layer.name.len()).max().unwrap_or(0).max(5);
    writeln!(
        out,
        "  {:width$}  {:18}  {:>8}  {:>9}  {:>9}",
        "layer", "kernel", "weights", "tables, B", "MAC"
    )?;
    for (layer, planned) in artefact.network.layers.iter().zip(&program.layers) {
        let (kernel, weights) = (planned.kernel.name(), weights(&layer.op));
        let (bytes, macs) = (planned.tables.bytes(), planned.macs);
        let name = &layer.name;
        writeln!(out, "  {name:width$}  {kernel:18}  {weights:>8}  {bytes:>9}  {macs:>9}")?;
    }
    Ok(())
}

/// Weights that a layer keeps.
fn weights(op: &QuantOp) -> usize {
    match op {
        QuantOp::Conv { weights, .. }
        | QuantOp::Depthwise { weights, .. }
        | QuantOp::Dense { weights, .. } => match weights {
            LayerWeights::Bytes(tables) => tables.weights.len(),
            LayerWeights::Sparse(filters) => filters.kept(),
        },
        QuantOp::Exit(weights) => weights.codes.iter().map(Vec::len).sum(),
        QuantOp::MaxPool(_) | QuantOp::AveragePool(..) | QuantOp::Add(_) | QuantOp::Features(_) => {
            0
        }
    }
}
