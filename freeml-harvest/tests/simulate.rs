//! Whole simulations of a small network.
#![allow(clippy::float_cmp, reason = "results of equal arithmetic")]

#[path = "../../freeml-core/tests/tiny/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod tiny;

use freeml_core::{Answer, Cost, EmulatedFram, Engine, Exit, Memory, Network, RunToEnd, Signature};
use freeml_harvest::{Capacitor, Device, Event, Outcome, Sampling, Setup, Trace, Workload};
use proptest::prelude::*;
use tiny::{STATE_BYTES, STEPS, TINY, table};

/// The network with steps that cost something.
#[derive(Debug)]
struct Priced;

const STEP_CYCLES: u16 = 16_000;

impl Network for Priced {
    fn signature(&self) -> Signature {
        TINY.signature()
    }

    fn exits(&self) -> &[Exit] {
        &[]
    }

    fn costs(&self) -> &[Cost] {
        &[Cost { first_step: 0, cycles: STEP_CYCLES }]
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        TINY.compute(memory, step);
    }
}

fn samples() -> Vec<Vec<i16>> {
    (0..20).map(|seed| table::<32>(seed).map(i16::from).to_vec()).collect()
}

/// The answer to `sample` without power failures.
fn answer(sample: &[i16]) -> Answer {
    let mut engine = Engine::attach(TINY, EmulatedFram::new(STATE_BYTES, 0));
    engine.start(sample);
    engine.run(&mut RunToEnd).unwrap()
}

/// An inference takes 255,000 cycles: 90 uJ, of which a charge of 10 uF gives 29.
fn setup(trace: Trace) -> Setup {
    Setup {
        device: Device::default(),
        capacitor: Capacitor { farads: 10e-6, ..Capacitor::default() },
        trace,
        sampling: Sampling::Always,
        seconds: 120.0,
        record: 0.0,
    }
}

/// Simulates with the classes without power failures as labels.
fn simulate(setup: &Setup) -> Outcome {
    let samples = samples();
    let labels: Vec<u16> = samples.iter().map(|sample| answer(sample).class).collect();
    let workload = Workload {
        network: &Priced,
        state_bytes: STATE_BYTES,
        samples: &samples,
        labels: Some(&labels),
    };
    setup.simulate(&workload, |_| RunToEnd)
}

#[test]
fn answers_through_power_failures_are_those_without() {
    let outcome = simulate(&setup(Trace::constant(1e-3)));
    assert!(outcome.failures > 100 && outcome.interrupted > 50, "{outcome:?}");
    assert!(outcome.answers.len() > 100);
    assert_eq!(outcome.accuracy(), Some(1.0));
    let samples = samples();
    for answered in &outcome.answers {
        let expected = answer(&samples[answered.sample]);
        assert_eq!((answered.class, answered.margin), (expected.class, expected.margin));
    }
    let classes: std::collections::BTreeSet<u16> =
        outcome.answers.iter().map(|answer| answer.class).collect();
    assert!(classes.len() > 1, "all answers are alike: {classes:?}");
}

#[test]
fn with_enough_power_nothing_fails_and_time_is_that_of_the_cycles() {
    let outcome = simulate(&setup(Trace::constant(5e-3)));
    assert_eq!((outcome.failures, outcome.interrupted, outcome.boots), (0, 0, 1));
    assert_eq!(outcome.uses.lost, 0.0);
    let device = Device::default();
    let cycles = u32::from(STEPS) * u32::from(STEP_CYCLES) + 32 * device.sample + device.answer;
    for answer in &outcome.answers {
        assert!((answer.latency - device.seconds(cycles)).abs() < 1e-9);
    }
    let first = outcome.answers[0];
    // Charged from 1.8 to 3 V at 5 mW, nearly without leakage, and booted.
    let charge = Capacitor { farads: 10e-6, ..Capacitor::default() }.usable() / 5e-3;
    assert!((first.time - first.latency - charge - device.seconds(device.boot)).abs() < 1e-5);
}

#[test]
fn equal_setups_have_equal_outcomes() {
    let setup = Setup { record: 10.0, ..setup(Trace::bursts(10e-3, 1.0, 0.1, 3)) };
    let (first, second) = (simulate(&setup), simulate(&setup));
    assert_eq!(first, second);
    assert!(!first.answers.is_empty() && first.failures > 0);
    let timeline = first.timeline.unwrap();
    assert!(timeline.points.iter().is_sorted_by_key(|point| point.time));
    assert!(timeline.points.iter().all(|point| (0.0..=3.6 + 1e-9).contains(&point.volts)));
    let count = |event: Event| timeline.events.iter().filter(|(_, other)| *other == event).count();
    assert!(count(Event::On) > 0 && count(Event::On) - count(Event::Off) <= 1);
}

#[test]
fn samples_at_a_period_are_taken_at_its_multiples() {
    let setup = Setup { sampling: Sampling::Every(0.25), ..setup(Trace::constant(1e-3)) };
    let outcome = simulate(&setup);
    assert!(outcome.uses.sleep > 0.0);
    assert!(outcome.answers.len() > 20);
    for answer in &outcome.answers {
        let multiples = (answer.time - answer.latency) / 0.25;
        assert!((multiples - multiples.round()).abs() < 1e-6, "{multiples}");
    }
}

#[test]
fn a_charge_that_no_step_fits_in_gives_no_answer() {
    let mut setup = setup(Trace::constant(1e-3));
    // It has 2.9 uJ, of which the boot takes 2.8 less what comes in, and a step twice as much.
    setup.capacitor.farads = 1e-6;
    let outcome = simulate(&setup);
    assert!(outcome.answers.is_empty() && outcome.failures > 1_000);
    assert!(outcome.uses.lost > 0.0);
}

fn traces() -> impl Strategy<Value = Trace> {
    prop_oneof![
        (1e-4..5e-3).prop_map(Trace::constant),
        (1e-3..1e-2, 0.01..5.0, 0.05..1.0)
            .prop_map(|(watts, period, duty)| Trace::square(watts, period, duty)),
        (1e-3..1e-2, 20.0..100.0, any::<u64>())
            .prop_map(|(watts, day, seed)| Trace::solar(watts, day, seed)),
        (1e-3..2e-2, 0.1..2.0, 0.05..1.0, any::<u64>())
            .prop_map(|(watts, gap, burst, seed)| Trace::bursts(watts, gap, burst, seed)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn energy_is_conserved_and_answers_are_right(
        trace in traces(),
        farads in 3e-6..1e-3,
        turn_on in 2.0..3.5,
        leak in prop_oneof![Just(f64::INFINITY), 1e3..1e7],
        period in prop_oneof![Just(None), (0.05..2.0).prop_map(Some)],
    ) {
        let capacitor = Capacitor { farads, turn_on, leak, ..Capacitor::default() };
        let sampling = period.map_or(Sampling::Always, Sampling::Every);
        let setup = Setup { capacitor, sampling, seconds: 30.0, ..setup(trace) };
        let outcome = simulate(&setup);
        let ledger = &outcome.ledger;
        let scale = ledger.harvested + ledger.initial;
        prop_assert!(ledger.error().abs() < 1e-9 * scale, "{ledger:?}");
        prop_assert!((outcome.uses.sum() - ledger.used).abs() < 1e-9 * scale);
        prop_assert!(outcome.on <= outcome.seconds && outcome.seconds < 31.0);
        prop_assert!(outcome.boots - outcome.failures <= 1);
        prop_assert!(outcome.accuracy().is_none_or(|accuracy| accuracy == 1.0));
    }
}
