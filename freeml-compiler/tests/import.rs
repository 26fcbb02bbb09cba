//! Whole networks: the import run by the float executor equals the ONNX file run by tract.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use freeml_compiler::float::Executor;
use freeml_compiler::graph::Graph;
use freeml_compiler::import::{Reference, import};
use ndarray::ArrayD;
use ndarray_npy::{NpzReader, ReadNpzError};
use proptest::prelude::*;

const TOLERANCE: f32 = 1e-4;

/// The committed networks, with their input sizes and classes.
const MODELS: [(&str, usize, usize); 5] = [
    ("lenet_mnist", 28 * 28, 10),
    ("kws_dscnn", 32 * 32, 10),
    ("resnet_tiny_cifar10", 3 * 32 * 32, 10),
    ("kws_cnn", 32 * 32, 10),
    ("har_cnn", 6 * 100, 7),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Largest difference between the outputs of the import and of tract.
fn compare(onnx: &[u8], samples: &[Vec<f32>]) -> (Graph, f32) {
    let graph = import(onnx).unwrap_or_else(|e| panic!("{e}"));
    let reference = Reference::new(onnx).unwrap_or_else(|e| panic!("{e}"));
    let mut executor = Executor::new(&graph);
    let mut worst = 0.0_f32;
    for sample in samples {
        executor.run(sample);
        let mut ours = executor.logits().to_vec();
        if graph.softmax {
            let top = ours.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = ours.iter().map(|x| (x - top).exp()).sum();
            ours = ours.iter().map(|x| (x - top).exp() / sum).collect();
        }
        let theirs = reference.run(sample).unwrap();
        assert_eq!(ours.len(), theirs.len());
        let differences = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs());
        worst = differences.fold(worst, f32::max);
    }
    (graph, worst)
}

/// Values in -1..1 that are the same in every run.
fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from(u16::try_from(state >> 16).unwrap()) / 32768.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn committed_networks_equal_tract_on_noise() {
    for (name, len, classes) in MODELS {
        let onnx = fs::read(root().join("models").join(name).with_extension("onnx")).unwrap();
        let samples: Vec<Vec<f32>> = (1..=4).map(|seed| noise(len, seed)).collect();
        let (graph, worst) = compare(&onnx, &samples);
        assert_eq!((graph.input_shape().len(), graph.classes()), (len, classes), "{name}");
        assert_eq!(graph.softmax, name == "kws_dscnn", "{name}");
        assert!(worst < TOLERANCE, "{name}: {worst}");
    }
}

#[test]
fn networks_equal_tract_on_real_samples() {
    let shared = root().join("../shared");
    if !shared.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "the data sets are missing");
        eprintln!("skipped: no data sets beside the repository");
        return;
    }
    for (name, data, scale) in [
        ("lenet_mnist", "mnist", 255.0),
        ("kws_dscnn", "kws", 255.0),
        ("kws_cnn", "kws", 255.0),
        ("resnet_tiny_cifar10", "cifar10", 255.0),
        ("cifar10_s", "cifar10", 255.0),
        ("har_cnn", "har", 1024.0),
    ] {
        let onnx = fs::read(shared.join("models").join(name).with_extension("onnx")).unwrap();
        let samples = samples(&shared.join(format!("data/{data}_test.npz")), scale, 16).unwrap();
        let (_, worst) = compare(&onnx, &samples);
        assert!(worst < TOLERANCE, "{name}: {worst}");
    }
}

/// The first `count` samples of a data set, whose elements are bytes or 16-bit integers.
fn samples(npz: &Path, scale: f32, count: usize) -> Result<Vec<Vec<f32>>, ReadNpzError> {
    let mut file = NpzReader::new(File::open(npz).unwrap())?;
    let bytes: Result<ArrayD<u8>, _> = file.by_name("x");
    let x = match bytes {
        Ok(x) => x.mapv(f32::from),
        Err(_) => file.by_name::<_, ndarray::IxDyn>("x").map(|x: ArrayD<i16>| x.mapv(f32::from))?,
    };
    let all = x.outer_iter().take(count);
    Ok(all.map(|sample| sample.iter().map(|v| v / scale).collect()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Damaged files are refused, or give a network that runs.
    #[test]
    fn damaged_files_do_not_panic(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..40),
        keep in prop_oneof![3 => Just(100), 1 => 0_usize..100],
    ) {
        let mut onnx = fs::read(root().join("models/kws_dscnn.onnx")).unwrap();
        for (at, byte) in damage {
            let at = at.index(onnx.len());
            onnx[at] = byte;
        }
        onnx.truncate(onnx.len() * keep / 100);
        if let Ok(graph) = import(&onnx) {
            let mut executor = Executor::new(&graph);
            executor.run(&vec![0.5; graph.input_shape().len()]);
            prop_assert_eq!(executor.logits().len(), graph.classes());
        }
    }
}
