//! Traces that are made up. The same settings give the same trace on every machine.

use super::{Segment, Trace};
use crate::random::SplitMix64;

/// Seconds until a trace of bursts begins again.
const BURSTS_SECONDS: f64 = 3600.0;

/// Seconds in which the sky does not change.
const SKY_SECONDS: u32 = 60;

/// Deviation of the logarithms of burst lengths and powers.
const SPREAD: f64 = 0.5;

/// Mean seconds of a clear and of a clouded sky.
const CLEAR_SECONDS: f64 = 1800.0;
const CLOUD_SECONDS: f64 = 600.0;

/// Shares of the clear sky's power that come through a cloud.
const THROUGH: (f64, f64) = (0.1, 0.5);

impl Trace {
    /// Always `watts`.
    pub fn constant(watts: f64) -> Self {
        Trace { segments: vec![Segment { seconds: 1.0, watts }] }
    }

    /// `watts` for the share `duty` of each `period` seconds, then nothing.
    pub fn square(watts: f64, period: f64, duty: f64) -> Self {
        let on = Segment { seconds: period * duty, watts };
        let off = Segment { seconds: period - on.seconds, watts: 0.0 };
        Trace { segments: [on, off].into_iter().filter(|part| part.seconds > 0.0).collect() }
    }

    /// A day of `day` seconds from sunrise on: half a period of a sine up to `peak` watts with
    /// random clouds before it, then as long a night.
    pub fn solar(peak: f64, day: f64, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let minutes = 86_400 / SKY_SECONDS;
        let light = minutes / 2;
        let seconds = day / f64::from(minutes);
        let (mut through, mut left) = (1.0, exponential(&mut random, CLEAR_SECONDS));
        let mut segments = Vec::new();
        for minute in 0..light {
            let angle = std::f64::consts::PI * (f64::from(minute) + 0.5) / f64::from(light);
            segments.push(Segment { seconds, watts: peak * libm::sin(angle) * through });
            left -= f64::from(SKY_SECONDS);
            if left <= 0.0 {
                let clouded = through < 1.0;
                let cloud = THROUGH.0 + (THROUGH.1 - THROUGH.0) * uniform(&mut random);
                through = if clouded { 1.0 } else { cloud };
                let mean = if clouded { CLEAR_SECONDS } else { CLOUD_SECONDS };
                left = exponential(&mut random, mean);
            }
        }
        segments.push(Segment { seconds: day - seconds * f64::from(light), watts: 0.0 });
        Trace { segments }
    }

    /// An hour of bursts as of a radio transmitter that passes by: `gap` seconds of nothing in the
    /// mean, exponentially distributed, then a burst whose length and power are log-normally
    /// distributed with the medians `burst` seconds and `watts`.
    pub fn bursts(watts: f64, gap: f64, burst: f64, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed);
        let (mut segments, mut now) = (Vec::new(), 0.0);
        while now < BURSTS_SECONDS {
            let gap = exponential(&mut random, gap);
            let length = burst * log_normal(&mut random);
            segments.push(Segment { seconds: gap, watts: 0.0 });
            segments.push(Segment { seconds: length, watts: watts * log_normal(&mut random) });
            now += gap + length;
        }
        Trace { segments }
    }
}

/// A uniformly distributed number above 0 and at most 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits")]
fn uniform(random: &mut SplitMix64) -> f64 {
    const STEPS: f64 = (1u64 << 53) as f64;
    ((random.next_u64() >> 11) + 1) as f64 / STEPS
}

/// An exponentially distributed number, above 0.
fn exponential(random: &mut SplitMix64, mean: f64) -> f64 {
    (-mean * libm::log(uniform(random))).max(mean * 1e-9)
}

/// A number whose logarithm is normally distributed around 0, by Box and Muller's method.
fn log_normal(random: &mut SplitMix64) -> f64 {
    let radius = (-2.0 * libm::log(uniform(random))).sqrt();
    let normal = radius * libm::cos(std::f64::consts::TAU * uniform(random));
    libm::exp(SPREAD * normal)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "results of exact arithmetic")]
mod tests {
    use super::*;

    #[test]
    fn square_has_its_mean() {
        let trace = Trace::square(2e-3, 10.0, 0.3);
        assert!((trace.mean() - 0.6e-3).abs() < 1e-12 && trace.seconds() == 10.0);
        assert_eq!(Trace::square(1.0, 10.0, 1.0).segments().len(), 1);
    }

    #[test]
    fn a_clear_day_has_its_energy_and_clouds_take_some() {
        let trace = Trace::solar(5e-3, 86_400.0, 1);
        assert!((trace.seconds() - 86_400.0).abs() < 1e-6);
        // The mean of a sine over half its period is 2/π, and half the day is night.
        let clear = 5e-3 / std::f64::consts::PI;
        let share = trace.mean() / clear;
        assert!((0.5..0.999).contains(&share), "{share}");
        assert!(trace.segments().iter().all(|part| part.watts <= 5e-3));
        assert_ne!(trace, Trace::solar(5e-3, 86_400.0, 2));
        assert_eq!(trace, Trace::solar(5e-3, 86_400.0, 1));
    }

    #[test]
    fn bursts_have_their_mean_gap_and_median_length_and_power() {
        let trace = Trace::bursts(3e-3, 2.0, 0.5, 1);
        assert_eq!(trace, Trace::bursts(3e-3, 2.0, 0.5, 1));
        let parts = |on: bool| trace.segments().iter().filter(move |part| (part.watts > 0.0) == on);
        let count = parts(false).count();
        let mean = parts(false).map(|part| part.seconds).sum::<f64>()
            / f64::from(u16::try_from(count).unwrap());
        // Some 1,400 gaps: the standard error of the mean is 3 %.
        assert!((1.8..2.2).contains(&mean), "{mean}");
        let median = |value: fn(&Segment) -> f64| {
            let mut values: Vec<f64> = parts(true).map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        assert!((0.47..0.53).contains(&median(|part| part.seconds)));
        assert!((2.8e-3..3.2e-3).contains(&median(|part| part.watts)));
    }
}
