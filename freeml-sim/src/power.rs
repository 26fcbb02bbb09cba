//! When the power fails.

use freeml_harvest::random::SplitMix64;

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
}

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
        };
    }
}

#[cfg(test)]
mod tests {
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

    const PINNED: [u64; 4] = [567, 1539, 2417, 2822];
}
