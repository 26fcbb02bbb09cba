//! A capacitor that is charged by a trace and discharged by a load, in time.

use crate::capacitor::Capacitor;
use crate::flow::Flow;
use crate::timeline::Recorder;
use crate::trace::{Cursor, Trace};

/// Where energy came from and went, in joules.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ledger {
    /// In the capacitor at the beginning.
    pub initial: f64,
    /// From the harvester.
    pub harvested: f64,
    /// To the load.
    pub used: f64,
    /// Through the leakage resistance.
    pub leaked: f64,
    /// Harvested while the capacitor was full, and lost.
    pub overflow: f64,
    /// In the capacitor at the end.
    pub stored: f64,
}

/// The voltage fell to that of the brown-out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrownOut {
    /// Seconds since the load was switched on.
    pub after: f64,
}

/// A capacitor in time.
#[derive(Debug, Clone)]
pub struct Supply {
    capacitor: Capacitor,
    cursor: Cursor,
    ledger: Ledger,
    time: f64,
    pub(crate) recorder: Option<Recorder>,
}

/// Energy at which the time of a load ends early.
#[derive(Debug, Clone, Copy)]
enum Limit {
    Falls(f64),
    Rises(f64),
}

impl Supply {
    /// A capacitor at the voltage of the brown-out, at the beginning of `trace`.
    pub fn new(capacitor: Capacitor, trace: Trace) -> Self {
        let energy = capacitor.energy(capacitor.brown_out);
        let ledger = Ledger { initial: energy, stored: energy, ..Ledger::default() };
        Supply { capacitor, cursor: Cursor::new(trace), ledger, time: 0.0, recorder: None }
    }

    /// The capacitor.
    pub fn capacitor(&self) -> &Capacitor {
        &self.capacitor
    }

    /// Seconds since the beginning.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Watts that are harvested at this moment.
    pub fn watts(&self) -> f64 {
        self.cursor.watts()
    }

    /// Volts of the capacitor.
    pub fn volts(&self) -> f64 {
        self.capacitor.volts(self.ledger.stored)
    }

    /// Joules down to the brown-out, at least 0.
    pub fn usable(&self) -> f64 {
        (self.ledger.stored - self.capacitor.energy(self.capacitor.brown_out)).max(0.0)
    }

    /// Where energy came from and went so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Draws `watts` for `seconds`, or until the power fails.
    pub fn draw(&mut self, watts: f64, seconds: f64) -> Result<(), BrownOut> {
        let before = self.time;
        let brown_out = self.capacitor.energy(self.capacitor.brown_out);
        if self.pass(watts, seconds, Limit::Falls(brown_out)) {
            return Err(BrownOut { after: self.time - before });
        }
        Ok(())
    }

    /// Charges until the device turns on, or for `seconds`; whether it turns on.
    pub fn charge(&mut self, seconds: f64) -> bool {
        let turn_on = self.capacitor.energy(self.capacitor.turn_on);
        self.pass(0.0, seconds, Limit::Rises(turn_on))
    }

    /// Whether the trace charges the capacitor to the turn-on at all, from any moment on.
    pub fn turns_on(&self) -> bool {
        let mut supply = Supply::new(self.capacitor, self.cursor.trace().clone());
        // Nothing is less, so wherever the trace is, the voltage is at least this one's.
        supply.ledger.stored = 0.0;
        let period = supply.cursor.trace().seconds();
        loop {
            let before = supply.ledger.stored;
            if supply.charge(period) {
                return true;
            }
            // The same trace from a voltage that is no higher leads no further.
            if supply.ledger.stored <= before * (1.0 + 1e-9) {
                return false;
            }
        }
    }

    /// Lets time pass under a load of `watts`; whether the limit was reached before `seconds`.
    fn pass(&mut self, watts: f64, seconds: f64, limit: Limit) -> bool {
        let full = self.capacitor.energy(self.capacitor.max);
        let mut left = seconds;
        while left > 0.0 {
            let energy = self.ledger.stored;
            let flow = self.flow(watts);
            let mut time = left.min(self.cursor.left());
            if energy >= full && flow.rate(full) >= 0.0 {
                self.stay_full(watts, time);
                left -= time;
                continue;
            }
            let reached = match limit {
                Limit::Falls(target) if energy >= target && flow.rate(energy) < 0.0 => Some(target),
                Limit::Rises(target) if energy >= target => return true,
                Limit::Rises(target) => Some(target),
                Limit::Falls(_) => None,
            };
            let reached = reached.and_then(|target| Some((flow.time_to(energy, target)?, target)));
            if let Some((sooner, target)) = reached.filter(|(sooner, _)| *sooner <= time) {
                self.flow_for(flow, watts, sooner, target);
                return true;
            }
            let mut after = flow.after(energy, time);
            let filled = flow.time_to(energy, full).filter(|_| energy < full);
            if let Some(sooner) = filled.filter(|sooner| *sooner <= time) {
                (time, after) = (sooner, full);
            }
            self.flow_for(flow, watts, time, after);
            left -= time;
        }
        false
    }

