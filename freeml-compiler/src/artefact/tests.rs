//! Networks come back from their bytes, and no bytes cause a panic.

use std::path::Path;

use freeml_core::Kind;
use proptest::prelude::*;

use super::*;
use crate::graph::Conv;
use crate::inputs::Inputs;
use crate::options::Options;
use crate::quantise::QuantOp;

/// An artefact of `model`, which lies in the repository, with all its weights.
fn artefact(model: &str) -> Artefact {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut options = Options::new(root, model);
    options.scale = Some(255.0);
    let inputs = Inputs::read(&options).unwrap();
    let (network, notes) = crate::uncompressed(&options, &inputs).unwrap();
    let summary = Summary {
        weights: 9,
        kept: 8,
        bytes: 7,
        validation: 6,
        float_correct: 5,
        correct: 4,
        separated: vec!["fc1: 3".into()],
    };
    Artefact { network, summary, notes }
}

fn key() -> Key {
    Key::new(b"model", None, &Options::new("", "net.onnx"))
}

/// `artefact` without the float weights, which are not stored.
fn without_weights(mut artefact: Artefact) -> Artefact {
    for layer in &mut artefact.network.layers {
        if let QuantOp::Conv { conv, .. } | QuantOp::Depthwise { conv, .. } = &mut layer.op {
            let Conv { weight, bias, .. } = conv;
            weight.fill(0.0);
            bias.fill(0.0);
        }
    }
    artefact
}

#[test]
fn networks_come_back() {
    for model in [
        "tests/models/tiny.onnx",
        "models/har_cnn.onnx",
        "models/kws_dscnn.onnx",
        "models/resnet_tiny_cifar10.onnx",
    ] {
        let artefact = artefact(model);
        let bytes = artefact.encode(&key());
        let (found, decoded) = Artefact::decode(&bytes).unwrap();
        assert_eq!(found, key());
        assert_eq!(decoded.encode(&key()), bytes, "{model}");
        let plan = |artefact: &Artefact| crate::plan::plan(&artefact.network).unwrap();
        assert_eq!(plan(&decoded), plan(&artefact), "{model}");
        assert_eq!(decoded, without_weights(artefact), "{model}");
    }
}

/// The committed artefact of the firmware example with early exits.
fn with_exits() -> (Key, Artefact) {
    let directory =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/firmware/adaptive/.freeml");
    let file = std::fs::read_dir(directory).unwrap().next().unwrap().unwrap();
    Artefact::decode(&std::fs::read(file.path()).unwrap()).unwrap()
}

#[test]
fn exits_come_back_and_are_checked() {
    let (key, artefact) = with_exits();
    let damaged = |change: &dyn Fn(usize, &mut Artefact) -> bool| {
        for layer in 0..artefact.network.layers.len() {
            let mut changed = artefact.clone();
            if change(layer, &mut changed) {
                let decoded = Artefact::decode(&changed.encode(&key));
                assert_eq!(decoded.err(), Some(Defect::Damaged), "layer {layer}");
            }
        }
    };
    assert!(Artefact::decode(&artefact.encode(&key)).unwrap() == (key, artefact.clone()));
    let of_exit = |layer: usize, artefact: &Artefact| {
        matches!(artefact.network.layers[layer].op, QuantOp::Exit(_) | QuantOp::Features(_))
    };
    damaged(&|layer, changed| {
        let kind = &mut changed.network.tensors[layer + 1].kind;
        *kind = if *kind == Kind::I8 { Kind::U8 } else { Kind::I8 };
        of_exit(layer, &artefact)
    });
    damaged(&|layer, changed| match &mut changed.network.layers[layer].op {
        QuantOp::Exit(weights) => weights.codes[0].pop().is_some(),
        QuantOp::Features(features) => {
            features.chosen.swap(0, 1);
            true
        }
        _ => false,
    });
    // The sums before an exit are those of another.
    damaged(&|layer, changed| match &mut changed.network.layers[layer].operands[..] {
        [_, before] if of_exit(layer, &artefact) => {
            *before = 1;
            true
        }
        _ => false,
    });
}

#[test]
fn the_form_is_small() {
    let artefact = artefact("models/kws_dscnn.onnx");
    let tables = crate::plan::plan(&artefact.network).unwrap().table_bytes();
    let bytes = artefact.encode(&key()).len();
    assert!(bytes < tables + 1_000, "{bytes} bytes for {tables} of tables");
}

proptest! {
    /// A body with a checksum that matches, but other contents than any network has.
    #[test]
    fn odd_bodies_are_refused_or_planned(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = body::encode(&artefact("tests/models/tiny.onnx"));
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Ok(artefact) = body::decode(&body) {
            let _ = crate::plan::plan(&artefact.network);
        }
    }
}
