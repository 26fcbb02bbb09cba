//! `cargo freeml check`.

use std::io::Write;

use freeml_compiler::artefact::Found;
use freeml_compiler::prepare::Job;

use crate::networks::Network;

/// Tells on `out` which of `networks` have no artefact that fits; whether all have.
///
/// # Errors
/// If nothing can be written to `out`.
pub fn run(networks: &[Network], out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut well = true;
    for network in networks.iter().filter(|network| network.options.trains()) {
        let model = network.options.model.display();
        match Job::new(&network.options).and_then(|job| job.find()) {
            Ok(found @ Found::Fits(..)) => {
                writeln!(out, "{model}: {found}")?;
                if let Found::Fits(_, artefact) = found {
                    for note in &artefact.notes {
                        writeln!(out, "  note: {note}")?;
                    }
                }
            }
            Ok(found) => {
                well = false;
                writeln!(out, "{model}: {found}\n  asked for by {}", network.place)?;
            }
            Err(error) => {
                well = false;
                writeln!(out, "{model}: error: {error}\n  asked for by {}", network.place)?;
            }
        }
    }
    if !well {
        writeln!(out, "run `cargo freeml prepare` with the same options and commit `.freeml`")?;
    }
    Ok(well)
}
