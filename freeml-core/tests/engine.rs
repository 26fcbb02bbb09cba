//! Inferences of a small network, across power failures.
#![cfg(feature = "std")]

mod tiny;

use freeml_core::{
    Answer, EmulatedFram, Engine, Fram, Frame, HEADER_BYTES, Kind, Memory, Outlook, RunToEnd,
    Status, Tensor, take_state,
};
use tiny::{
    ATTACH_STORES, CLEAN_STORES, FEATURE_STEPS, HEAD_STEPS, INPUT_BYTES, OTHER_SAMPLE, POOL_STEPS,
    SAMPLE, START_STORES, STATE_BYTES, STEP_STORES, STEPS, TINY, Tiny, table,
};

const HEADER: usize = HEADER_BYTES as usize;

fn fresh() -> EmulatedFram {
    EmulatedFram::new(STATE_BYTES, 0xA5)
}

/// A boot of firmware that brings one inference on `sample` to its end.
fn boot(memory: impl Memory, sample: &[u8]) -> Option<[i16; 4]> {
    let mut engine = Engine::attach(TINY, memory);
    if engine.status() == Status::Idle {
        engine.start(sample);
    }
    engine.run(&mut RunToEnd)?;
    engine.logits()
}

fn logits(sample: &[u8]) -> Option<[i16; 4]> {
    let logits = boot(&mut fresh(), sample);
    assert!(logits.is_some());
    logits
}

fn status(memory: &mut EmulatedFram) -> Status {
    Engine::attach(TINY, memory).status()
}

#[test]
fn layers_take_the_steps_of_the_network() {
    assert_eq!(TINY.features().output.steps(), FEATURE_STEPS);
    assert_eq!(TINY.pool().output.steps(), POOL_STEPS);
    assert_eq!(TINY.head().output.steps(), HEAD_STEPS);
    assert_ne!(logits(&SAMPLE), logits(&OTHER_SAMPLE));
}

#[test]
fn first_boot_starts_clean() {
    let noise = table::<STATE_BYTES>(5);
    let mut random = fresh();
    for (at, byte) in noise.into_iter().enumerate() {
        random.corrupt(at, byte);
    }
    for mut memory in
        [EmulatedFram::new(STATE_BYTES, 0xFF), EmulatedFram::new(STATE_BYTES, 0), random]
    {
        let engine = Engine::attach(TINY, &mut memory);
        assert_eq!(engine.status(), Status::Idle);
        assert_eq!(engine.best(), None);
        assert_eq!(engine.logits::<4>(), None);
        let stores = memory.stores();
        assert_eq!(status(&mut memory), Status::Idle);
        assert_eq!(memory.stores(), stores, "the second boot changes nothing");
    }
}

#[test]
fn foreign_state_starts_clean() {
    for identity in [TINY.identity ^ 1, TINY.identity ^ (1 << 16), 0, u32::MAX] {
        let foreign = Tiny { identity, ..TINY };
        let mut before = fresh();
        let mut engine = Engine::attach(foreign, &mut before);
        engine.start(&SAMPLE);
        engine.step();
        assert_eq!(status(&mut before.clone()), Status::Idle);
        for stores in 0..CLEAN_STORES {
            let mut memory = before.clone();
            assert!(memory.until_failure(stores, status).is_err());
            assert_eq!(status(&mut memory), Status::Idle, "store {stores}");
        }
    }
}

#[test]
fn progress_beyond_the_end_starts_clean() {
    let mut done = fresh();
    boot(&mut done, &SAMPLE);
    assert_eq!(done.word(0), STEPS + 1);
    assert_eq!(status(&mut done), Status::Done);
    for progress in [STEPS + 2, u16::MAX] {
        let mut memory = done.clone();
        memory.store_word(0, progress);
        assert_eq!(status(&mut memory), Status::Idle);
        assert_eq!(boot(&mut memory, &OTHER_SAMPLE), logits(&OTHER_SAMPLE));
    }
}

#[test]
fn sample_is_stored_channels_last() {
    let mut memory = fresh();
    Engine::attach(TINY, &mut memory).start(&SAMPLE);
    for channel in 0..2 {
        for pixel in 0..16 {
            let (row, col) = (pixel / 4 + 1, pixel % 4 + 1);
            let stored = memory.contents()[HEADER + 2 * (5 * row + col) + channel];
            assert_eq!(stored, SAMPLE[16 * channel + pixel]);
        }
    }
}

