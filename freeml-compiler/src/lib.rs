//! Compiles pre-trained ONNX networks into the tables and code that `freeml-core` runs.
//!
//! Both front doors lead here: the macro `freeml_model!` hands its arguments to
//! [`compile`] and [`expand`], a build script calls [`Build`].
#![forbid(unsafe_code)]

mod build;
pub mod calibrate;
pub mod compress;
pub mod data;
mod device;
mod emit;
pub mod encode;
mod error;
pub mod evaluate;
pub mod float;
pub mod fuse;
pub mod graph;
pub mod import;
mod options;
pub mod plan;
pub mod program;
pub mod quantise;
mod report;
pub mod separate;
pub mod train;

use std::path::PathBuf;

use calibrate::Calibration;
use data::Dataset;
use graph::Graph;
use program::Program;
use quantise::Numerics;

pub use build::Build;
pub use device::Device;
pub use emit::{expand, format};
pub use error::{Error, Part};
pub use freeml_core::Kind;
pub use options::{Budget, OPTION_NAMES, Options, Priority};

/// Samples that activation ranges are taken from.
const CALIBRATION_SAMPLES: usize = 128;

/// A compiled model.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The integer network.
    pub program: Program,
    /// The float network it comes from, on raw samples.
    pub graph: Graph,
    /// Files that determine the result, as the user named them.
    pub sources: Vec<PathBuf>,
    /// What the user should know of the result.
    pub notes: Vec<String>,
}

/// Compiles a model: import, quantisation, plan.
pub fn compile(options: &Options) -> Result<Compiled, Error> {
    let bytes = std::fs::read(options.root.join(&options.model))
        .map_err(|error| Error::unreadable(Part::Model, &options.model, &error))?;
    let mut graph =
        import::import(&bytes).map_err(|error| Error::import(&options.model, &error))?;
    let mut sources = vec![options.model.clone()];
    let mut notes = Vec::new();
    let data = calibration_data(options, &graph)?.map(|(path, data)| {
        sources.push(path);
        data
    });
    let input = input_kind(options, data.as_ref())?;
    normalise(&mut graph, options, input)?;
    let samples: Vec<Vec<i16>> = if let Some(data) = &data {
        data.spread(CALIBRATION_SAMPLES).map(<[i16]>::to_vec).collect()
    } else {
        notes.push("ranges are from synthetic samples: give `data` for better accuracy".into());
        data::synthetic(CALIBRATION_SAMPLES, graph.input_shape(), input, options.seed)
    };
    let program = integer_program(&graph, &samples, input)?;
    report::check_device(&program, options.device)?;
    Ok(Compiled { program, graph, sources, notes })
}

/// Quantises and plans `graph`, which takes raw samples of kind `input`, with ranges from `samples`.
pub fn integer_program(graph: &Graph, samples: &[Vec<i16>], input: Kind) -> Result<Program, Error> {
    let samples: Vec<Vec<f32>> =
        samples.iter().map(|sample| sample.iter().copied().map(f32::from).collect()).collect();
    let layers = fuse::fuse(graph);
    let results: Vec<usize> = layers.iter().map(|layer| layer.result).collect();
    let calibration = Calibration::collect(graph, &samples, &results);
    let numerics = Numerics { input_scale: 1.0, calibration: &calibration, trained: None };
    plan::plan(&quantise::quantise(graph, &layers, &numerics, input)?)
}

/// The data the user named, or that lies beside the model.
fn calibration_data(options: &Options, graph: &Graph) -> Result<Option<(PathBuf, Dataset)>, Error> {
    let beside = options.model.with_extension("npz");
    let path = match &options.data {
        Some(path) => path.clone(),
        None if options.root.join(&beside).exists() => beside,
        None => return Ok(None),
    };
    let data = Dataset::read(&options.root, &path, graph.input_shape(), graph.classes())?;
    Ok(Some((path, data)))
}

fn input_kind(options: &Options, data: Option<&Dataset>) -> Result<Kind, Error> {
    let name = |kind: Kind| format!("{kind:?}").to_lowercase();
    match (options.input, data.map(|data| data.kind)) {
        (Some(input), Some(data)) if input != data => Err(Error::option(
            "input",
            format!(
                "the data has {} samples, not {}; leave `input` out or give other data",
                name(data),
                name(input),
            ),
        )),
        (Some(kind), _) | (None, Some(kind)) => Ok(kind),
        (None, None) => Ok(Kind::U8),
    }
}

/// Lets `graph` take raw samples: their scale goes into the first layer.
fn normalise(graph: &mut Graph, options: &Options, input: Kind) -> Result<(), Error> {
    let (scale, shift) = options.normalisation(input, graph.input_shape().c)?.into_iter().unzip();
    graph::scale_input(graph, scale, shift);
    fuse::rescale_output(graph);
    Ok(())
}

/// TEMP: The float graph on raw samples, and the data.
pub fn load(options: &Options) -> Result<(Graph, Dataset), Error> {
    let bytes = std::fs::read(options.root.join(&options.model))
        .map_err(|error| Error::unreadable(Part::Model, &options.model, &error))?;
    let mut graph =
        import::import(&bytes).map_err(|error| Error::import(&options.model, &error))?;
    let data = calibration_data(options, &graph)?.map(|(_, data)| data).expect("data");
    let input = input_kind(options, Some(&data))?;
    normalise(&mut graph, options, input)?;
    Ok((graph, data))
}
