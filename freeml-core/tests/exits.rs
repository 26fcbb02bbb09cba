//! Early exits across power failures.
#![cfg(feature = "std")]

mod anytime;

use anytime::{Anytime, networks};
use freeml_core::{Answer, EmulatedFram, Engine, Memory, Outlook, RunToEnd, Status};
use proptest::prelude::*;

fn fresh(network: &Anytime) -> EmulatedFram {
    EmulatedFram::new(network.state_bytes(), 0x5A)
}

/// A boot of firmware that brings one inference on `sample` to its end.
fn boot<M: Memory>(network: Anytime, memory: M, sample: &[u8]) -> Engine<Anytime, M> {
    let mut engine = Engine::attach(network, memory);
    if engine.status() == Status::Idle {
        engine.start(sample);
    }
    engine.run(&mut RunToEnd);
    engine
}

/// Number of steps done.
fn done<M: Memory>(network: &Anytime, engine: &Engine<Anytime, M>) -> u16 {
    match engine.status() {
        Status::Idle => 0,
        Status::Running(left) => network.steps() - left,
        Status::Done => network.steps(),
    }
}

/// The engine's exit and answer, which are those of plain code for the steps done.
fn verified<M: Memory>(
    network: &Anytime,
    engine: &Engine<Anytime, M>,
    logits: &[Vec<i32>],
) -> Option<u8> {
    let exit = network.exit(done(network, engine));
    let expected = exit.map(|exit| (exit, logits[usize::from(exit)].clone()));
    let reached = engine.reached().map(|(exit, logits)| (exit, logits.collect()));
    assert_eq!(reached, expected);
    let answer = expected.and_then(|(exit, logits)| Answer::from_logits(logits, exit));
    assert_eq!(engine.best(), answer);
    exit
}

proptest! {
    #[test]
    fn exits_are_reached_in_order(network in networks(), seed: u32) {
        let sample = network.sample(seed);
        let expected = network.expected(&sample);
        let mut engine = Engine::attach(network.clone(), fresh(&network));
        prop_assert_eq!(engine.best(), None);
        engine.start(&sample);
        let mut seen = Vec::new();
        while engine.status() != Status::Done {
            seen.extend(verified(&network, &engine, &expected));
            engine.step();
        }
        seen.extend(verified(&network, &engine, &expected));
        seen.dedup();
        prop_assert!(seen.iter().copied().map(usize::from).eq(0..=network.exits.len()));
        engine.start(&sample);
        prop_assert_eq!(engine.best(), None);
    }

    /// Whatever store the power fails before, the answer is the one that was there before the step
    /// under way, bit for bit, and only another exit's once that step is committed.
    #[test]
    fn no_failure_tears_an_answer(network in networks(), seed: u32) {
        let sample = network.sample(seed);
        let expected = network.expected(&sample);
        let whole = boot(network.clone(), fresh(&network), &sample);
        let mut last = None;
        for stores in 0..whole.memory().stores() {
            let mut memory = fresh(&network);
            let outcome = memory.until_failure(stores, |memory| {
                boot(network.clone(), memory, &sample);
            });
            prop_assert!(outcome.is_err());

            let engine = Engine::attach(network.clone(), &mut memory);
            let exit = verified(&network, &engine, &expected);
            prop_assert!(exit >= last, "store {stores} takes back an exit");
            prop_assert!(exit <= last.map_or(Some(0), |last| Some(last + 1)));
            last = exit;

            boot(network.clone(), &mut memory, &sample);
            prop_assert_eq!(memory.contents(), whole.memory().contents(), "store {}", stores);
        }
    }

    /// Power failures at any stores, and policies that stop where they like.
    #[test]
    fn policies_and_failures_leave_logits_alone(
        network in networks(),
        seed: u32,
        boots in proptest::collection::vec((0u64..60, any::<u64>()), 0..20),
    ) {
        let sample = network.sample(seed);
        let expected = network.expected(&sample);
        let mut memory = fresh(&network);
        let mut last = None;
        for (stores, mut whims) in boots {
            let outcome = memory.until_failure(stores, |memory| {
                let mut engine = Engine::attach(network.clone(), memory);
                if engine.status() == Status::Idle {
                    engine.start(&sample);
                }
                let answer = engine.run(&mut |_: &Outlook<'_>| {
                    whims = whims.rotate_right(1);
                    whims % 8 != 0
                });
                assert_eq!(answer, engine.best());
            });
            let engine = Engine::attach(network.clone(), &mut memory);
            let exit = verified(&network, &engine, &expected);
            prop_assert!(exit >= last, "{outcome:?} takes back an exit");
            last = exit;
        }
        let engine = boot(network.clone(), &mut memory, &sample);
        prop_assert_eq!(verified(&network, &engine, &expected), network.exit(network.steps()));
    }

    #[test]
    fn sums_beyond_the_memory_are_no_answer(network in networks(), at in 60_000u16..) {
        let mut network = network;
        for exit in &mut network.exits {
            exit.at = at;
        }
        let mut engine = Engine::attach(network.clone(), fresh(&network));
        engine.start(&network.sample(0));
        while engine.step() != Status::Done {
            prop_assert_eq!(engine.best(), None);
        }
        prop_assert!(engine.best().is_some());
    }
}

#[cfg(feature = "heapless")]
proptest! {
    #[test]
    fn top_is_the_head_of_a_sort(network in networks(), seed: u32, steps in 0u16..50) {
        let sample = network.sample(seed);
        let mut engine = Engine::attach(network, fresh(&Anytime::new([5; 4], 0)));
        engine.start(&sample);
        for _ in 0..steps {
            engine.step();
        }
        let logits: Vec<i32> = engine.reached().into_iter().flat_map(|(_, logits)| logits).collect();
        let mut sorted: Vec<(u16, i32)> = (0..).zip(logits).collect();
        sorted.sort_by_key(|&(_, logit)| std::cmp::Reverse(logit));
        prop_assert_eq!(&engine.top::<8>()[..], &sorted[..]);
        prop_assert_eq!(&engine.top::<2>()[..], &sorted[..sorted.len().min(2)]);
        prop_assert!(engine.top::<0>().is_empty());
    }
}
