//! The front door for build scripts.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::device::Device;
use crate::error::{Error, unwritable};
use crate::exits;
use crate::options::{Budget, Optimise, Options};
use freeml_core::Kind;

/// Compiles a model from a build script into `OUT_DIR`.
///
/// ```no_run
/// // build.rs
/// freeml_compiler::Build::new("models/kws.onnx").device(freeml_compiler::Device::Fr5994).run();
/// // main.rs: include!(concat!(env!("OUT_DIR"), "/kws.rs"));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Build {
    options: Options,
}

impl Build {
    /// Model `model`, relative to the directory of Cargo.toml like all paths.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        Build { options: Options::new(root, model) }
    }

    /// Names the generated type.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// Calibrates and retrains with the samples of this `.npz` or `.npy` file.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.data = Some(path.into());
        self
    }

    /// Compiles for `device`.
    pub fn device(mut self, device: Device) -> Self {
        self.options.device = device;
        self
    }

    /// Takes raw samples of `kind`.
    pub fn input(mut self, kind: Kind) -> Self {
        self.options.input = Some(kind);
        self
    }

    /// Raw value that stands for 1.0 in the network's input.
    pub fn scale(mut self, scale: f32) -> Self {
        self.options.scale = Some(scale);
        self
    }

    /// Mean and deviation, one or one per channel, that the network's input is normalised by.
    pub fn normalise(mut self, mean: &[f32], std: &[f32]) -> Self {
        self.options.mean = mean.to_vec();
        self.options.std = std.to_vec();
        self
    }

    /// How the network is made smaller; `None` leaves all weights as signed bytes.
    pub fn compress(mut self, budget: Option<Budget>) -> Self {
        self.options.compress = budget;
        self
    }

    /// What compression favours.
    pub fn optimise(mut self, optimise: Optimise) -> Self {
        self.options.optimise = optimise;
        self
    }

    /// Adds early exits.
    pub fn exits(mut self, exits: Option<exits::Plan>) -> Self {
        self.options.exits = exits;
        self
    }

    /// Seed of synthetic samples, of the split of the data and of retraining.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Compiles into `$OUT_DIR/<model>.rs` and tells cargo what that depends on.
    ///
    /// # Panics
    /// With the error's text, which is how a build script reports one.
    pub fn run(self) {
        for note in self.try_run().unwrap_or_else(|error| panic!("freeml: {error}")) {
            println!("cargo::warning=freeml: {}: {note}", self.options.model.display());
        }
    }

    /// As [`run`](Build::run), with the notes on success and without panicking.
    pub fn try_run(&self) -> Result<Vec<String>, Error> {
        let options = &self.options;
        let compiled = crate::compile(options)?;
        for source in &compiled.sources {
            println!("cargo::rerun-if-changed={}", options.root.join(source).display());
        }
        let code = crate::format(&crate::expand(&compiled, options, &quote::quote!(::freeml))?);
        let directory = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
        let stem = options.model.file_stem().unwrap_or_default();
        let path = directory.join(stem).with_extension("rs");
        fs::write(&path, code).map_err(|error| unwritable(&path, &error))?;
        Ok(compiled.notes)
    }
}