#[test]
fn the_frame_of_a_sample_is_zero() {
    let mut memory = fresh();
    Engine::attach(TINY, &mut memory).start(&[0xFFu8; 32]);
    let input = &memory.contents()[HEADER..][..usize::from(INPUT_BYTES)];
    for (at, &byte) in input.iter().enumerate() {
        let (row, col) = (at / 10, at % 10 / 2);
        let inside = (1..5).contains(&row) && (1..5).contains(&col);
        assert_eq!(byte, if inside { 0xFF } else { 0 }, "byte {at}");
    }
}

#[test]
fn any_failure_costs_at_most_one_step() {
    let mut whole = fresh();
    let expected = boot(&mut whole, &SAMPLE);
    let started = ATTACH_STORES + START_STORES;
    for stores in 0..whole.stores() {
        let mut memory = fresh();
        let outcome = memory.until_failure(stores, |memory| boot(memory, &SAMPLE));
        assert!(outcome.is_err());
        let after = status(&mut memory);
        assert_eq!(after == Status::Idle, stores < started, "store {stores}");
        assert_eq!(boot(&mut memory, &SAMPLE), expected, "store {stores}");
        assert_eq!(memory.contents(), whole.contents());
        if stores >= started {
            assert!(memory.stores() <= whole.stores() + STEP_STORES);
        }
    }
}

#[test]
fn failures_that_return_only_delay() {
    let expected = logits(&SAMPLE);
    for stores in START_STORES + ATTACH_STORES..90 {
        let mut memory = fresh();
        let mut boots = 0;
        let outcome = loop {
            boots += 1;
            assert!(boots < 10, "no end after {boots} boots of {stores} stores");
            if let Ok(logits) = memory.until_failure(stores, |memory| boot(memory, &SAMPLE)) {
                break logits;
            }
        };
        assert!(boots > 1);
        assert_eq!(outcome, expected);
    }
}

#[test]
fn start_cut_short_leaves_no_sample() {
    let mut done = fresh();
    boot(&mut done, &OTHER_SAMPLE);
    let mut running = fresh();
    let mut engine = Engine::attach(TINY, &mut running);
    engine.start(&OTHER_SAMPLE);
    engine.step();
    for before in [done, running] {
        for stores in 0..START_STORES {
            let mut memory = before.clone();
            let outcome = memory.until_failure(stores, |memory| {
                Engine::attach(TINY, memory).start(&SAMPLE);
            });
            assert!(outcome.is_err());
            if stores == 0 {
                assert_eq!(memory, before);
            } else {
                assert_eq!(status(&mut memory), Status::Idle);
                assert_eq!(boot(&mut memory, &SAMPLE), logits(&SAMPLE));
            }
        }
    }
}

#[test]
fn start_drops_the_inference_under_way() {
    for steps in 0..=STEPS {
        let mut memory = fresh();
        let mut engine = Engine::attach(TINY, &mut memory);
        engine.start(&OTHER_SAMPLE);
        for _ in 0..steps {
            engine.step();
        }
        engine.start(&SAMPLE);
        assert_eq!(engine.status(), Status::Running(STEPS));
        assert!(engine.run(&mut RunToEnd).is_some());
        assert_eq!(engine.logits(), logits(&SAMPLE));
    }
}

#[test]
fn policy_ends_a_run_that_goes_on_later() {
    let mut memory = fresh();
    let mut engine = Engine::attach(TINY, &mut memory);
    engine.start(&SAMPLE);
    let mut asked = Vec::new();
    let answer = engine.run(&mut |outlook: &Outlook<'_>| {
        asked.push(outlook.steps_left());
        asked.len() <= 4
    });
    assert_eq!(answer, None);
    assert_eq!(
        asked,
        [STEPS, STEPS - 1, STEPS - 2, STEPS - 3, STEPS - 4],
        "asked before every step"
    );
    assert_eq!(engine.status(), Status::Running(STEPS - 4));

    let mut engine = Engine::attach(TINY, &mut memory);
    assert_eq!(engine.status(), Status::Running(STEPS - 4));
    assert!(engine.run(&mut RunToEnd).is_some());
    assert_eq!(engine.logits(), logits(&SAMPLE));
    let unasked =
        engine.run(&mut |_: &Outlook<'_>| -> bool { unreachable!("there is no step left") });
    assert!(unasked.is_some());
}

