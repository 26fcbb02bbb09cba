//! `cargo freeml report`.

use std::io::Write;

use freeml_compiler::artefact::{Artefact, Found};
use freeml_compiler::plan::plan;
use freeml_compiler::prepare::Job;
use freeml_compiler::program::Kernel;

use crate::networks::Network;

/// Prints what compression of `networks` has reached to `out`; whether all have artefacts.
///
/// # Errors
/// If nothing can be written to `out`.
pub fn run(networks: &[Network], out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for network in networks.iter().filter(|network| network.options.compress.is_some()) {
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
    writeln!(out, "  {}", artefact.summary)?;
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
    writeln!(out, "  {:width$}  {:12}  {:>12}  {:>10}", "layer", "kernel", "tables, B", "MAC")?;
    for layer in &program.layers {
        let kernel = match &layer.kernel {
            Kernel::Conv(_) => "conv",
            Kernel::Depthwise(_) => "depthwise",
            Kernel::MaxPool(_) => "max pool",
            Kernel::AveragePool(_) => "average pool",
            Kernel::Add(_) => "add",
        };
        let (name, bytes, macs) = (&layer.name, layer.tables.bytes(), layer.macs);
        writeln!(out, "  {name:width$}  {kernel:12}  {bytes:>12}  {macs:>10}")?;
    }
    Ok(())
}
