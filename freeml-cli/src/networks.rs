//! The networks that a command is about.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use freeml_compiler::Options;
use freeml_compiler::arguments::Arguments;

use crate::command::Selection;
use crate::metadata;
use crate::scan::Scan;

/// A network and where it is asked for.
#[derive(Debug, Clone)]
pub struct Network {
    /// How it is to be compiled.
    pub options: Options,
    /// File and line of the macro call, or the command line.
    pub place: String,
}

/// The networks of `selection`.
pub fn select(selection: &Selection) -> anyhow::Result<Vec<Network>> {
    match &selection.model {
        Some(model) => named(selection, model).map(|network| vec![network]),
        None => called(selection),
    }
}

/// The network `model` of the command line.
fn named(selection: &Selection, model: &str) -> anyhow::Result<Network> {
    let root = root(selection.manifest_path.as_deref())?;
    let settings = selection.settings();
    let settings = settings.iter().map(|(name, value)| (*name, &**value));
    let options = Arguments::new(model, settings).and_then(|given| given.options(&root));
    let options = options.map_err(|errors| anyhow::anyhow!(lines(errors)))?;
    Ok(Network { options, place: "the command line".into() })
}

/// The directory of `manifest`, or of the nearest Cargo.toml above the current directory.
fn root(manifest: Option<&Path>) -> anyhow::Result<PathBuf> {
    let current = env::current_dir().context("there is no current directory")?;
    if let Some(manifest) = manifest {
        ensure!(manifest.exists(), "there is no file `{}`", manifest.display());
        let directory = manifest.parent().unwrap_or(Path::new(""));
        return Ok(current.join(directory));
    }
    let mut above = current.ancestors().filter(|path| path.join("Cargo.toml").exists());
    above.next().map(Path::to_owned).context(
        "there is no Cargo.toml here or above; go to the crate, or give it as --manifest-path",
    )
}

/// The networks of all calls of `freeml_model!`.
fn called(selection: &Selection) -> anyhow::Result<Vec<Network>> {
    let packages = metadata::packages(selection.manifest_path.as_deref())?;
    let current = env::current_dir().unwrap_or_default();
    let known: BTreeSet<&str> = packages.iter().map(|package| &*package.name).collect();
    if let Some(unknown) = selection.package.iter().find(|name| !known.contains(&***name)) {
        bail!("there is no package `{unknown}`; packages are {known:?}");
    }
    let (mut networks, mut errors) = (Vec::new(), Vec::new());
    for package in &packages {
        if !selection.package.is_empty() && !selection.package.contains(&package.name) {
            continue;
        }
        let mut scan = Scan::new(&current);
        package.sources().for_each(|source| scan.target(source));
        errors.append(&mut scan.failures);
        for call in scan.calls {
            let place = call.place;
            match call.arguments.and_then(|given| given.options(package.root())) {
                Ok(options) => networks.push(Network { options, place }),
                Err(wrong) => errors.push(format!("{place}: {}", lines(wrong))),
            }
        }
    }
    ensure!(errors.is_empty(), "{}", errors.join("\n"));
    ensure!(
        !networks.is_empty(),
        "there is no call of `freeml_model!`; give the network of a build script as --model, with \
         its options"
    );
    Ok(networks)
}

/// All messages of `errors`.
fn lines(errors: syn::Error) -> String {
    errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
}
