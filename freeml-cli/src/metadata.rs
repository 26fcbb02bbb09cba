//! Packages and their targets, as `cargo metadata` tells.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    src_path: PathBuf,
}

impl Package {
    /// The directory of its Cargo.toml.
    pub fn root(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new(""))
    }

    /// The main source file of each target.
    pub fn sources(&self) -> impl Iterator<Item = &Path> {
        self.targets.iter().map(|target| &*target.src_path)
    }
}

/// The packages of the workspace at `manifest`, or of the current directory.
pub fn packages(manifest: Option<&Path>) -> anyhow::Result<Vec<Package>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    if let Some(manifest) = manifest {
        command.arg("--manifest-path").arg(manifest);
    }
    let output = command.output().context("cannot run `cargo metadata`")?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`cargo metadata` failed:\n{}", messages.trim_end());
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("`cargo metadata` gives no JSON")?;
    Ok(metadata.packages)
}
