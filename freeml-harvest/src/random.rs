//! The random numbers of simulations: integers only, the same on every machine.

/// `SplitMix64` (Steele, Lea, Flood 2014): a 64-bit counter through a mixing function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// A generator whose whole sequence is a function of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 uniformly distributed bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 16 uniformly distributed bits, the lowest of the next 64.
    pub const fn next_u16(&mut self) -> u16 {
        let [low, high, ..] = self.next_u64().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Overwrites `bytes` with noise.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let noise = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&noise[..chunk.len()]);
        }
    }

    /// An exponentially distributed whole number of at least 1 with the given mean (plus one half).
    ///
    /// Von Neumann's method needs comparisons only, so that no floating-point library has a say:
    /// of uniform numbers `u1 > u2 > ...`, count how long they fall. An odd length accepts `u1` as
    /// the fraction of the variate; an even one adds 1 to its whole part and tries again.
    pub fn exponential(&mut self, mean: u64) -> u64 {
        let mut whole: u64 = 0;
        loop {
            let first = self.next_u64();
            if self.falling_run_is_odd(first) {
                let fraction = (u128::from(mean) * u128::from(first)) >> 64;
                let fraction = u64::try_from(fraction).unwrap_or(mean);
                return mean.saturating_mul(whole).saturating_add(fraction).saturating_add(1);
            }
            whole += 1;
        }
    }

    fn falling_run_is_odd(&mut self, first: u64) -> bool {
        let (mut last, mut odd) = (first, true);
        loop {
            let next = self.next_u64();
            if next >= last {
                return odd;
            }
            (last, odd) = (next, !odd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_published_sequence() {
        let mut random = SplitMix64::new(1_234_567);
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([(); 3].map(|()| random.next_u64()), expected);
    }

    #[test]
    fn exponential_has_its_mean_and_median() {
        let mut random = SplitMix64::new(3);
        let mut draws: Vec<u64> = (0..20_000).map(|_| random.exponential(1_000_000)).collect();
        draws.sort_unstable();
        let mean = draws.iter().sum::<u64>() / 20_000;
        // The standard error of the mean is 0.7 % of it; ln 2 is the median.
        assert!((975_000..1_025_000).contains(&mean), "mean {mean}");
        assert!((670_000..716_000).contains(&draws[10_000]), "median {}", draws[10_000]);
        assert!(draws[0] >= 1);
    }

    #[test]
    fn exponential_survives_extreme_means() {
        let mut random = SplitMix64::new(9);
        for mean in [0, 1, u64::MAX] {
            for _ in 0..100 {
                assert!(random.exponential(mean) >= 1);
            }
        }
    }

    #[test]
    fn fill_covers_ragged_ends() {
        let mut bytes = [0; 11];
        SplitMix64::new(5).fill(&mut bytes);
        assert!(bytes[8..].iter().any(|&byte| byte != 0));
    }
}
