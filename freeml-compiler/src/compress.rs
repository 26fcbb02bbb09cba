//! Compression: from a float graph to a small integer network.

use std::fmt;

use crate::data::Dataset;
use crate::error::Error;
use crate::graph::Graph;
use crate::options::Options;
use crate::quantise::Quantised;

/// What compression is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// In a few words, such as "prune".
    pub stage: &'static str,
    /// Work done, of `total`.
    pub done: usize,
    /// All work that is foreseen; it may fall or rise as the search goes on.
    pub total: usize,
    /// Weights kept.
    pub kept: usize,
    /// Share of right answers on the training samples of late.
    pub accuracy: f32,
}

/// What is told of compression as it goes on.
pub type Watch<'w> = dyn FnMut(&Progress) + 'w;

/// What was reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Weights of the float network.
    pub weights: usize,
    /// Weights kept.
    pub kept: usize,
    /// Bytes of constants, tables and descriptors.
    pub bytes: usize,
    /// Validation samples, which training did not see.
    pub validation: usize,
    /// Of these, how many the float network classifies as labelled.
    pub float_correct: usize,
    /// And how many the integer network does.
    pub correct: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { weights, kept, bytes, validation, float_correct, correct } = *self;
        write!(f, "{kept} of {weights} weights in {bytes} bytes of constants")?;
        if validation == 0 {
            return Ok(());
        }
        let [float, integer] = [float_correct, correct].map(|correct| {
            // Hundredths of a percent, so that no rounding of floats is part of the text.
            let parts = correct * 10_000 / validation;
            format!("{}.{:02} %", parts / 100, parts % 100)
        });
        write!(f, "; {integer} of {validation} validation samples right, in float {float}")
    }
}

/// A compressed network.
#[derive(Debug, Clone, PartialEq)]
pub struct Compressed {
    /// Ready to be planned.
    pub network: Quantised,
    /// What was reached.
    pub summary: Summary,
}

/// Compresses `graph`, which takes normalised samples, as `options` ask.
pub fn compress(
    _graph: &Graph,
    _data: &Dataset,
    _options: &Options,
    _threads: usize,
    _watch: &mut Watch,
) -> Result<Compressed, Error> {
    Err(Error::model("compression is not there yet: say `compress = none`"))
}
