//! What a simulation has come to.

use crate::supply::Ledger;
use crate::timeline::Timeline;

/// An answer that was handed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answered {
    /// Seconds since the beginning of the simulation.
    pub time: f64,
    /// Seconds since its sample was taken.
    pub latency: f64,
    /// Index of the sample in the test set.
    pub sample: usize,
    /// The class.
    pub class: u16,
    /// Distance of its logit to the second largest.
    pub margin: u32,
    /// The exit that gave it.
    pub exit: u8,
    /// Whether it is the label's, where there is one.
    pub correct: Option<bool>,
}

/// Joules that the device has used, by what for. What a power failure has interrupted is lost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Uses {
    /// Starting up.
    pub boot: f64,
    /// Taking in samples.
    pub sample: f64,
    /// Steps that were finished.
    pub steps: f64,
    /// Handing on answers.
    pub answer: f64,
    /// Sleeping.
    pub sleep: f64,
    /// Whatever a power failure has interrupted; it is done again.
    pub lost: f64,
}

impl Uses {
    /// All of it.
    pub fn sum(&self) -> f64 {
        self.boot + self.sample + self.steps + self.answer + self.sleep + self.lost
    }
}

/// Seconds from taking samples to answering.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Mean.
    pub mean: f64,
    /// Half of the answers took no longer.
    pub median: f64,
    /// 95 of 100 answers took no longer.
    pub p95: f64,
}

/// What a device has done with the energy of a trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Simulated seconds.
    pub seconds: f64,
    /// Seconds of them in which the device was on.
    pub on: f64,
    /// All answers, in order.
    pub answers: Vec<Answered>,
    /// Samples that the policy has ended before there was an answer.
    pub dropped: u64,
    /// Times the device has turned on.
    pub boots: u64,
    /// Times the power has failed.
    pub failures: u64,
    /// Steps that were interrupted, and done again.
    pub interrupted: u64,
    /// Steps that were finished.
    pub steps: u64,
    /// Where energy came from and went.
    pub ledger: Ledger,
    /// What the energy was used for.
    pub uses: Uses,
    /// The beginning, if it was recorded.
    pub timeline: Option<Timeline>,
}

impl Outcome {
    /// Answers in an hour.
    pub fn answers_per_hour(&self) -> f64 {
        count(self.answers.len()) * 3600.0 / self.seconds
    }

    /// Answers that are right, in an hour.
    pub fn correct_per_hour(&self) -> f64 {
        count(self.correct()) * 3600.0 / self.seconds
    }

    /// Number of answers that are right.
    pub fn correct(&self) -> usize {
        self.answers.iter().filter(|answer| answer.correct == Some(true)).count()
    }

    /// Share of right answers among those with labels; `None` without any.
    pub fn accuracy(&self) -> Option<f64> {
        let labelled = self.answers.iter().filter(|answer| answer.correct.is_some()).count();
        (labelled > 0).then(|| count(self.correct()) / count(labelled))
    }

    /// Times until answers; `None` without any.
    pub fn latency(&self) -> Option<Latency> {
        let mut sorted: Vec<f64> = self.answers.iter().map(|answer| answer.latency).collect();
        sorted.sort_by(f64::total_cmp);
        // The nearest rank: the smallest time that so many answers do not exceed.
        let rank = |percent: usize| {
            let index = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
            sorted.get(index).copied()
        };
        let mean = sorted.iter().sum::<f64>() / count(sorted.len());
        Some(Latency { mean, median: rank(50)?, p95: rank(95)? })
    }

    /// Number of answers of each exit.
    pub fn exits(&self) -> Vec<usize> {
        let mut exits = Vec::new();
        for answer in &self.answers {
            let exit = usize::from(answer.exit);
            if exits.len() <= exit {
                exits.resize(exit + 1, 0);
            }
            exits[exit] += 1;
        }
        exits
    }

    /// Joules that the device has used for each answer; `None` without any.
    pub fn energy_per_answer(&self) -> Option<f64> {
        (!self.answers.is_empty()).then(|| self.ledger.used / count(self.answers.len()))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "results of exact arithmetic")]
mod tests {
    use super::*;

    fn outcome(latencies: impl IntoIterator<Item = u8>) -> Outcome {
        let answers = latencies.into_iter().map(|latency| Answered {
            time: 0.0,
            latency: latency.into(),
            sample: 0,
            class: 0,
            margin: 0,
            exit: latency % 3,
            correct: Some(latency > 1),
        });
        Outcome { seconds: 1800.0, answers: answers.collect(), ..Outcome::default() }
    }

    #[test]
    fn rates_are_those_of_an_hour() {
        let outcome = outcome([4, 1, 2, 3]);
        assert_eq!(outcome.answers_per_hour(), 8.0);
        assert_eq!(outcome.correct_per_hour(), 6.0);
        assert_eq!(outcome.accuracy(), Some(0.75));
        assert_eq!(outcome.exits(), [1, 2, 1]);
    }

    #[test]
    fn ranks_are_nearest() {
        let latency = outcome([4, 1, 2, 3]).latency();
        assert_eq!(latency, Some(Latency { mean: 2.5, median: 2.0, p95: 4.0 }));
        let latency = outcome(1..=100).latency().unwrap();
        assert_eq!((latency.median, latency.p95), (50.0, 95.0));
    }

    #[test]
    fn without_answers_there_is_no_mean() {
        let none = outcome([]);
        assert_eq!((none.latency(), none.accuracy(), none.energy_per_answer()), (None, None, None));
        assert_eq!(none.answers_per_hour(), 0.0);
    }
}
