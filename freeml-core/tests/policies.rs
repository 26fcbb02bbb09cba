//! What policies decide.
#![cfg(feature = "std")]

mod anytime;

use std::cell::Cell;

use anytime::{Anytime, networks};
use freeml_core::{
    Answer, Budget, Comparator, Confidence, Deadline, EmulatedFram, Energy, Engine, Outlook,
    Policy, RunToEnd,
};
use proptest::prelude::*;

/// An inference of `sample` from its start, ended by `policy`: the number of steps done and the
/// answer.
fn run(network: &Anytime, sample: &[u8], policy: &mut impl Policy) -> (u16, Option<Answer>) {
    let memory = EmulatedFram::new(network.state_bytes(), 0);
    let mut engine = Engine::attach(network.clone(), memory);
    engine.start(sample);
    let mut asked = 0;
    let answer = engine.run(&mut |outlook: &Outlook<'_>| {
        assert_eq!(outlook.steps_left(), network.steps() - asked, "asked before every step");
        let proceed = policy.proceed(outlook);
        asked += u16::from(proceed);
        proceed
    });
    (asked, answer)
}

/// What plain code knows of an inference after `done` steps.
struct Model<'a> {
    network: &'a Anytime,
    logits: Vec<Vec<i32>>,
}

impl Model<'_> {
    fn new<'a>(network: &'a Anytime, sample: &[u8]) -> Model<'a> {
        Model { network, logits: network.expected(sample) }
    }

    fn answer(&self, done: u16) -> Option<Answer> {
        let exit = self.network.exit(done)?;
        Answer::from_logits(self.logits[usize::from(exit)].iter().copied(), exit)
    }

    /// CPU cycles of the steps `from .. to`.
    fn cycles(&self, from: u16, to: u16) -> u32 {
        let layer = |step| self.network.costs.iter().rev().find(|cost| cost.first_step <= step);
        let cycles = |step| layer(step).expect("step 0 belongs to a layer").cycles;
        (from..to).map(|step| u32::from(cycles(step))).sum()
    }

    fn cycles_to_exit(&self, done: u16) -> u32 {
        let exits = self.network.exits.iter().map(|exit| exit.steps);
        let next = exits.chain([self.network.steps()]).find(|&steps| steps > done);
        self.cycles(done, next.expect("the end comes"))
    }

    /// How many steps are done under a policy that goes on where `proceed` says.
    fn steps(&self, mut proceed: impl FnMut(u16) -> bool) -> u16 {
        (0..self.network.steps()).find(|&done| !proceed(done)).unwrap_or(self.network.steps())
    }
}

