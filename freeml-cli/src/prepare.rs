//! `cargo freeml prepare`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use freeml_compiler::artefact::Found;
use freeml_compiler::exits;
use freeml_compiler::prepare::{Compressor, Job};

use crate::networks::Network;
use crate::progress::Display;

/// How `prepare` works.
pub struct Settings<'c> {
    /// Number of threads, which changes nothing but the time.
    pub threads: usize,
    /// Whether even what is up to date is compressed.
    pub force: bool,
    /// What compresses.
    pub compressor: &'c Compressor<'c>,
}

/// Prepares `networks` and tells the results on `out`; whether all could be.
///
/// # Errors
/// If nothing can be written to `out`.
pub fn run(networks: &[Network], settings: &Settings, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut done = BTreeSet::new();
    let mut well = true;
    for network in networks {
        let model = network.options.model.display();
        if !network.options.trains() {
            writeln!(
                out,
                "{model}: nothing to do, as it says `compress = none` and has no early exits"
            )?;
            continue;
        }
        match prepare(network, settings, &mut done) {
            Ok(message) => writeln!(out, "{model}: {message}")?,
            Err(error) => {
                well = false;
                writeln!(out, "{model}: error: {error:#}\n  asked for by {}", network.place)?;
            }
        }
    }
    let others: BTreeSet<PathBuf> = networks
        .iter()
        .filter_map(|network| Some(Job::new(&network.options).ok()?.store().paths()))
        .flatten()
        .filter(|path| !done.contains(path))
        .collect();
    // Only if all are known that are needed.
    for path in others.iter().filter(|_| well) {
        writeln!(out, "`{}` is of none of these networks; is it out of date?", path.display())?;
    }
    Ok(well)
}

/// Prepares one network unless its artefact is among those `done`, and says how it went.
fn prepare(
    network: &Network,
    settings: &Settings,
    done: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<String> {
    let options = &network.options;
    let job = Job::new(options)?;
    if done.contains(&options.root.join(job.path())) {
        return Ok("the same as before".into());
    }
    let _turn = job.store().turn();
    let found = job.find()?;
    let why = match &found {
        Found::Fits(path, _) if !settings.force => {
            done.insert(options.root.join(path));
            return Ok(found.to_string());
        }
        Found::Fits(..) => "compressed again".into(),
        other => other.to_string(),
    };
    let mut display = Display::begin(options.model.display().to_string());
    let mut watch = |progress: &_| display.show(progress);
    let artefact = job.task()?.compress(settings.compressor, settings.threads, &mut watch)?;
    drop(display);
    let path = job.write(&artefact)?;
    let notes = artefact.notes.iter().map(|note| format!("\n  note: {note}"));
    let notes: String = notes.collect();
    let exits = exits::facts(&artefact.network).into_iter().map(|exit| format!("\n  {exit}"));
    let exits: String = exits.collect();
    let message = format!("{why}; wrote `{}`: {}{exits}{notes}", path.display(), artefact.summary);
    done.insert(options.root.join(path));
    Ok(message)
}
