//! The public networks and where their files are.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use freeml_compiler::{Device, Options};

/// A network with its task.
#[derive(Debug, Clone, Copy)]
pub struct Net {
    /// Stem of the ONNX file.
    pub name: &'static str,
    /// Stem of the data files.
    pub task: &'static str,
    /// Raw sample value that stands for 1.0.
    pub scale: f32,
}

/// All public networks.
pub const NETS: [Net; 6] = [
    Net { name: "lenet_mnist", task: "mnist", scale: 255.0 },
    Net { name: "kws_cnn", task: "kws", scale: 255.0 },
    Net { name: "kws_dscnn", task: "kws", scale: 255.0 },
    Net { name: "har_cnn", task: "har", scale: 1024.0 },
    Net { name: "cifar10_s", task: "cifar10", scale: 255.0 },
    Net { name: "resnet_tiny_cifar10", task: "cifar10", scale: 255.0 },
];

/// The directory of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

impl Net {
    /// Options for a computer with all weights, calibrated with the train set beside the workspace.
    pub fn options(&self) -> Options {
        let shared = Path::new("../shared");
        let mut options =
            Options::new(root(), shared.join("models").join(self.name).with_extension("onnx"));
        options.data = Some(self.train_set());
        options.scale = Some(self.scale);
        options.device = Device::Host;
        options.compress = None;
        options
    }

    /// Its training set, relative to the workspace.
    pub fn train_set(&self) -> PathBuf {
        Path::new("../shared/data").join(format!("{}_train.npz", self.task))
    }

    /// Its test set, relative to the workspace.
    pub fn test_set(&self) -> PathBuf {
        Path::new("../shared/data").join(format!("{}_test.npz", self.task))
    }

    /// The network of this name.
    pub fn named(name: &str) -> anyhow::Result<Net> {
        let names = NETS.map(|net| net.name).join(", ");
        let net = NETS.into_iter().find(|net| net.name == name);
        net.with_context(|| format!("no network is called `{name}`; there are {names}"))
    }
}
