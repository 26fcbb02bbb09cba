//! Ten thousand power failures before random stores, for each encoding and each kernel.

use std::collections::BTreeMap;

use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::Memory;
use crate::engine::DECODED;

/// Failures of each kernel with each encoding.
const FAILURES: u64 = 10_000;

/// Failures in a row of one step at most.
const IN_A_ROW: u64 = 8;

/// Computes all steps of a layer, failing before random stores of them. The number of failures.
fn run(
    memory: &mut EmulatedFram,
    steps: u16,
    noise: &mut Noise,
    compute: &dyn Fn(&mut EmulatedFram, u16),
) -> u64 {
    let mut failures = 0;
    for step in 0..steps {
        let mut whole = memory.clone();
        compute(&mut whole, step);
        // A reset forgets programs, and a step after one stores more.
        let stores = 2 * (whole.stores() - memory.stores()) + 1;
        for _ in 0..noise.bits() % IN_A_ROW {
            let before = noise.bits() % stores;
            let failed = memory.until_failure(before, |memory| compute(memory, step)).is_err();
            failures += u64::from(failed);
            memory.store_word(DECODED, 0);
        }
        compute(memory, step);
    }
    failures
}

/// Runs layers of `cases` until each of `encodings` has failed often enough.
fn survives<S: Strategy<Value = Case>>(
    cases: S,
    encodings: &[&'static str],
    run_all: impl Fn(&Layer, &mut Noise) -> Vec<(&'static str, u64, EmulatedFram)>,
) {
    let mut runner = TestRunner::deterministic();
    let mut noise = Noise(1);
    let mut failures: BTreeMap<_, u64> = encodings.iter().map(|&name| (name, 0)).collect();
    while failures.values().any(|&count| count < FAILURES) {
        let case = cases.new_tree(&mut runner).unwrap().current();
        let layer = case.layer();
        let expected = layer.expected();
        for (name, count, after) in run_all(&layer, &mut noise) {
            layer.is_right(&after, &expected).unwrap();
            *failures.get_mut(name).unwrap() += count;
        }
    }
}

const ENCODINGS: [&str; 5] = ["bytes", "packed", "Rice", "uniform Rice", "shift-add"];

/// Names of the encodings of a case, in the order of `encodings`.
fn names(case: &Case) -> &'static [&'static str] {
    if case.coding.uniform {
        &["bytes", "packed", "uniform Rice"]
    } else {
        &["bytes", "packed", "Rice", "shift-add"]
    }
}

#[test]
fn convolutions_survive_random_failures() {
    survives(cases(3), &ENCODINGS, |layer, noise| {
        let encodings = encodings(&layer.case).into_iter().zip(names(&layer.case));
        let all = encodings.map(|((encoder, kernel, _), &name)| {
            let table = layer.table(encoder);
            let descriptor = layer.descriptor(&table);
            let mut memory = layer.memory.clone();
            let count = run(&mut memory, descriptor.steps(), noise, &|memory, step| {
                kernel(&descriptor, memory, step);
            });
            (name, count, memory)
        });
        all.collect()
    });
}

#[test]
fn connected_layers_survive_random_failures() {
    let vectors = (1..=60u16, kinds(), cases(1), 1..=20u16, any::<u16>());
    let cases = vectors.prop_map(|(channels, kind, case, outputs, part)| {
        let mut case = Case {
            input: vector(channels, kind),
            window: Window::POINT,
            pool: PoolWindow::POINT,
            groups: 1,
            residual: None,
            part_channels: 1 + part % outputs,
            ..case
        };
        case.output.tensor.channels = outputs;
        case.output.per_step = outputs;
        case
    });
    survives(cases, &ENCODINGS, |layer, noise| {
        let encodings = encodings(&layer.case).into_iter().zip(names(&layer.case));
        let all = encodings.map(|((encoder, _, kernel), &name)| {
            let table = layer.table(encoder);
            let descriptor = Sparse { windows: None, ..layer.descriptor(&table) };
            let mut memory = layer.memory.clone();
            let count = run(&mut memory, descriptor.steps(), noise, &|memory, step| {
                kernel(&descriptor, memory, step);
            });
            (name, count, memory)
        });
        all.collect()
    });
}

#[test]
fn quads_survive_random_failures() {
    survives(quads::cases(), &ENCODINGS, |layer, noise| {
        let encodings = quads::encodings(&layer.case).into_iter();
        let names = names(&layer.case);
        let all = encodings.zip(names).map(|((encoder, kernel), &name)| {
            let table = layer.rows(encoder);
            let block = u16::try_from(noise.bits() % 8).unwrap();
            let descriptor = layer.quads(&table, block);
            let prepared = descriptor.prepared();
            let mut memory = layer.memory.clone();
            let count = run(&mut memory, descriptor.steps(), noise, &|memory, step| {
                kernel(&prepared, memory, step);
            });
            (name, count, memory)
        });
        all.collect()
    });
}