proptest! {
    #[test]
    fn the_outlook_is_what_plain_code_sees(network in networks(), seed: u32) {
        let sample = network.sample(seed);
        let model = Model::new(&network, &sample);
        let mut done = 0;
        let (steps, answer) = run(&network, &sample, &mut |outlook: &Outlook<'_>| {
            // Twice, as answers are kept.
            for _ in 0..2 {
                assert_eq!(outlook.answer(), model.answer(done));
            }
            assert_eq!(outlook.exit(), network.exit(done));
            assert_eq!(outlook.next_exit(), network.exit(done).map_or(0, |exit| exit + 1));
            assert_eq!(outlook.at_exit(), network.exits.iter().any(|exit| exit.steps == done));
            assert_eq!(outlook.cycles_to_exit(), model.cycles_to_exit(done));
            assert_eq!(outlook.cycles_to_end(), model.cycles(done, network.steps()));
            done += 1;
            true
        });
        prop_assert_eq!(steps, network.steps());
        prop_assert_eq!(answer, model.answer(steps));
    }

    #[test]
    fn confidence_stops_at_the_first_exit_that_is_sure(
        network in networks(),
        seed: u32,
        bits in proptest::collection::vec(0u32..33, 0..6),
    ) {
        let margins: Vec<u32> = bits.iter().map(|&bits| 1u32.checked_shl(bits).unwrap_or(u32::MAX)).collect();
        let sample = network.sample(seed);
        let model = Model::new(&network, &sample);
        let outcome = run(&network, &sample, &mut Confidence { margins: &margins });
        let steps = model.steps(|done| {
            let Some(answer) = model.answer(done) else { return true };
            margins.get(usize::from(answer.exit)).is_none_or(|&margin| answer.margin < margin)
        });
        prop_assert_eq!(outcome, (steps, model.answer(steps)));
        prop_assert!(steps == network.steps() || network.exits.iter().any(|e| e.steps == steps));
    }

    #[test]
    fn budgets_are_kept_once_there_is_an_answer(
        network in networks(),
        seed: u32,
        charge in 0u32..2_000_000,
        percent in 50u32..200,
    ) {
        let sample = network.sample(seed);
        let model = Model::new(&network, &sample);
        // A device that draws `percent` of what the cost table says.
        let left = |done| charge.saturating_sub(model.cycles(0, done) / 100 * percent);
        let (done, measured) = (Cell::new(0), Cell::new(0));
        let budget = Budget(|| {
            measured.set(measured.get() + 1);
            left(done.get() - 1)
        });
        let count = |_: &Outlook<'_>| {
            done.set(done.get() + 1);
            true
        };
        let outcome = run(&network, &sample, &mut count.and(budget));
        let steps = model.steps(|done| {
            model.answer(done).is_none() || model.cycles_to_exit(done) <= left(done)
        });
        prop_assert_eq!(outcome, (steps, model.answer(steps)));
        let first = network.exits.first().map_or(network.steps(), |exit| exit.steps);
        let asked = done.get();
        prop_assert_eq!(measured.get(), asked.saturating_sub(first), "nothing measured before");
    }

    #[test]
    fn deadlines_are_met(
        network in networks(),
        seed: u32,
        ticks in 0u32..3_000,
        cycles_per_tick in 1u16..2_000,
        speed in 1u32..2_000,
    ) {
        let sample = network.sample(seed);
        let model = Model::new(&network, &sample);
        let now = |done| model.cycles(0, done) / speed;
        let done = Cell::new(0);
        let clock = || {
            done.set(done.get() + 1);
            now(done.get() - 1)
        };
        let outcome = run(&network, &sample, &mut Deadline { clock, ticks, cycles_per_tick });
        let steps = model.steps(|done| {
            let left = u64::from(ticks.saturating_sub(now(done))) * u64::from(cycles_per_tick);
            let in_time = u64::from(model.cycles_to_exit(done)) <= left;
            now(done) < ticks && (model.answer(done).is_none() || in_time)
        });
        prop_assert_eq!(outcome, (steps, model.answer(steps)));
    }

    #[test]
    fn compositions_obey_their_laws(network in networks(), a: [bool; 64], b: [bool; 64]) {
        let sample = network.sample(1);
        let model = Model::new(&network, &sample);
        let says = |table: [bool; 64]| {
            move |outlook: &Outlook<'_>| table[usize::from(outlook.steps_left())]
        };
        let at = |table: [bool; 64], done| table[usize::from(network.steps() - done)];
        let steps = |policy: &mut dyn FnMut(u16) -> bool| model.steps(policy);
        let of = |mut policy| run(&network, &sample, &mut policy).0;
        prop_assert_eq!(of(says(a)), steps(&mut |done| at(a, done)));

        let both = steps(&mut |done| at(a, done) && at(b, done));
        prop_assert_eq!(run(&network, &sample, &mut says(a).and(says(b))).0, both);
        prop_assert_eq!(run(&network, &sample, &mut says(b).and(says(a))).0, both);
        prop_assert_eq!(both, of(says(a)).min(of(says(b))));

        let either = steps(&mut |done| at(a, done) || at(b, done));
        prop_assert_eq!(run(&network, &sample, &mut says(a).or(says(b))).0, either);
        prop_assert_eq!(run(&network, &sample, &mut says(b).or(says(a))).0, either);

        let exits: Vec<u16> = network.exits.iter().map(|exit| exit.steps).collect();
        let there = steps(&mut |done| !exits.contains(&done) || at(a, done));
        prop_assert_eq!(run(&network, &sample, &mut says(a).at_exits()).0, there);

        prop_assert_eq!(run(&network, &sample, &mut RunToEnd.and(says(a))).0, of(says(a)));
        prop_assert_eq!(run(&network, &sample, &mut RunToEnd.or(says(a))).0, network.steps());
    }
}

#[test]
fn a_run_ended_by_a_budget_goes_on_with_enough() {
    let network = Anytime::new([4, 3, 3, 2], 7);
    let sample = network.sample(3);
    let model = Model::new(&network, &sample);
    let mut engine = Engine::attach(network.clone(), EmulatedFram::new(network.state_bytes(), 0));
    engine.start(&sample);
    let mut exit_with = |charge| engine.run(&mut Budget(|| charge)).map(|answer| answer.exit);
    let next = model.cycles_to_exit(network.exits[0].steps);
    assert_eq!([0, 0, next - 1].map(&mut exit_with), [Some(0); 3]);
    assert!(exit_with(next) > Some(0));
    assert_eq!([u32::MAX, 0].map(exit_with), [Some(3); 2]);
}

#[test]
fn a_comparator_is_all_or_nothing() {
    let mut above = true;
    let mut comparator = Comparator {
        above: || {
            above = !above;
            above
        },
        cycles: 5_000,
    };
    assert_eq!([comparator.left(), comparator.left()], [0, 5_000]);
}
