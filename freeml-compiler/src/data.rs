//! Samples and labels from `.npz` and `.npy` files.

mod file;
mod labels;
mod samples;
mod synthetic;

#[cfg(test)]
mod tests;

use std::path::Path;

use freeml_core::Kind;

use crate::error::{Error, Part};
use crate::graph::Shape;
use crate::options::Options;

pub use synthetic::synthetic;

/// Raw integer samples, with labels if the file has any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Element type of the raw samples.
    pub kind: Kind,
    /// Samples in the order of the network's input.
    pub samples: Vec<Vec<i16>>,
    /// Class of each sample.
    pub labels: Option<Vec<u16>>,
}

impl Dataset {
    /// Reads `path`, relative to the root of `options`, and checks it against a network's input
    /// and classes.
    ///
    /// A `.npz` file has an array `x` with the samples along its first axis and may have an
    /// array `y` with their classes (`int64`, `int32`, `int16` or `uint8`); a `.npy` file is `x`
    /// alone. Samples are
    /// - `uint8`, `int8` or `int16`: raw values;
    /// - `int32`: raw values that fit into the `input` of the options; without it, into `u8` or
    ///   else `i16`;
    /// - `float32`, all whole and some beyond ±1: raw values, as for `int32`;
    /// - other `float32`: what the network takes before `mean` and `std`; the raw value is
    ///   `round(x * scale)`. Without `scale`, values from 0 to 1 become `u8` with a scale of 255.
    pub fn read(
        options: &Options,
        path: &Path,
        shape: Shape,
        classes: usize,
    ) -> Result<Self, Error> {
        let bytes = std::fs::read(options.root.join(path))
            .map_err(|error| Error::unreadable(Part::Option("data"), path, &error))?;
        Self::parse(&bytes, options, path, shape, classes)
    }

    /// As [`read`](Dataset::read), from the contents of the file.
    pub(crate) fn parse(
        bytes: &[u8],
        options: &Options,
        path: &Path,
        shape: Shape,
        classes: usize,
    ) -> Result<Self, Error> {
        options.check_scale()?;
        let read = || {
            let mut file = file::File::open(bytes)?;
            let (kind, samples) = samples::read(&mut file, options, shape)?;
            let labels = labels::read(&mut file, samples.len(), classes)?;
            Ok(Dataset { kind, samples, labels })
        };
        read().map_err(|message: String| {
            Error::option("data", format!("`{}`: {message}", path.display()))
        })
    }

    /// At most `count` samples, evenly spread.
    pub fn spread(&self, count: usize) -> impl Iterator<Item = &[i16]> {
        let stride = self.samples.len().div_ceil(count.max(1)).max(1);
        self.samples.iter().step_by(stride).map(Vec::as_slice)
    }
}
