//! Compiles pre-trained ONNX networks into the tables and code that `freeml-core` runs.
//!
//! Both front doors lead here: the macro `freeml_model!` hands its arguments to
//! [`compile`] and [`expand`], a build script calls [`Build`]. [`prepare`] does the slow part
//! ahead of a build.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod artefact;
mod build;
pub mod calibrate;
pub mod compress;
pub mod data;
mod device;
pub mod editor;
mod emit;
pub mod encode;
mod error;
pub mod evaluate;
pub mod exits;
pub mod float;
pub mod fuse;
pub mod graph;
pub mod import;
mod inputs;
pub mod narrate;
mod options;
pub mod plan;
pub mod prepare;
pub mod program;
pub mod quantise;
mod report;
pub mod separate;
pub mod train;

use std::path::PathBuf;

use artefact::{Artefact, Found};
use calibrate::Calibration;
use compress::Summary;
use graph::Graph;
use inputs::{Inputs, normalise};
use prepare::Job;
use program::Program;
use quantise::{Numerics, Quantised};

pub use build::Build;
pub use device::Device;
pub use emit::{expand, format};
pub use error::{Error, Part};
pub use freeml_core::Kind;
pub use options::{Budget, OPTION_NAMES, Optimise, Options, Priority};

/// Samples that activation ranges are taken from.
const CALIBRATION_SAMPLES: usize = 128;

/// A compiled model.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The integer network.
    pub program: Program,
    /// Its early exits.
    pub exits: Vec<exits::Fact>,
    /// What compression has reached; `None` without.
    pub summary: Option<Summary>,
    /// Files that determine the result, as the user named them.
    pub sources: Vec<PathBuf>,
    /// What the user should know of the result.
    pub notes: Vec<String>,
}

impl Compiled {
    /// What the documentation of the type says of the result.
    fn remarks(&self) -> Vec<String> {
        let notes = self.notes.iter().map(|note| format!("Note: {note}"));
        let summary = self.summary.iter().map(Summary::to_string);
        let exits = self.exits.iter().map(exits::Fact::to_string);
        summary.chain(exits).chain(notes).collect()
    }
}

/// Compiles a model: import, compression or quantisation, plan.
///
/// A compressed network is taken from its prepared artefact. If there is none that fits, it is
/// compressed here, which is told on the standard error output, and the artefact is written.
pub fn compile(options: &Options) -> Result<Compiled, Error> {
    let inputs = Inputs::read(options)?;
    let mut sources = inputs.sources(options);
    let (network, summary, notes) = if options.trains() {
        let (artefact, path) = prepared(&Job::of(options, inputs), options)?;
        sources.extend(path);
        let summary = options.compress.map(|_| artefact.summary);
        (artefact.network, summary, artefact.notes)
    } else {
        let (network, notes) = uncompressed(options, &inputs)?;
        (network, None, notes)
    };
    let program = plan::plan(&network)?;
    report::check_device(&program, options.device)?;
    let summary = summary.map(|summary| summary.of_plan(&program));
    let exits = exits::facts(&network);
    Ok(Compiled { program, exits, summary, sources, notes })
}

/// The compressed network of `job`, and the path of its artefact if it could be written.
fn prepared(job: &Job, options: &Options) -> Result<(Artefact, Option<PathBuf>), Error> {
    if let Found::Fits(path, artefact) = job.find()? {
        return Ok((*artefact, Some(path)));
    }
    let task = job.task()?;
    // Cargo compiles a library and its tests at the same time: the second need not compress.
    let _turn = job.store().turn();
    let found = job.find()?;
    let why = found.to_string();
    if let Found::Fits(path, artefact) = found {
        return Ok((*artefact, Some(path)));
    }
    narrate::begin(options, &why);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut lines = narrate::Lines::new();
    let mut watch = |progress: &compress::Progress| {
        if let Some(line) = lines.line(progress) {
            eprintln!("freeml: {line}");
        }
    };
    let artefact = task.compress(&compress::compress, threads, &mut watch)?;
    let path = job.write(&artefact);
    match &path {
        Ok(path) => eprintln!("freeml: wrote `{}`; commit it", path.display()),
        Err(error) => eprintln!("freeml: cannot write `{}`: {error}", job.path().display()),
    }
    Ok((artefact, path.ok()))
}

/// The network with all its weights, as signed bytes, and notes.
fn uncompressed(options: &Options, inputs: &Inputs) -> Result<(Quantised, Vec<String>), Error> {
    let mut graph = inputs.graph(options)?;
    let data = inputs.dataset(options, &graph)?;
    let input = inputs::input_kind(options, data.as_ref())?;
    normalise(&mut graph, options, input)?;
    let mut notes = Vec::new();
    let samples: Vec<Vec<i16>> = if let Some(data) = &data {
        data.spread(CALIBRATION_SAMPLES).map(<[i16]>::to_vec).collect()
    } else {
        notes.push("ranges are from synthetic samples: give `data` for better accuracy".into());
        data::synthetic(CALIBRATION_SAMPLES, graph.input_shape(), input, options.seed)
    };
    Ok((integer_network(&graph, &samples, input)?, notes))
}

/// The integer network of a model with all its weights and without early exits.
pub fn whole_network(options: &Options) -> Result<Quantised, Error> {
    Ok(uncompressed(options, &Inputs::read(options)?)?.0)
}

/// The float network of a model on raw samples, which integer ones are compared with.
pub fn float_graph(options: &Options) -> Result<Graph, Error> {
    let inputs = Inputs::read(options)?;
    let mut graph = inputs.graph(options)?;
    let data = inputs.dataset(options, &graph)?;
    let input = inputs::input_kind(options, data.as_ref())?;
    normalise(&mut graph, options, input)?;
    Ok(graph)
}

/// Quantises `graph`, which takes raw samples of kind `input`, with ranges from `samples`.
pub fn integer_network(
    graph: &Graph,
    samples: &[Vec<i16>],
    input: Kind,
) -> Result<Quantised, Error> {
    let samples: Vec<Vec<f32>> =
        samples.iter().map(|sample| sample.iter().copied().map(f32::from).collect()).collect();
    let layers = fuse::fuse(graph);
    let results: Vec<usize> = layers.iter().map(|layer| layer.result).collect();
    let calibration = Calibration::collect(graph, &samples, &results);
    let numerics = Numerics { input_scale: 1.0, calibration: &calibration, trained: None };
    quantise::quantise(graph, &layers, &numerics, input)
}

/// Quantises and plans `graph`, which takes raw samples of kind `input`, with ranges from `samples`.
pub fn integer_program(graph: &Graph, samples: &[Vec<i16>], input: Kind) -> Result<Program, Error> {
    plan::plan(&integer_network(graph, samples, input)?)
}
