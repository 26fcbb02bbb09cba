//! The policies of the core on harvested energy.

#[path = "../../freeml-core/tests/anytime/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod anytime;

use anytime::{Anytime, networks};
use freeml_core::{Answer, Budget, Confidence, Cost, Deadline, Outlook, Policy, RunToEnd};
use freeml_harvest::{Capacitor, Device, Meter, Outcome, Sampling, Setup, Trace, Workload};
use proptest::prelude::*;

/// A network whose steps all cost this much.
fn priced(mut network: Anytime, cycles: u16) -> Anytime {
    network.costs = vec![Cost { first_step: 0, cycles }];
    network
}

fn samples(network: &Anytime) -> Vec<Vec<i16>> {
    let sample = |seed| network.sample(seed).into_iter().map(i16::from).collect();
    (0..10).map(sample).collect()
}

fn setup(trace: Trace, farads: f64) -> Setup {
    Setup {
        device: Device { answer: 100, ..Device::default() },
        capacitor: Capacitor { farads, ..Capacitor::default() },
        trace,
        sampling: Sampling::Always,
        seconds: 20.0,
        record: 0.0,
    }
}

fn simulate<P: Policy>(
    setup: &Setup,
    network: &Anytime,
    policy: impl FnMut(&Meter) -> P,
) -> Outcome {
    let samples = samples(network);
    let state_bytes = network.state_bytes();
    let workload = Workload { network, state_bytes, samples: &samples, labels: None };
    setup.simulate(&workload, policy)
}

/// Four early exits, 7 steps apart and 9 for the head: 37 in all, of 16,000 cycles.
fn five_exits() -> Anytime {
    priced(Anytime::new([5, 5, 4, 2], 7), 16_000)
}

#[test]
fn a_budget_answers_more_often_from_earlier_exits() {
    // A charge is 58 uJ, ten steps of 5.7 uJ: no inference, but the way from exit to exit.
    let setup = setup(Trace::constant(0.5e-3), 20e-6);
    let network = five_exits();
    let whole = simulate(&setup, &network, |_| RunToEnd);
    let budget = simulate(&setup, &network, |meter| Budget(meter.clone()));
    assert!(budget.answers.len() > whole.answers.len() * 3 / 2, "{:?}", budget.exits());
    assert_eq!(whole.exits(), [0, 0, 0, 0, whole.answers.len()]);
    assert!(budget.answers.iter().any(|answer| answer.exit < 4), "{:?}", budget.exits());
    assert!(whole.failures > 0 && budget.failures > 0);
}

#[test]
fn a_margin_that_all_exits_have_ends_at_the_first() {
    let outcome = simulate(&setup(Trace::constant(1e-3), 20e-6), &five_exits(), |_| Confidence {
        margins: &[0],
    });
    assert!(!outcome.answers.is_empty() && outcome.dropped == 0);
    assert_eq!(outcome.exits(), [outcome.answers.len()]);
}

#[test]
fn a_deadline_counts_the_time_without_power() {
    let setup = setup(Trace::constant(0.5e-3), 20e-6);
    let deadline = |meter: &Meter| {
        let clock = meter.clone();
        let cycles_per_tick = 8_000;
        Deadline { clock: move || clock.milliseconds(), ticks: 400, cycles_per_tick }
    };
    let (network, step) = (five_exits(), 2e-3);
    let whole = simulate(&setup, &network, |_| RunToEnd);
    let outcome = simulate(&setup, &network, deadline);
    let latency = outcome.latency().unwrap();
    assert!(latency.mean < whole.latency().unwrap().mean);
    // The last step may find the capacitor empty, and the answer comes behind it.
    let recharge = setup.capacitor.usable() / 0.5e-3;
    assert!(latency.p95 < 0.4 + recharge + 2.0 * step, "{latency:?}");
}

#[test]
fn samples_that_a_policy_ends_without_an_answer_are_dropped() {
    let outcome = simulate(&setup(Trace::constant(1e-3), 20e-6), &five_exits(), |_| {
        |outlook: &Outlook<'_>| outlook.steps_left() > 35
    });
    assert!(outcome.answers.is_empty() && outcome.dropped > 100);
    // Only their first two steps are done.
    assert!(outcome.steps.abs_diff(2 * outcome.dropped) <= 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_answer_is_that_of_its_exit_whatever_the_power_does(
        network in networks(),
        farads in 3e-6..50e-6,
        gap in 0.05..0.5,
        seed: u64,
        margin: u32,
        parts in any::<[bool; 2]>(),
    ) {
        let network = priced(network, 9_000);
        let setup = setup(Trace::bursts(5e-3, gap, 0.1, seed), farads);
        let margins = [margin; 4];
        let outcome = simulate(&setup, &network, |meter| {
            let mut budget = Budget(meter.clone());
            let mut confidence = Confidence { margins: &margins };
            move |outlook: &Outlook<'_>| {
                (!parts[0] || budget.proceed(outlook))
                    && (!parts[1] || confidence.proceed(outlook))
            }
        });
        prop_assert!(outcome.answers.len() > 1 && outcome.dropped == 0);
        let expected: Vec<Vec<Vec<i32>>> =
            (0..10).map(|seed| network.expected(&network.sample(seed))).collect();
        for answered in &outcome.answers {
            let logits = &expected[answered.sample][usize::from(answered.exit)];
            let answer = Answer::from_logits(logits.iter().copied(), answered.exit).unwrap();
            prop_assert_eq!((answered.class, answered.margin), (answer.class, answer.margin));
        }
    }
}
