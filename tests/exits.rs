//! A network with early exits: `examples/firmware/adaptive`, from its committed artefact.

mod common;

use std::path::Path;

use common::{adaptive, root};
use freeml::{Answer, Confidence, EmulatedFram, Status};
use freeml_compiler::data::Dataset;
use freeml_compiler::program::Program;
use freeml_compiler::{Compiled, compile};
use freeml_core::{Engine, Memory, Network};

fn compiled() -> Compiled {
    compile(&adaptive()).expect("the artefact is committed")
}

fn test_set(program: &Program) -> Dataset {
    let path = root().join("examples/data/kws_test.npz");
    let path: &Path = path.as_ref();
    Dataset::read(&adaptive(), path, program.input_shape(), program.classes().into())
        .expect("committed samples fit")
}

/// The last exit reached and its logits.
fn reached(program: &Program, memory: impl Memory) -> Option<(u8, Vec<i32>)> {
    let engine = Engine::attach(program, memory);
    engine.reached().map(|(exit, logits)| (exit, logits.collect()))
}

#[test]
fn every_store_leaves_an_answer_whole() {
    let Compiled { program, .. } = compiled();
    let sample = &test_set(&program).samples[0];
    let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
    Engine::attach(&program, &mut fram).start(sample);
    let mut stores = 0;
    for _ in 0..program.signature().steps {
        let before = fram.clone();
        let answer = reached(&program, &mut before.clone());
        Engine::attach(&program, &mut fram).step();
        let in_step = fram.stores() - before.stores();
        for store in 0..in_step {
            let mut memory = before.clone();
            let step = |memory: &mut EmulatedFram| Engine::attach(&program, memory).step();
            assert!(memory.until_failure(store, step).is_err());
            assert_eq!(reached(&program, &mut memory), answer, "store {store}");
            Engine::attach(&program, &mut memory).step();
            assert_eq!(memory.contents(), fram.contents(), "store {store}");
        }
        stores += in_step;
    }
    assert_eq!(Engine::attach(&program, &mut fram).status(), Status::Done);
    assert!(stores > 20_000, "only {stores} stores");
}

/// The answer of each exit for `sample`.
fn answers(program: &Program, sample: &[i16]) -> Vec<Answer> {
    let mut fram = EmulatedFram::new(program.state_bytes, 0);
    let mut engine = Engine::attach(program, &mut fram);
    engine.start(sample);
    let mut answers: Vec<Answer> = Vec::new();
    while let Status::Running(_) = engine.status() {
        engine.step();
        let best = engine.best();
        answers.extend(best.filter(|best| best.exit as usize == answers.len()));
    }
    answers
}

#[test]
fn accuracy_rises_from_exit_to_exit() {
    let Compiled { program, exits, .. } = compiled();
    let test = test_set(&program);
    let labels = test.labels.as_ref().expect("labels");
    let margins: Vec<u32> = exits.iter().map(|exit| exit.margins[0]).collect();
    let mut correct = vec![0; exits.len() + 1];
    let (mut agreeing, mut early) = (0, 0);
    for (sample, &label) in test.samples.iter().zip(labels) {
        let answers = answers(&program, sample);
        assert_eq!(answers.len(), correct.len());
        for (correct, answer) in correct.iter_mut().zip(&answers) {
            *correct += usize::from(answer.class == label);
        }
        let mut fram = EmulatedFram::new(program.state_bytes, 0);
        let mut engine = Engine::attach(&program, &mut fram);
        engine.start(sample);
        let answer = engine.run(&mut Confidence { margins: &margins }).expect("an answer");
        assert_eq!(answer, answers[usize::from(answer.exit)], "a policy changes no answer");
        early += usize::from(usize::from(answer.exit) < exits.len());
        agreeing += usize::from(Some(answer.class) == answers.last().map(|head| head.class));
    }
    let found = (test.samples.len(), correct, agreeing, early);
    // Right answers of each exit and of the head; answers under the policy that are those of the head, and
    // those of early exits.
    assert_eq!(found, (100, vec![94, 95, 97, 100], 99, 84));
}
