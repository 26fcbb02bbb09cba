//! What a user can say about a model.

use std::path::PathBuf;
use std::str::FromStr;

use freeml_core::Kind;

use crate::device::Device;
use crate::error::Error;
use crate::exits;

/// Names of all options, as the macro, `build.rs` and messages use them.
pub const OPTION_NAMES: [&str; 15] = [
    "name",
    "data",
    "device",
    "input",
    "scale",
    "mean",
    "std",
    "seed",
    "compress",
    "fram",
    "max_drop",
    "priority",
    "optimise",
    "exits",
    "exit_bytes",
];

/// A model and how to compile it.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The ONNX file, relative to `root`.
    pub model: PathBuf,
    /// Directory that paths are relative to.
    pub root: PathBuf,
    /// Name of the generated type; from the file's name if `None`.
    pub name: Option<String>,
    /// Samples for calibration, relative to `root`; if `None`, the `.npz` beside the model
    /// when there is one.
    pub data: Option<PathBuf>,
    /// Where it is to run.
    pub device: Device,
    /// Type of the raw samples; that of the data, or `u8`, if `None`.
    pub input: Option<Kind>,
    /// Raw sample value that stands for 1.0; 255 for `u8` samples if `None`.
    pub scale: Option<f32>,
    /// Per-channel (or one) mean that the network's input has removed, after scaling.
    pub mean: Vec<f32>,
    /// Per-channel (or one) deviation that it is divided by.
    pub std: Vec<f32>,
    /// Seed of synthetic samples, of the split into training and validation samples, and of
    /// retraining.
    pub seed: u64,
    /// How the network is made smaller; `None` leaves all weights as signed bytes.
    pub compress: Option<Budget>,
    /// What compression favours.
    pub optimise: Optimise,
    /// Its early exits; none if `None`.
    pub exits: Option<exits::Plan>,
}

/// What compression is to reach. Without any of the limits: the smallest network within half a
/// point of the float network on the validation samples that fits the device.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Budget {
    /// Bytes of constants in FRAM (tables and descriptors), at most.
    pub fram: Option<u32>,
    /// Points of validation accuracy that may be lost against the float network.
    pub max_drop: Option<f32>,
    /// Which limit holds if both cannot; without it, both must.
    pub priority: Option<Priority>,
}

/// A limit that matters more than the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Bytes.
    Fram,
    /// Accuracy.
    Accuracy,
}

/// What a weight that compression keeps should cost little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimise {
    /// Bytes, and cycles a little.
    #[default]
    Auto,
    /// Bytes alone.
    Size,
    /// Cycles: weights that are used at many positions are given up first.
    Speed,
}

impl Optimise {
    /// Power of the positions at which a weight is used that its score is divided by.
    pub(crate) fn pressure(self) -> f32 {
        match self {
            Optimise::Auto => 0.1,
            Optimise::Size => 0.0,
            Optimise::Speed => 0.18,
        }
    }
}

impl FromStr for Optimise {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Optimise::Auto),
            "size" => Ok(Optimise::Size),
            "speed" => Ok(Optimise::Speed),
            _ => Err(format!("unknown `{name}`: optimise for size, speed or auto")),
        }
    }
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "fram" => Ok(Priority::Fram),
            "accuracy" => Ok(Priority::Accuracy),
            _ => Err(format!("unknown priority `{name}`: use fram or accuracy")),
        }
    }
}

impl Options {
    /// Model `model` with default options, paths being relative to `root`.
    pub fn new(root: impl Into<PathBuf>, model: impl Into<PathBuf>) -> Self {
        Options {
            model: model.into(),
            root: root.into(),
            name: None,
            data: None,
            device: Device::default(),
            input: None,
            scale: None,
            mean: Vec::new(),
            std: Vec::new(),
            seed: 0,
            compress: Some(Budget::default()),
            optimise: Optimise::Auto,
            exits: None,
        }
    }