#[test]
fn answers_when_the_last_step_is_done() {
    let mut memory = fresh();
    let mut engine = Engine::attach(TINY, &mut memory);
    assert_eq!(engine.step(), Status::Idle, "nothing to compute");
    engine.start(&SAMPLE);
    for left in (1..STEPS).rev() {
        assert_eq!(engine.step(), Status::Running(left));
        assert_eq!(engine.best(), None);
        assert_eq!(engine.logits::<4>(), None);
    }
    assert_eq!(engine.step(), Status::Done);

    let logits: [i16; 4] = engine.logits().expect("done");
    let at = TINY.logits.at;
    for (class, logit) in (0..).zip(logits) {
        assert_eq!(engine.memory().word(at + 2 * class), logit.cast_unsigned());
    }
    let answer = engine.best();
    assert_eq!(answer, Answer::from_logits(logits, 0));
    assert_eq!(engine.run(&mut RunToEnd), answer);
    let stores = engine.memory().stores();
    assert_eq!(engine.step(), Status::Done, "nothing to compute");
    assert_eq!(engine.memory().stores(), stores);
}

#[test]
fn logits_fit_the_array_that_is_asked_for() {
    let mut memory = fresh();
    let [a, b, c, d] = boot(&mut memory, &SAMPLE).expect("done");
    let engine = Engine::attach(TINY, &mut memory);
    assert_eq!(engine.logits(), Some([a, b]));
    assert_eq!(engine.logits(), Some([a, b, c, d, 0, 0]));
}

#[test]
fn samples_of_any_length_stay_in_the_input() {
    let whole = [&SAMPLE[..], &OTHER_SAMPLE[..]].concat();
    for len in 0..=whole.len() {
        let mut memory = fresh();
        Engine::attach(TINY, &mut memory).start(&whole[..len]);
        assert_eq!(status(&mut memory), Status::Running(STEPS));
        let stored = memory.stores() - ATTACH_STORES - 2;
        assert_eq!(usize::try_from(stored), Ok(30 + len.min(32)), "zeros around {len} values");
        assert!(memory.contents()[HEADER + usize::from(INPUT_BYTES)..].iter().all(|&b| b == 0xA5));
    }
}

#[test]
fn tensors_beyond_the_memory_leave_it_alone() {
    let beyond = |tensor: Tensor| Tensor { at: 60_000, ..tensor };
    let network = Tiny {
        input: beyond(TINY.input),
        features: beyond(TINY.features),
        pooled: beyond(TINY.pooled),
        logits: beyond(TINY.logits),
        ..TINY
    };
    let mut memory = fresh();
    let mut engine = Engine::attach(network, &mut memory);
    engine.start(&SAMPLE);
    engine.run(&mut RunToEnd);
    assert_eq!(engine.logits(), Some([0; 4]));
    let tensors = &memory.contents()[HEADER_BYTES.into()..];
    assert!(tensors.iter().all(|&byte| byte == 0xA5));
}

#[test]
fn boundless_descriptors_do_not_panic() {
    let boundless = Tensor {
        at: u16::MAX,
        height: u16::MAX,
        width: u16::MAX,
        channels: u16::MAX,
        frame: Frame { top: u8::MAX, bottom: u8::MAX, side: 0 },
        kind: Kind::I16,
    };
    let network = Tiny { input: boundless, logits: boundless, ..TINY };
    let mut memory = fresh();
    boot(&mut memory, &SAMPLE);
    let mut engine = Engine::attach(network, &mut memory);
    assert_eq!(engine.best(), None, "the memory has no such logits");
    engine.start(&SAMPLE);
    assert_eq!(engine.status(), Status::Running(STEPS));
}

#[test]
fn memory_too_small_for_the_header_stays_idle() {
    for len in 0..2 {
        let mut memory = EmulatedFram::new(len, 0xFF);
        assert_eq!(boot(&mut memory, &SAMPLE), None);
    }
}

#[test]
fn state_is_handed_out_once() {
    fn take() -> Option<Fram> {
        take_state!(STATE_BYTES / 2)
    }
    let mut state = take().expect("the first time");
    assert!(take().is_none());
    assert_eq!(boot(&mut state, &SAMPLE), logits(&SAMPLE));
    let engine = Engine::attach(TINY, &mut state);
    assert_eq!(engine.status(), Status::Done);
    assert_eq!(engine.logits(), logits(&SAMPLE));
}
