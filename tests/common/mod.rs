//! The committed networks, their test samples, and inferences under power failures.
#![allow(dead_code, reason = "no test uses all of it")]

pub mod crates;

use std::path::{Path, PathBuf};

use freeml::{EmulatedFram, PowerFailure};
use freeml_compiler::data::Dataset;
use freeml_compiler::exits::Plan;
use freeml_compiler::graph::Graph;
use freeml_compiler::{Compiled, Device, Options};

/// A committed network.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Stem of its file in `models`.
    pub model: &'static str,
    /// Stem of its test samples in `examples/data`.
    pub samples: &'static str,
    /// Raw value of 1.0, if it must be said.
    pub scale: Option<f32>,
}

/// All committed networks.
pub const NETWORKS: [Network; 5] = [
    Network { model: "lenet_mnist", samples: "mnist_test", scale: None },
    Network { model: "kws_cnn", samples: "kws_test", scale: None },
    Network { model: "kws_dscnn", samples: "kws_test", scale: None },
    Network { model: "har_cnn", samples: "har_test", scale: Some(1024.0) },
    Network { model: "resnet_tiny_cifar10", samples: "cifar10_test", scale: None },
];

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Network {
    /// The committed network of this file.
    pub fn of(file: &str) -> Self {
        NETWORKS.into_iter().find(|net| net.file() == file).expect("a committed network")
    }

    /// Its model's file, relative to the repository.
    pub fn file(&self) -> String {
        format!("models/{}.onnx", self.model)
    }

    /// Options that compile it for a computer with all its weights, `models` being in `root`.
    pub fn options_in(&self, root: impl Into<PathBuf>) -> Options {
        let mut options = Options::new(root, self.file());
        options.device = Device::Host;
        options.scale = self.scale;
        options.compress = None;
        options
    }

    /// Compiles it.
    pub fn compile(&self) -> Compiled {
        freeml_compiler::compile(&self.options_in(root())).expect("committed networks compile")
    }

    /// The float network on raw samples.
    pub fn float_graph(&self) -> Graph {
        freeml_compiler::float_graph(&self.options_in(root())).expect("committed networks compile")
    }

    /// Its test samples.
    pub fn test_set(&self, compiled: &Compiled) -> Dataset {
        let path = format!("examples/data/{}.npz", self.samples);
        let (shape, classes) = (compiled.program.input_shape(), compiled.program.classes());
        Dataset::read(&self.options_in(root()), Path::new(&path), shape, classes.into())
            .expect("committed samples fit")
    }
}

/// The options of the firmware example `adaptive`, whose training data need not be there.
pub fn adaptive() -> Options {
    let mut options =
        Options::new(root().join("examples/firmware/adaptive"), "../../../models/kws_dscnn.onnx");
    options.data = Some("../../../models/kws_train.npz".into());
    options.name = Some("Net".into());
    options.compress = None;
    options.exits = Some(Plan::default());
    options
}

/// What the tests use of a type that `freeml_model!` generates.
pub trait Net {
    /// Its model's file.
    const MODEL: &'static str;
    /// Bytes of its state.
    const STATE_BYTES: u32;

    /// What firmware does after every reset: goes on with an inference or begins one on
    /// `sample`.
    fn infer(fram: &mut EmulatedFram, sample: &[i16]) -> Vec<i16>;

    /// FRAM for its state, as another program left it.
    fn fram() -> EmulatedFram {
        EmulatedFram::new(Self::STATE_BYTES as usize, 0xA5)
    }

    /// The logits of an inference with the power failing before each of `failures`, which
    /// count the stores from the last reset on, and the number of failures there were.
    fn infer_through(
        fram: &mut EmulatedFram,
        sample: &[i16],
        failures: impl IntoIterator<Item = u64>,
    ) -> (Vec<i16>, usize) {
        let mut failed = 0;
        for stores in failures {
            match fram.until_failure(stores, |fram| Self::infer(fram, sample)) {
                Ok(logits) => return (logits, failed),
                Err(PowerFailure) => failed += 1,
            }
        }
        (Self::infer(fram, sample), failed)
    }
}

/// Expands `models/$model.onnx` to `$name`, which takes samples of `$sample`.
#[macro_export]
macro_rules! net {
    ($name:ident, $model:literal, $sample:ty $(, $option:ident = $value:expr)*) => {
        freeml::freeml_model!(
            $model, name = $name, device = host, compress = none $(, $option = $value)*
        );

        impl $crate::common::Net for $name {
            const MODEL: &'static str = $model;
            const STATE_BYTES: u32 = $name::STATE_BYTES;

            fn infer(fram: &mut freeml::EmulatedFram, sample: &[i16]) -> Vec<i16> {
                let sample: Vec<$sample> =
                    sample.iter().map(|&value| value.try_into().expect("in range")).collect();
                let mut net = $name::on(fram);
                if !matches!(net.status(), freeml::Status::Running(_)) {
                    net.start(sample.as_slice().try_into().expect("a whole sample"));
                }
                net.run(&mut freeml::RunToEnd).expect("the inference ends");
                net.logits().expect("the inference ends").to_vec()
            }
        }
    };
}