    /// Name of the generated type.
    pub fn type_name(&self) -> Result<String, Error> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let words = self.stem();
        let name: String = words
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter_map(|word| {
                let mut letters = word.chars();
                let first = letters.next()?;
                Some(first.to_ascii_uppercase().to_string() + letters.as_str())
            })
            .collect();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            Ok(name)
        } else {
            Err(Error::model(format!(
                "the file name `{words}` gives no type name; say one with `name = MyNet`"
            )))
        }
    }

    /// Whether the network is trained, of which the result is kept in an artefact.
    pub fn trains(&self) -> bool {
        self.compress.is_some() || self.exits.is_some()
    }

    /// Everything that decides the result besides model and data, as text.
    pub(crate) fn recipe(&self) -> String {
        let Options { model: _, root: _, name: _, data: _, .. } = self;
        let Options { device, input, scale, mean, std, seed, compress, exits, .. } = self;
        let recipe = format!("{device} {input:?} {scale:?} {mean:?} {std:?} {seed} {compress:?}");
        // Options that came later are named only where they are given: artefacts stay valid.
        let optimise = Some(self.optimise).filter(|&optimise| optimise != Optimise::Auto);
        let recipe = optimise.iter().fold(recipe, |recipe, what| format!("{recipe} {what:?}"));
        exits.iter().fold(recipe, |recipe, exits| format!("{recipe} {exits:?}"))
    }

    /// Name of the model's file without its ending.
    pub(crate) fn stem(&self) -> String {
        self.model.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether `scale` is one, if it is given.
    pub(crate) fn check_scale(&self) -> Result<(), Error> {
        match self.scale {
            Some(scale) if !(scale.is_finite() && scale > 0.0) => {
                Err(Error::option("scale", "`scale` must be a positive number"))
            }
            _ => Ok(()),
        }
    }

    /// Factor and offset of each of `channels` input channels that turn raw values into what
    /// the network was trained on.
    pub fn normalisation(&self, kind: Kind, channels: usize) -> Result<Vec<(f32, f32)>, Error> {
        let scale = match (self.scale, kind) {
            (Some(scale), _) => scale,
            (None, Kind::U8) => 255.0,
            (None, Kind::I8 | Kind::I16) => {
                let cause = if self.input.is_some() { "input" } else { "data" };
                return Err(Error::option(
                    cause,
                    "signed samples need `scale`: the raw value that stands for 1.0 in the \
                     network's input, such as `scale = 1024`",
                ));
            }
        };
        self.check_scale()?;
        let mean = spread("mean", &self.mean, 0.0, channels)?;
        let std = spread("std", &self.std, 1.0, channels)?;
        if std.iter().any(|&std| std <= 0.0) {
            return Err(Error::option("std", "`std` must be positive"));
        }
        Ok(mean.iter().zip(&std).map(|(mean, std)| (1.0 / (scale * std), -mean / std)).collect())
    }
}

/// One finite value per channel from none, one or all of them.
fn spread(
    name: &'static str,
    values: &[f32],
    default: f32,
    channels: usize,
) -> Result<Vec<f32>, Error> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::option(name, format!("`{name}` must be finite")));
    }
    match values {
        [] => Ok(vec![default; channels]),
        [value] => Ok(vec![*value; channels]),
        _ if values.len() == channels => Ok(values.to_vec()),
        _ => Err(Error::option(
            name,
            format!(
                "`{name}` has {} values; give one number, or a list of as many as the network's \
                 input has channels, which is {channels}",
                values.len()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_file() {
        let name = |file: &str| Options::new("", file).type_name();
        assert_eq!(name("models/lenet_mnist.onnx").unwrap(), "LenetMnist");
        assert_eq!(name("a/kws-dscnn.v2.onnx").unwrap(), "KwsDscnnV2");
        assert!(name("123.onnx").unwrap_err().message.contains("name ="));
    }

    #[test]
    fn normalisation_is_affine_per_channel() {
        let mut options = Options::new("", "x.onnx");
        options.mean = vec![0.5, 0.25];
        options.std = vec![0.5];
        let [a, b] = options.normalisation(Kind::U8, 2).unwrap()[..] else { panic!() };
        assert_eq!(a, (1.0 / (255.0 * 0.5), -1.0));
        assert_eq!(b, (1.0 / (255.0 * 0.5), -0.5));
        assert!(options.normalisation(Kind::U8, 3).is_err());
        assert!(options.normalisation(Kind::I16, 2).unwrap_err().message.contains("scale"));
    }
}
