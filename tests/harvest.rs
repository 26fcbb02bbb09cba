//! On harvested energy, too, answers are those of uninterrupted inferences.

mod common;

use common::Network;
use freeml::{Answer, RunToEnd};
use freeml_compiler::evaluate;
use freeml_harvest::{Capacitor, Device, Sampling, Setup, Trace, Workload};

/// Answers of each network that are compared, at least.
const ANSWERS: usize = 8;

/// Simulates a committed network on charges of a small part of an inference.
fn answers_are_those_without_failures(file: &str, trace: Trace) {
    let network = Network::of(file);
    let compiled = network.compile();
    let (program, test) = (&compiled.program, network.test_set(&compiled));
    let workload = Workload {
        network: program,
        state_bytes: program.state_bytes,
        samples: &test.samples,
        labels: test.labels.as_deref(),
    };
    let setup = Setup {
        device: Device::default(),
        capacitor: Capacitor { farads: 30e-6, ..Capacitor::default() },
        trace,
        sampling: Sampling::Always,
        seconds: 200.0,
        record: 0.0,
    };
    let outcome = setup.simulate(&workload, |_| RunToEnd);
    assert!(outcome.answers.len() >= ANSWERS, "{file}: {} answers", outcome.answers.len());
    assert!(outcome.interrupted > 100, "{file}: {}", outcome.interrupted);
    for answered in &outcome.answers {
        let logits = evaluate::logits(program, &test.samples[answered.sample]);
        let expected = Answer::from_logits(logits, answered.exit).expect("classes");
        assert_eq!((answered.class, answered.margin), (expected.class, expected.margin), "{file}");
    }
}

#[test]
fn committed_networks_answer_on_harvested_energy() {
    let bursts = Trace::bursts(3e-3, 0.5, 0.2, 1);
    answers_are_those_without_failures("models/kws_dscnn.onnx", bursts.clone());
    answers_are_those_without_failures("models/har_cnn.onnx", Trace::square(3e-3, 1.0, 0.3));
    answers_are_those_without_failures("models/lenet_mnist.onnx", bursts);
}
