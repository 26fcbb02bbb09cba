//! Random changes of samples that leave their class alone.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use crate::graph::Shape;

/// Changes a sample, which is in raw units and `C x H x W` order. Closures will do.
pub trait Augment: Sync {
    /// Changes `sample` of `shape` with randomness from `random` only.
    fn apply(&self, sample: &mut [f32], shape: Shape, random: &mut Pcg32);
}

impl<F: Fn(&mut [f32], Shape, &mut Pcg32) + Sync> Augment for F {
    fn apply(&self, sample: &mut [f32], shape: Shape, random: &mut Pcg32) {
        self(sample, shape, random);
    }
}

/// Moves all channels by up to so many elements; zeros move in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Largest distance along rows' axis, up or down.
    pub rows: usize,
    /// Largest distance along columns' axis, left or right.
    pub cols: usize,
}

impl Augment for Shift {
    fn apply(&self, sample: &mut [f32], shape: Shape, random: &mut Pcg32) {
        let (down, up) = offset(self.rows, random);
        let (right, left) = offset(self.cols, random);
        let source = sample.to_vec();
        sample.fill(0.0);
        let planes = sample.chunks_exact_mut(shape.h * shape.w);
        for (to, from) in planes.zip(source.chunks_exact(shape.h * shape.w)) {
            let rows = to.chunks_exact_mut(shape.w).skip(down);
            for (to, from) in rows.zip(from.chunks_exact(shape.w).skip(up)) {
                let cols = to.iter_mut().skip(right);
                cols.zip(from.iter().skip(left)).for_each(|(to, from)| *to = *from);
            }
        }
    }
}

/// Distances forwards and backwards, one of them 0, neither above `most`.
fn offset(most: usize, random: &mut Pcg32) -> (usize, usize) {
    let offset = below(2 * most + 1, random);
    (offset.saturating_sub(most), most.saturating_sub(offset))
}

/// Mirrors the columns of every second sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flip;

impl Augment for Flip {
    fn apply(&self, sample: &mut [f32], shape: Shape, random: &mut Pcg32) {
        if below(2, random) == 1 {
            sample.chunks_exact_mut(shape.w).for_each(<[f32]>::reverse);
        }
    }
}

/// Multiplies the sample by a random factor and adds noise to every element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GainNoise {
    /// Largest distance of the factor from 1.
    pub gain: f32,
    /// Standard deviation of the noise, in raw units.
    pub noise: f32,
}

impl Augment for GainNoise {
    fn apply(&self, sample: &mut [f32], _: Shape, random: &mut Pcg32) {
        let factor = 1.0 + self.gain * (2.0 * unit(random) - 1.0);
        for value in sample {
            // A sum of three uniform numbers is near enough to a normal one of deviation 1/2.
            let normal = 2.0 * (unit(random) + unit(random) + unit(random) - 1.5);
            *value = factor * *value + self.noise * normal;
        }
    }
}

/// A number below `bound`.
pub fn below(bound: usize, random: &mut Pcg32) -> usize {
    let product = u64::from(random.next_u32()) * bound as u64;
    usize::try_from(product >> 32).unwrap_or(0)
}

/// A number from 0 up to, but not including, 1.
pub fn unit(random: &mut Pcg32) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "24 bits")]
    let bits = (random.next_u32() >> 8) as f32;
    bits / 16_777_216.0
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use rand_pcg::rand_core::SeedableRng;

    use super::*;

    const SHAPE: Shape = Shape { c: 1, h: 2, w: 3 };
    const SAMPLE: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    #[test]
    fn shifts_reach_all_places_and_nothing_else() {
        let mut random = Pcg32::seed_from_u64(1);
        let mut seen = Vec::new();
        for _ in 0..200 {
            let mut sample = SAMPLE;
            Shift { rows: 1, cols: 1 }.apply(&mut sample, SHAPE, &mut random);
            if !seen.contains(&sample) {
                seen.push(sample);
            }
        }
        assert_eq!(seen.len(), 9);
        assert!(seen.contains(&[0.0, 0.0, 0.0, 0.0, 1.0, 2.0]));
        assert!(seen.contains(&[5.0, 6.0, 0.0, 0.0, 0.0, 0.0]));
    }

    #[test]
    fn flips_mirror_columns() {
        let mut random = Pcg32::seed_from_u64(1);
        let mut flipped = 0;
        for _ in 0..100 {
            let mut sample = SAMPLE;
            Flip.apply(&mut sample, SHAPE, &mut random);
            flipped += usize::from(sample == [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
        }
        assert!((30..70).contains(&flipped));
    }

    #[test]
    fn noise_has_the_deviation_it_says() {
        let mut random = Pcg32::seed_from_u64(1);
        let mut sample = vec![0.0; 30_000];
        let shape = Shape::vector(sample.len());
        GainNoise { gain: 0.0, noise: 2.0 }.apply(&mut sample, shape, &mut random);
        let square = sample.iter().map(|value| value * value).sum::<f32>() / 30_000.0;
        assert!((square.sqrt() - 2.0).abs() < 0.05, "{square}");
    }
}
