//! Everything that can go wrong between a model file and its expansion.

use std::fmt;
use std::path::Path;

use crate::import::ImportError;

/// Why a model cannot be compiled.
#[derive(Debug)]
pub struct Error {
    /// Which part of the invocation is at fault.
    pub part: Part,
    /// What is wrong and what to do next; may have several lines.
    pub message: String,
}

/// The part of an invocation that an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The model file.
    Model,
    /// The option of this name.
    Option(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// An error about the model.
    pub fn model(message: impl Into<String>) -> Self {
        Error { part: Part::Model, message: message.into() }
    }

    /// An error about option `name`.
    pub fn option(name: &'static str, message: impl Into<String>) -> Self {
        Error { part: Part::Option(name), message: message.into() }
    }

    /// `path`, as the user wrote it, cannot be read.
    pub(crate) fn unreadable(part: Part, path: &Path, error: &std::io::Error) -> Self {
        let message = if error.kind() == std::io::ErrorKind::NotFound {
            format!(
                "there is no file `{}`; paths are relative to the directory of Cargo.toml",
                path.display()
            )
        } else {
            format!("cannot read `{}`: {error}", path.display())
        };
        Error { part, message }
    }

    pub(crate) fn import(path: &Path, error: &ImportError) -> Self {
        Error::model(format!("`{}`: {error}", path.display()))
    }

    pub(crate) fn sum_overflow(layer: &str, channel: usize) -> Self {
        Error::model(format!(
            "layer `{layer}`, channel {channel}: its sums may exceed 32 bits; reduce the number of \
             its inputs or their range (8-bit samples instead of 16-bit ones)"
        ))
    }

    pub(crate) fn wide_operand(layer: &str) -> Self {
        Error::model(format!(
            "layer `{layer}` adds a tensor of 16-bit elements; only 8-bit tensors can be summed: \
             use 8-bit samples or add after the first layer"
        ))
    }

    pub(crate) fn index_too_large(what: &str, value: usize) -> Self {
        Error::model(format!(
            "{what}: {value} exceeds the 65,535 that 16-bit indices reach; use a smaller input or \
             pool earlier"
        ))
    }

    pub(crate) fn padding_too_large(layer: &str, padding: usize, limit: u8) -> Self {
        Error::model(format!(
            "layer `{layer}` pads its input by {padding} elements on a side, more than {limit}; use \
             a smaller kernel or dilation"
        ))
    }

    pub(crate) fn byte_too_large(what: &str, value: u16) -> Self {
        Error::model(format!(
            "{what}: {value} exceeds the 255 of a compressed layer; use a smaller window"
        ))
    }

    pub(crate) fn arena_too_large(bytes: usize, limit: usize) -> Self {
        Error::model(format!(
            "activations need {bytes} bytes at once, more than the {limit} that 16-bit pointers \
             reach; use a smaller input or pool earlier"
        ))
    }

    pub(crate) fn too_few_samples(samples: usize, fewest: usize) -> Self {
        Error::option(
            "data",
            format!(
                "{samples} samples are too few to retrain the network with; give at least \
                 {fewest}, better thousands, or say `compress = none`"
            ),
        )
    }

    pub(crate) fn one_class(class: u16) -> Self {
        Error::option(
            "data",
            format!(
                "all samples are of class {class}, which retraining would make the only answer; \
                 give samples of every class, or say `compress = none`"
            ),
        )
    }

    pub(crate) fn size_unreachable(limit: usize, reached: Option<usize>, overhead: usize) -> Self {
        let reached = reached.map_or(String::new(), |bytes| format!("; {bytes} were reached"));
        Error::option(
            "fram",
            format!(
                "the network does not fit into {limit} bytes{reached}: descriptors and tables \
                 take {overhead} bytes before any weight; allow more, or train a network of \
                 fewer layers and channels"
            ),
        )
    }

    pub(crate) fn drop_unreachable(drop: f32) -> Self {
        Error::option(
            "max_drop",
            format!(
                "no compressed network is within {drop} points of the float network; allow more, \
                 give more samples, or say `compress = none`"
            ),
        )
    }

    pub(crate) fn budgets_exclude(fram: u32, drop: f32, lost: f64) -> Self {
        Error::option(
            "max_drop",
            format!(
                "a network of {fram} bytes loses {lost:.2} points, more than {drop}; allow more of \
                 either, or say which matters with `priority = fram` or `priority = accuracy`"
            ),
        )
    }

    pub(crate) fn diverged(step: usize) -> Self {
        Error::option(
            "data",
            format!(
                "retraining has diverged after {step} steps: are the samples in the units that \
                 the network was trained on? See `scale`, `mean` and `std`"
            ),
        )
    }

    pub(crate) fn too_many_steps() -> Self {
        Error::model("one inference takes more than 65,533 steps; use a smaller network")
    }
}

/// The error of writing generated code.
pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::model(format!("cannot write `{}`: {error}", path.display()))
}
