//! When the power fails.

use freeml_harvest::random::SplitMix64;
use freeml_harvest::{BrownOut, Device, Supply};
use thiserror::Error;

/// The cycles at which the power fails, counted from the first power-on.
///
/// A failure takes effect before the first instruction that starts at or after its cycle, so every
/// boundary between two instructions can be hit.
#[derive(Clone, Debug)]
pub struct PowerSchedule {
    source: Source,
    due: Option<u64>,
}

#[derive(Clone, Debug)]
enum Source {
    Listed(std::vec::IntoIter<u64>),
    Random { random: SplitMix64, mean: u64, left: u64 },
    Harvested { supply: Box<Supply>, device: Device, on: Start },
}

/// When a harvesting device was switched on.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    seconds: f64,
    cycle: u64,
}

/// Harvested power does not suffice to turn the device on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the trace never charges the capacitor to its turn-on voltage: give more power, or less leakage"
)]
pub struct NeverOn;

/// Seconds for which a device is watched that might not lose its power again.
const LONG: f64 = 1e4;

impl PowerSchedule {
    /// Power without failures.
    pub fn none() -> Self {
        Self::at(Vec::new())
    }

    /// Failures at the listed cycles, in any order.
    pub fn at(mut cycles: Vec<u64>) -> Self {
        cycles.sort_unstable();
        let mut cycles = cycles.into_iter();
        let due = cycles.next();
        Self { source: Source::Listed(cycles), due }
    }

    /// `count` failures whose on-times are drawn from an exponential distribution.
    ///
    /// `mean` is the mean number of cycles between a start and the next failure. The draws are
    /// those of [`SplitMix64::exponential`] on a generator of the given seed: integer arithmetic,
    /// hence the same failures on every machine.
    pub fn random(seed: u64, mean: u64, count: u64) -> Self {
        let source = Source::Random { random: SplitMix64::new(seed), mean, left: count };
        let mut schedule = Self { source, due: None };
        schedule.advance(0);
        schedule
    }

    /// Failures where a capacitor is empty that `supply` charges.
    ///
    /// The running processor draws the same power in all cycles, [`Device::active`]. Between a
    /// failure and the next start the capacitor is charged to its turn-on voltage, which takes no
    /// cycles; [`seconds`](Self::seconds) counts it.
    pub fn harvested(supply: Supply, device: Device) -> Result<Self, NeverOn> {
        if !supply.turns_on() {
            return Err(NeverOn);
        }
        let supply = Box::new(supply);
        let source = Source::Harvested { supply, device, on: Start::default() };
        let mut schedule = Self { source, due: None };
        schedule.advance(0);
        Ok(schedule)
    }

    /// Seconds since the beginning of the trace at cycle `now`, those without power included;
    /// `None` for other schedules.
    pub fn seconds(&self, now: u64) -> Option<f64> {
        match &self.source {
            Source::Harvested { device, on, .. } => {
                Some(on.seconds + seconds(now.saturating_sub(on.cycle), device))
            }
            Source::Listed(_) | Source::Random { .. } => None,
        }
    }

    /// The cycle of the next failure, or `None` if there is none left.
    pub const fn due(&self) -> Option<u64> {
        self.due
    }

    /// Takes the next failure off the schedule; `now` is the cycle at which the power came back.
    pub fn advance(&mut self, now: u64) {
        self.due = match &mut self.source {
            Source::Listed(cycles) => cycles.next(),
            Source::Random { left: 0, .. } => None,
            Source::Random { random, mean, left } => {
                *left -= 1;
                Some(now.saturating_add(random.exponential(*mean)))
            }
            Source::Harvested { supply, device, on } => {
                supply.charge(f64::INFINITY);
                *on = Start { seconds: supply.time(), cycle: now };
                let failure = supply.draw(device.active(), LONG).err();
                failure.map(|BrownOut { after }| now.saturating_add(whole(after * device.hertz)))
            }
        };
    }
}

/// Seconds of `cycles`.
#[expect(clippy::cast_precision_loss, reason = "for reports")]
fn seconds(cycles: u64, device: &Device) -> f64 {
    cycles as f64 / device.hertz
}

/// A number of cycles without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(cycles: f64) -> u64 {
    cycles as u64
}

#[cfg(test)]
mod tests {
    use freeml_harvest::{Capacitor, Trace};

    use super::*;

    fn drain(mut schedule: PowerSchedule) -> Vec<u64> {
        let mut cycles = Vec::new();
        while let Some(due) = schedule.due() {
            cycles.push(due);
            schedule.advance(due);
        }
        cycles
    }

    #[test]
    fn none_never_fails() {
        assert_eq!(drain(PowerSchedule::none()), []);
    }

    #[test]
    fn listed_cycles_come_in_order() {
        assert_eq!(drain(PowerSchedule::at(vec![9, 0, 4])), [0, 4, 9]);
    }

    #[test]
    fn random_is_counted_and_repeatable() {
        let first = drain(PowerSchedule::random(1, 500, 40));
        assert_eq!(first.len(), 40);
        assert!(first.is_sorted());
        assert_eq!(first, drain(PowerSchedule::random(1, 500, 40)));
        assert_ne!(first, drain(PowerSchedule::random(2, 500, 40)));
    }

    #[test]
    fn random_sequence_is_pinned() {
        // A change here changes every recorded experiment.
        assert_eq!(drain(PowerSchedule::random(1, 1000, 4)), PINNED);
    }

    #[test]
    fn harvested_charges_end_where_their_energy_does() {
        let capacitor = Capacitor { leak: f64::INFINITY, ..Capacitor::default() };
        let device = Device::default();
        let supply = |watts| Supply::new(capacitor, Trace::constant(watts));
        let mut schedule = PowerSchedule::harvested(supply(1e-3), device).unwrap();
        // 0.288 mJ, of which the processor takes 1.832 mW more than comes in.
        let cycles = whole(0.288e-3 / 1.832e-3 * 8e6);
        let first = schedule.due().unwrap();
        assert!(first.abs_diff(cycles) <= 1, "{first} {cycles}");
        assert!((schedule.seconds(0).unwrap() - 0.288).abs() < 1e-9);
        schedule.advance(first + 3);
        assert!(schedule.due().unwrap().abs_diff(first + 3 + cycles) <= 1);
        let second = 2.0 * 0.288 + 0.288 / 1.832;
        assert!((schedule.seconds(first + 3).unwrap() - second).abs() < 1e-6);
        assert_eq!(PowerSchedule::harvested(supply(3e-3), device).unwrap().due(), None);
        assert_eq!(PowerSchedule::harvested(supply(0.0), device).unwrap_err(), NeverOn);
    }

    const PINNED: [u64; 4] = [567, 1539, 2417, 2822];
}
