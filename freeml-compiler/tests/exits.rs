//! Early exits on a small network.

use std::path::Path;

use freeml_compiler::data::{Dataset, synthetic};
use freeml_compiler::exits::{self, Plan, Taps};
use freeml_compiler::program::Program;
use freeml_compiler::quantise::Quantised;
use freeml_compiler::{Device, Kind, Options, evaluate, plan, whole_network};
use freeml_core::{EmulatedFram, Engine, Status};

fn options() -> Options {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut options = Options::new(root, "tests/models/tiny.onnx");
    options.device = Device::Host;
    options.compress = None;
    options
}

/// The network, its program, and samples that it answers differently.
fn tiny() -> (Quantised, Program, Dataset) {
    let network = whole_network(&options()).expect("a committed network");
    let program = plan::plan(&network).expect("a small network");
    let samples = synthetic(300, program.input_shape(), Kind::U8, 3);
    (network, program, Dataset { kind: Kind::U8, samples, labels: None })
}

/// An exit behind the convolution.
fn behind(layer: &str, bytes: Option<u32>) -> Plan {
    Plan { taps: Taps::Named(vec![layer.into()]), bytes }
}

fn add(network: &Quantised, data: &Dataset, plan: &Plan) -> Quantised {
    exits::add(network, plan, data, 1, 2).expect("the samples suffice")
}

/// The answers of all exits for `sample`.
fn answers(program: &Program, sample: &[i16]) -> Vec<(u8, u16)> {
    let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
    let mut engine = Engine::attach(program, &mut fram);
    engine.start(sample);
    let mut answers: Vec<(u8, u16)> = Vec::new();
    while let Status::Running(_) = engine.status() {
        engine.step();
        if let Some(best) = engine.best()
            && answers.last().is_none_or(|last| last.0 != best.exit)
        {
            answers.push((best.exit, best.class));
        }
    }
    answers
}

#[test]
fn exits_leave_the_network_as_it_is() {
    let (network, program, data) = tiny();
    let with_exits = plan::plan(&add(&network, &data, &behind("conv", Some(300)))).expect("a plan");
    assert_eq!(with_exits.exits.len(), 1);
    let mut agreeing = 0;
    for sample in &data.samples {
        let logits = evaluate::logits(&program, sample);
        assert_eq!(evaluate::logits(&with_exits, sample), logits);
        let answers = answers(&with_exits, sample);
        let [(0, early), (1, head)] = answers[..] else { panic!("{answers:?}") };
        agreeing += usize::from(early == head);
    }
    assert!(agreeing * 10 > data.samples.len() * 9, "{agreeing} of 300 agree");
}

#[test]
fn exits_do_not_depend_on_threads() {
    let (network, _, data) = tiny();
    let add = |seed, threads| exits::add(&network, &behind("conv", None), &data, seed, threads);
    let one = add(5, 1).expect("exits");
    assert_eq!(add(5, 3).expect("exits"), one);
    assert_ne!(add(6, 1).expect("exits"), one);
}

#[test]
fn bytes_are_a_limit() {
    let (network, program, data) = tiny();
    for bytes in [150, 180, 220] {
        let with_exits = add(&network, &data, &behind("conv", Some(bytes)));
        let grown = plan::plan(&with_exits).expect("a plan").constant_bytes();
        let grown = grown - program.constant_bytes();
        assert!(grown <= bytes as usize && grown * 10 > bytes as usize * 8, "{grown} of {bytes}");
    }
}

#[test]
fn layers_are_named() {
    let (network, _, data) = tiny();
    let named = |name: &str| exits::add(&network, &behind(name, None), &data, 1, 2);
    assert_eq!(exits::facts(&named("conv").expect("a layer"))[0].layer, "conv");
    let error = named("dense").expect_err("no such layer").message;
    assert_eq!(error, "`dense` is no layer after which an exit can be: use conv");
}

#[test]
fn exits_that_save_nothing_are_not_chosen() {
    let (network, _, data) = tiny();
    assert_eq!(add(&network, &data, &Plan::default()), network);
}

#[test]
fn few_samples_are_refused() {
    let (network, _, mut data) = tiny();
    data.samples.truncate(10);
    let error = exits::add(&network, &Plan::default(), &data, 1, 2).expect_err("too few");
    assert!(error.message.contains("10 samples"), "{}", error.message);
}