    fn flow(&self, watts: f64) -> Flow {
        Flow { net: self.cursor.watts() - watts, tau: self.capacitor.time_constant() }
    }

    /// Lets `time` pass, in which the energy becomes `after`.
    fn flow_for(&mut self, flow: Flow, watts: f64, time: f64, after: f64) {
        let energy = self.ledger.stored;
        let (now, capacitor) = (self.time, self.capacitor);
        let volts = |at: f64| capacitor.volts(flow.after(energy, at - now).max(0.0));
        if let Some(recorder) = &mut self.recorder {
            recorder.pass(now + time, self.cursor.watts(), volts);
        }
        self.ledger.leaked += flow.leaked(energy, time);
        self.ledger.stored = after.max(0.0);
        self.account(watts, time);
    }

    /// Lets `time` pass while the capacitor is full.
    fn stay_full(&mut self, watts: f64, time: f64) {
        let flow = self.flow(watts);
        let full = self.ledger.stored;
        let volts = self.capacitor.volts(full);
        if let Some(recorder) = &mut self.recorder {
            recorder.pass(self.time + time, self.cursor.watts(), |_| volts);
        }
        self.ledger.leaked += full / flow.tau * time;
        self.ledger.overflow += flow.rate(full) * time;
        self.account(watts, time);
    }

    fn account(&mut self, watts: f64, time: f64) {
        self.ledger.harvested += self.cursor.watts() * time;
        self.ledger.used += watts * time;
        self.time += time;
        self.cursor.pass(time);
    }
}

impl Ledger {
    /// Joules that came from nowhere: 0 but for rounding.
    pub fn error(&self) -> f64 {
        self.used + self.leaked + self.overflow + self.stored - self.initial - self.harvested
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "results of exact arithmetic")]
mod tests {
    use super::*;
    use crate::trace::Segment;

    const CAPACITOR: Capacitor =
        Capacitor { farads: 1e-3, turn_on: 3.0, brown_out: 2.0, max: 4.0, leak: f64::INFINITY };

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-12 + 1e-9 * expected.abs(), "{value}, {expected}");
    }

    #[test]
    fn charge_and_discharge_take_the_time_of_their_energy() {
        let mut supply = Supply::new(CAPACITOR, Trace::constant(1e-3));
        // Half a millifarad times 9 - 4 square volts at a milliwatt.
        assert!(supply.charge(100.0));
        close(supply.time(), 2.5);
        close(supply.volts(), 3.0);
        // Three milliwatts out, one in.
        let BrownOut { after } = supply.draw(3e-3, 100.0).unwrap_err();
        close(after, 1.25);
        close(supply.volts(), 2.0);
        assert_eq!(supply.usable(), 0.0);
        close(supply.ledger().error(), 0.0);
    }

    #[test]
    fn a_full_capacitor_overflows() {
        let mut supply = Supply::new(CAPACITOR, Trace::constant(1e-3));
        // It is full after 6 s.
        assert_eq!(supply.draw(0.0, 10.0), Ok(()));
        close(supply.volts(), 4.0);
        close(supply.ledger().overflow, 4e-3);
        close(supply.ledger().error(), 0.0);
    }

    #[test]
    fn leakage_follows_the_resistance() {
        let leaking = Capacitor { leak: 2e3, ..CAPACITOR };
        // τ is one second, the final energy 5 mJ: more than turn-on needs, less than is full.
        let mut supply = Supply::new(leaking, Trace::constant(5e-3));
        assert!(supply.charge(100.0));
        close(supply.time(), (3e-3f64 / 0.5e-3).ln());
        close(supply.ledger().error(), 0.0);
        let weak = Supply::new(leaking, Trace::constant(4e-3));
        assert!(!weak.turns_on() && supply.turns_on());
    }

    #[test]
    fn gaps_in_the_trace_are_bridged() {
        let mut supply = Supply::new(CAPACITOR, Trace::square(2e-3, 2.0, 0.5));
        assert!(supply.charge(100.0));
        // 2.5 mJ are one second and a quarter of the power.
        close(supply.time(), 2.25);
        let BrownOut { after } = supply.draw(2e-3, 100.0).unwrap_err();
        // It holds its energy until the power ends, then loses 2.5 mJ.
        close(after, 0.75 + 1.0 + 1.0 + 0.25);
        close(supply.ledger().error(), 0.0);
    }

    #[test]
    fn no_trace_without_power_turns_on() {
        assert!(!Supply::new(CAPACITOR, Trace::constant(0.0)).turns_on());
        let segments =
            vec![Segment { seconds: 1.0, watts: 0.0 }, Segment { seconds: 1e-3, watts: 1e-3 }];
        assert!(Supply::new(CAPACITOR, Trace::new(segments).unwrap()).turns_on());
    }
}
