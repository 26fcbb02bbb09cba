//! Data sets as training sees them.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;

use super::augment::{Augment, below};
use crate::graph::Shape;

/// Raw samples and what turns them into the input of the graph.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'d> {
    /// Raw values in `C x H x W` order.
    pub raw: &'d [Vec<i16>],
    /// Class of each sample, if known.
    pub labels: Option<&'d [u16]>,
    /// Factor and offset of each input channel, one pair per channel. Training wants the graph's own units: weights
    /// of a first layer that takes raw values are too small for the common learning rate.
    pub normalisation: &'d [(f32, f32)],
}

impl Samples<'_> {
    /// Class of sample `index`, if known.
    pub fn label(&self, index: usize) -> Option<usize> {
        self.labels.map(|labels| labels[index].into())
    }

    /// Writes sample `index`, changed by `augment` with the randomness of `seed`, to `out`.
    pub fn read(
        &self,
        index: usize,
        shape: Shape,
        augment: &[Box<dyn Augment>],
        seed: u64,
        out: &mut Vec<f32>,
    ) {
        out.clear();
        out.extend(self.raw[index].iter().map(|&value| f32::from(value)));
        if !augment.is_empty() {
            let mut random = Pcg32::new(seed, index as u64);
            for augment in augment {
                augment.apply(out, shape, &mut random);
            }
        }
        let channels = out.chunks_exact_mut(shape.h * shape.w);
        for (channel, (factor, offset)) in channels.zip(self.normalisation) {
            for value in channel {
                *value = factor * *value + offset;
            }
        }
    }
}

/// Splits the numbers below `count` into those for training and `held_out` for validation, both
/// in increasing order.
pub fn split(count: usize, held_out: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..count).collect();
    shuffle(&mut order, &mut Pcg32::seed_from_u64(seed));
    let mut train = order.split_off(held_out.min(count));
    train.sort_unstable();
    order.sort_unstable();
    (train, order)
}

/// Puts `order` into random order.
pub fn shuffle(order: &mut [usize], random: &mut Pcg32) {
    for last in (1..order.len()).rev() {
        order.swap(last, below(last + 1, random));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_reproducible_and_disjoint() {
        let (train, validation) = split(100, 30, 7);
        assert_eq!((train.len(), validation.len()), (70, 30));
        let mut all = [train.clone(), validation.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_eq!(split(100, 30, 7), (train, validation.clone()));
        assert_ne!(split(100, 30, 8).1, validation);
    }
}
