//! What the simulated firmware does from a turn-on to the power failure.

use freeml_core::{
    Answer, Cost, EmulatedFram, Engine, Exit, Memory, Network, Outlook, Policy, PowerFailure,
    Signature, Status,
};

use super::spending::{Purpose, Spending};
use super::{Sampling, Workload};
use crate::outcome::Answered;

/// What the firmware itself keeps in FRAM.
#[derive(Debug, Clone, Copy, Default)]
pub struct Persistent {
    /// Number of the sample in hand.
    sample: usize,
    /// Whether nothing is left to do with it.
    done: bool,
}

/// A boot of the firmware.
pub struct Firmware<'f, N, F> {
    pub workload: &'f Workload<'f, N>,
    pub sampling: Sampling,
    pub spending: &'f mut Spending,
    pub persistent: &'f mut Persistent,
    pub policy: F,
}

type Running<'n, 'm, N> = Engine<Shared<'n, N>, &'m mut EmulatedFram>;

impl<N: Network, P: Policy, F: FnMut() -> P> Firmware<'_, N, F> {
    /// Runs until the simulated time is over, or fails with the power: out of a store, or where
    /// nothing is stored.
    pub fn boot(mut self, fram: &mut EmulatedFram) -> Result<(), PowerFailure> {
        let boot = self.spending.device().boot;
        self.spending.run(boot, Purpose::Boot).map_err(|_| PowerFailure)?;
        let mut engine = Engine::attach(Shared(self.workload.network), fram);
        let mut policy = (self.policy)();
        while !self.spending.over() {
            match (engine.status(), engine.best()) {
                (Status::Idle, _) => self.start(&mut engine)?,
                _ if self.persistent.done => self.start(&mut engine)?,
                (Status::Running(left), _) if asks(&mut engine, &mut policy) => {
                    self.step(&mut engine, left);
                }
                (_, Some(answer)) => self.answer(answer)?,
                (_, None) => {
                    self.spending.dropped();
                    self.finish();
                }
            }
        }
        Ok(())
    }

    /// Waits for the next sample and takes it.
    fn start(&mut self, engine: &mut Running<N>) -> Result<(), PowerFailure> {
        if let Sampling::Every(period) = self.sampling {
            self.spending.sleep((self.spending.time() / period).ceil() * period)?;
            if self.spending.over() {
                return Ok(());
            }
        }
        let sample = &self.workload.samples[self.index()];
        let elements = u32::try_from(sample.len()).unwrap_or(u32::MAX);
        let cycles = self.spending.device().sample.saturating_mul(elements);
        let taken = self.spending.time();
        if let Err(share) = self.spending.run(cycles, Purpose::Sample) {
            let mut copy = EmulatedFram::clone(engine.memory());
            let mut rehearsal = Engine::attach(Shared(self.workload.network), &mut copy);
            let before = rehearsal.memory().stores();
            rehearsal.start(sample);
            fail_in(engine, copy.stores() - before, share);
        }
        engine.start(sample);
        self.persistent.done = false;
        self.spending.sampled(taken);
        Ok(())
    }

    /// Computes the next step, `left` steps before the end.
    fn step(&mut self, engine: &mut Running<N>, left: u16) {
        let steps = self.workload.network.signature().steps;
        let step = steps.saturating_sub(left);
        let cycles = self.workload.cycles(step);
        if let Err(share) = self.spending.run(cycles, Purpose::Step) {
            let mut copy = EmulatedFram::clone(engine.memory());
            let before = copy.stores();
            self.workload.network.compute(&mut copy, step);
            // The progress is stored last.
            fail_in(engine, copy.stores() - before + 1, share);
        }
        engine.step();
    }

    /// Hands on `answer`.
    fn answer(&mut self, answer: Answer) -> Result<(), PowerFailure> {
        let cycles = self.spending.device().answer;
        self.spending.run(cycles, Purpose::Answer).map_err(|_| PowerFailure)?;
        let sample = self.index();
        let label = self.workload.labels.and_then(|labels| labels.get(sample));
        self.spending.answered(Answered {
            time: self.spending.time(),
            latency: self.spending.latency(),
            sample,
            class: answer.class,
            margin: answer.margin,
            exit: answer.exit,
            correct: label.map(|label| *label == answer.class),
        });
        self.finish();
        Ok(())
    }

    /// Is done with the sample in hand.
    fn finish(&mut self) {
        self.persistent.sample += 1;
        self.persistent.done = true;
    }

    /// Index of the sample in hand.
    fn index(&self) -> usize {
        self.persistent.sample % self.workload.samples.len()
    }
}

/// Whether `policy` asks for the next step.
fn asks<N: Network>(engine: &mut Running<N>, policy: &mut impl Policy) -> bool {
    let mut proceed = false;
    engine.run(&mut |outlook: &Outlook<'_>| {
        proceed = policy.proceed(outlook);
        false
    });
    proceed
}

/// Lets the power fail after a `share` below 1 of the next `stores`, so that at least the last one
/// is missing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to `stores`")]
#[expect(clippy::cast_precision_loss, reason = "stores are few")]
fn fail_in<N: Network>(engine: &Running<N>, stores: u64, share: f64) {
    let before = (stores as f64 * share) as u64;
    engine.memory().fail_after(before.min(stores.saturating_sub(1)));
}

/// A network that the engine borrows.
#[derive(Debug)]
pub struct Shared<'n, N>(&'n N);

impl<N: Network> Network for Shared<'_, N> {
    fn signature(&self) -> Signature {
        self.0.signature()
    }

    fn exits(&self) -> &[Exit] {
        self.0.exits()
    }

    fn costs(&self) -> &[Cost] {
        self.0.costs()
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        self.0.compute(memory, step);
    }
}
