//! Cycles and seconds of a device, paid from its capacitor.

use freeml_core::PowerFailure;

use super::{POINTS, Setup};
use crate::device::Device;
use crate::meter::Meter;
use crate::outcome::{Answered, Outcome, Uses};
use crate::supply::{BrownOut, Supply};
use crate::timeline::{Event, Point, Recorder};

/// What energy is spent for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    Boot,
    Sample,
    Step,
    Answer,
    Sleep,
}

/// The supply of a device, and what it was spent for.
pub struct Spending {
    device: Device,
    supply: Supply,
    meter: Meter,
    outcome: Outcome,
    end: f64,
    on_since: f64,
    /// When the sample in hand was taken.
    taken: f64,
}

impl Spending {
    pub fn new(setup: &Setup) -> Self {
        let mut supply = Supply::new(setup.capacitor, setup.trace.clone());
        if setup.record > 0.0 {
            supply.recorder = Some(Recorder::new(setup.record, POINTS));
        }
        let (device, end) = (setup.device, setup.seconds);
        let (meter, outcome) = (Meter::default(), Outcome::default());
        Spending { device, supply, meter, outcome, end, on_since: 0.0, taken: 0.0 }
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Seconds since the beginning.
    pub fn time(&self) -> f64 {
        self.supply.time()
    }

    /// Whether the simulated time is over.
    pub fn over(&self) -> bool {
        self.time() >= self.end
    }

    /// Waits until the device turns on; whether it does in the simulated time.
    pub fn turn_on(&mut self) -> bool {
        let on = !self.over() && self.supply.charge(self.end - self.time());
        if on {
            self.outcome.boots += 1;
            self.on_since = self.time();
            self.event(Event::On);
            self.show();
        }
        on
    }

    /// Spends `cycles`; if the energy does not suffice, the share of them that was spent.
    pub fn run(&mut self, cycles: u32, purpose: Purpose) -> Result<(), f64> {
        // Nothing takes no time, so that a simulation ends.
        let seconds = self.device.seconds(cycles.max(1));
        self.spend(self.device.active(), seconds, purpose).map_err(|after| after / seconds)
    }

    /// Sleeps until `time`.
    pub fn sleep(&mut self, time: f64) -> Result<(), PowerFailure> {
        let seconds = (time.min(self.end) - self.time()).max(0.0);
        self.spend(self.device.sleep, seconds, Purpose::Sleep).map_err(|_| PowerFailure)
    }

    /// Draws `watts` for `seconds`; if the energy does not suffice, the seconds that it did.
    fn spend(&mut self, watts: f64, seconds: f64, purpose: Purpose) -> Result<(), f64> {
        let drawn = self.supply.draw(watts, seconds);
        self.show();
        let uses = &mut self.outcome.uses;
        match drawn {
            Ok(()) => *slot(uses, purpose) += watts * seconds,
            // Nobody misses the sleep that was interrupted.
            Err(BrownOut { after }) if matches!(purpose, Purpose::Sleep) => {
                uses.sleep += watts * after;
            }
            Err(BrownOut { after }) => uses.lost += watts * after,
        }
        match (purpose, drawn) {
            (Purpose::Step, Ok(())) => self.outcome.steps += 1,
            (Purpose::Step, Err(_)) => self.outcome.interrupted += 1,
            _ => {}
        }
        drawn.map_err(|BrownOut { after }| after)
    }

    /// The power has failed.
    pub fn failed(&mut self) {
        self.outcome.failures += 1;
        self.outcome.on += self.time() - self.on_since;
        self.event(Event::Off);
    }

    /// A sample was taken, which began at `time`.
    pub fn sampled(&mut self, time: f64) {
        self.taken = time;
        self.show();
        self.event(Event::Sample);
    }

    /// Seconds since the sample in hand was taken.
    pub fn latency(&self) -> f64 {
        self.time() - self.taken
    }

    /// The policy has ended without an answer.
    pub fn dropped(&mut self) {
        self.outcome.dropped += 1;
    }

    /// An answer was handed on.
    pub fn answered(&mut self, answer: Answered) {
        self.event(Event::Answer { exit: answer.exit, correct: answer.correct });
        self.outcome.answers.push(answer);
    }

    pub fn finish(mut self) -> Outcome {
        if self.outcome.boots > self.outcome.failures {
            self.outcome.on += self.time() - self.on_since;
        }
        self.outcome.seconds = self.time();
        self.outcome.ledger = *self.supply.ledger();
        self.outcome.timeline = self.supply.recorder.map(Recorder::finish);
        self.outcome
    }

    fn show(&self) {
        let milliseconds = whole(self.latency() * 1e3);
        self.meter.show(self.device.cycles(self.supply.usable()), milliseconds);
    }

    fn event(&mut self, event: Event) {
        let supply = &mut self.supply;
        let now = Point { time: supply.time(), volts: supply.volts(), watts: supply.watts() };
        if let Some(recorder) = &mut supply.recorder {
            recorder.event(now, event);
        }
    }
}

fn slot(uses: &mut Uses, purpose: Purpose) -> &mut f64 {
    match purpose {
        Purpose::Boot => &mut uses.boot,
        Purpose::Sample => &mut uses.sample,
        Purpose::Step => &mut uses.steps,
        Purpose::Answer => &mut uses.answer,
        Purpose::Sleep => &mut uses.sleep,
    }
}

/// A number without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(number: f64) -> u32 {
    number as u32
}
