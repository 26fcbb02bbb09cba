//! Builds the firmware workspace with a toolchain that knows msp430-none-elf.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};
use freeml_sim::Elf;

use crate::nets::root;

/// Builds the packages that `selection`, arguments of cargo, names in release mode by `cargo.sh`.
pub fn firmware(selection: &[&str]) -> anyhow::Result<()> {
    let directory = root().join("examples/firmware");
    let status = Command::new("./cargo.sh")
        .args(["build", "--release"])
        .args(selection)
        .env("CARGO_TARGET_DIR", target())
        .current_dir(&directory)
        .status()
        .context("cannot run examples/firmware/cargo.sh")?;
    ensure!(
        status.success(),
        "the firmware does not build; examples/firmware/setup.sh installs the toolchain"
    );
    Ok(())
}

/// The program of firmware crate `name`.
pub fn elf(name: &str) -> anyhow::Result<Elf> {
    Ok(Elf::load(&std::fs::read(elf_path(name))?)?)
}

fn elf_path(name: &str) -> PathBuf {
    target().join("msp430-none-elf/release").join(name)
}

/// Whether a change of `file` rebuilds firmware crate `name`, by cargo's dependency file.
pub fn depends_on(name: &str, file: &str) -> anyhow::Result<bool> {
    let path = elf_path(name).with_extension("d");
    let dependencies = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(dependencies.split_whitespace().any(|dependency| dependency.ends_with(file)))
}

fn target() -> PathBuf {
    root().join("target/firmware")
}
