//! What compression has to reach.

use super::record::{Outcome, Record};
use super::runs::{Goal, Variant};
use crate::table::grouped;

/// A size and what it is to be worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Bytes of all constants, tables and descriptors, at most.
    pub bytes: u32,
    /// Percent of the test samples, at least.
    pub accuracy: f64,
}

/// What one network has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// The network.
    pub net: &'static str,
    /// What has to hold.
    pub limit: Point,
    /// What is hoped for.
    pub stretch: Point,
    /// Seconds on two cores, at most.
    pub seconds: u64,
}

/// The targets of all public networks.
pub const TARGETS: [Target; 6] = [
    target("lenet_mnist", (5_000, 99.1), (3_400, 98.9), 8),
    target("kws_cnn", (5_500, 98.3), (3_500, 98.3), 4),
    target("kws_dscnn", (3_500, 98.7), (2_500, 98.7), 4),
    target("har_cnn", (4_000, 84.4), (2_500, 84.4), 4),
    target("cifar10_s", (20_000, 69.0), (12_000, 69.0), 30),
    target("resnet_tiny_cifar10", (12_000, 76.5), (8_000, 76.5), 30),
];

const fn target(net: &'static str, limit: (u32, f64), stretch: (u32, f64), minutes: u64) -> Target {
    Target { net, limit: point(limit), stretch: point(stretch), seconds: 60 * minutes }
}

const fn point((bytes, accuracy): (u32, f64)) -> Point {
    Point { bytes, accuracy }
}

/// What `record`, if it is a run at a target, misses of it.
pub fn misses(record: &Record) -> Vec<String> {
    let target = TARGETS.iter().find(|target| {
        let (variant, goal) = (Variant::Full, Goal::Bytes(target.limit.bytes));
        (record.net.as_str(), record.variant, record.goal) == (target.net, variant, goal)
    });
    target.map_or(Vec::new(), |target| target.misses(&target.limit, record))
}

impl Target {
    /// What `record` misses of `point` and of the time.
    pub fn misses(&self, point: &Point, record: &Record) -> Vec<String> {
        let net = self.net;
        let reached = match &record.outcome {
            Outcome::Reached(reached) => reached,
            Outcome::Failed(message) => return vec![format!("{net}: {message}")],
        };
        let mut misses = Vec::new();
        let limit = u64::from(point.bytes);
        if reached.bytes as u64 > limit {
            let bytes = grouped(reached.bytes as u64);
            misses.push(format!("{net}: {bytes} bytes, at most {} wanted", grouped(limit)));
        }
        let (accuracy, wanted) = (reached.test.accuracy(), point.accuracy);
        if accuracy < wanted {
            misses.push(format!("{net}: {accuracy:.2} % right, at least {wanted:.1} wanted"));
        }
        if record.seconds > self.seconds {
            let (seconds, most) = (record.seconds, self.seconds);
            misses.push(format!("{net}: {seconds} s, at most {most} wanted"));
        }
        misses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::record::testkit::record;

    fn missed(change: impl FnOnce(&mut Record)) -> Vec<String> {
        let mut record = record("lenet_mnist", Variant::Full, Goal::Bytes(5_000));
        change(&mut record);
        misses(&record)
    }

    #[test]
    fn a_target_holds_at_its_limits() {
        assert_eq!(missed(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn everything_that_is_missed_is_listed() {
        let misses = missed(|record| {
            record.seconds = 481;
            let Outcome::Reached(reached) = &mut record.outcome else { unreachable!() };
            reached.bytes = 5_001;
            reached.test.correct -= 1;
        });
        assert_eq!(
            misses,
            [
                "lenet_mnist: 5,001 bytes, at most 5,000 wanted",
                "lenet_mnist: 99.08 % right, at least 99.1 wanted",
                "lenet_mnist: 481 s, at most 480 wanted",
            ]
        );
        let failed = missed(|record| record.outcome = Outcome::Failed("too small".into()));
        assert_eq!(failed, ["lenet_mnist: too small"]);
    }

    #[test]
    fn other_runs_have_no_target() {
        assert!(
            missed(|record| {
                record.goal = Goal::Bytes(4_000);
                record.outcome = Outcome::Failed("too small".into());
            })
            .is_empty()
        );
    }
}
