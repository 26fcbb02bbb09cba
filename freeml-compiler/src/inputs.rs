//! The files that a network is made of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use freeml_core::Kind;

use crate::data::Dataset;
use crate::error::{Error, Part};
use crate::fuse;
use crate::graph::{self, Graph};
use crate::import;
use crate::options::Options;

/// Contents of model and data.
#[derive(Debug)]
pub struct Inputs {
    /// Of the ONNX file.
    pub model: Vec<u8>,
    /// The data that the user named, or that lies beside the model.
    pub data: Data,
    /// When the younger of them was changed.
    pub time: SystemTime,
}

/// The data file.
#[derive(Debug)]
pub enum Data {
    /// None is named, none lies beside the model.
    None,
    /// The user named a file that is not there.
    Missing(PathBuf),
    /// Path as the user would name it, and contents.
    File(PathBuf, Vec<u8>),
}

impl Inputs {
    /// Reads the files of `options`; that the data is missing is no error yet.
    pub fn read(options: &Options) -> Result<Self, Error> {
        let (model, mut time) = read(&options.root.join(&options.model))
            .map_err(|error| Error::unreadable(Part::Model, &options.model, &error))?;
        let path = options.data.clone().unwrap_or_else(|| options.model.with_extension("npz"));
        let data = match read(&options.root.join(&path)) {
            Ok((bytes, changed)) => {
                time = time.max(changed);
                Data::File(path, bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if options.data.is_some() {
                    Data::Missing(path)
                } else {
                    Data::None
                }
            }
            Err(error) => return Err(Error::unreadable(Part::Option("data"), &path, &error)),
        };
        Ok(Inputs { model, data, time })
    }

    /// Paths of the files, as the user would name them.
    pub fn sources(&self, options: &Options) -> Vec<PathBuf> {
        let data = if let Data::File(path, _) = &self.data { Some(path.clone()) } else { None };
        std::iter::once(options.model.clone()).chain(data).collect()
    }

    /// The float network, on samples as it was trained with.
    pub fn graph(&self, options: &Options) -> Result<Graph, Error> {
        import::import(&self.model).map_err(|error| Error::import(&options.model, &error))
    }

    /// The samples for `graph`, if there are any.
    pub fn dataset(&self, options: &Options, graph: &Graph) -> Result<Option<Dataset>, Error> {
        match &self.data {
            Data::None => Ok(None),
            Data::Missing(path) => Err(missing(path)),
            Data::File(path, bytes) => {
                let (shape, classes) = (graph.input_shape(), graph.classes());
                Dataset::parse(bytes, options, path, shape, classes).map(Some)
            }
        }
    }
}

/// Contents of a file and when it was changed.
fn read(path: &Path) -> io::Result<(Vec<u8>, SystemTime)> {
    let bytes = fs::read(path)?;
    let time = fs::metadata(path)?.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok((bytes, time))
}

/// The error that the data at `path` is not there.
pub fn missing(path: &Path) -> Error {
    Error::unreadable(Part::Option("data"), path, &io::ErrorKind::NotFound.into())
}

/// Type of the raw samples.
pub fn input_kind(options: &Options, data: Option<&Dataset>) -> Result<Kind, Error> {
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
pub fn normalise(graph: &mut Graph, options: &Options, input: Kind) -> Result<(), Error> {
    let (scale, shift) = options.normalisation(input, graph.input_shape().c)?.into_iter().unzip();
    graph::scale_input(graph, scale, shift);
    fuse::rescale_output(graph);
    Ok(())
}
