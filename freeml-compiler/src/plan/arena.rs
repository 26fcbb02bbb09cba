//! Offsets of tensors in one arena, from their lifetimes.
//!
//! Two tensors that are alive at the same time lie apart, with one exception: a layer may
//! write its result over an operand that dies with it, as long as every store stays below
//! what the layer still reads (see [`reach`](super::reach)). A network whose layers keep
//! their size then needs little more than one activation map.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Extent of one tensor in memory and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Size.
    pub bytes: usize,
    /// Layer that writes it (0 for the input, which exists before).
    pub first: usize,
    /// Last layer that reads it.
    pub last: usize,
}

/// Pairs of (operand, result) and the least distance from the start of the result up to the
/// start of the operand at which they may overlap.
#[derive(Debug, Clone, Default)]
pub struct Neighbours(Vec<(usize, usize, usize)>);

impl Neighbours {
    /// Lets `result` overlap `operand` from `distance` bytes below it.
    pub fn allow(&mut self, operand: usize, result: usize, distance: usize) {
        match self.0.iter_mut().find(|pair| (pair.0, pair.1) == (operand, result)) {
            Some(pair) => pair.2 = pair.2.max(distance),
            None => self.0.push((operand, result, distance)),
        }
    }

    fn distance(&self, operand: usize, result: usize) -> Option<usize> {
        self.0.iter().find(|pair| (pair.0, pair.1) == (operand, result)).map(|pair| pair.2)
    }
}

/// Where everything lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arena {
    /// Even byte offset of each tensor.
    pub at: Vec<usize>,
    /// Bytes in all.
    pub bytes: usize,
}

/// Random orders tried after the obvious ones.
const SHUFFLES: usize = 2_000;

/// Places the tensors greedily in several orders, the random ones always being the same, and
/// keeps the smallest arena.
pub fn place(tensors: &[Lifetime], neighbours: &Neighbours) -> Arena {
    let running: Vec<usize> = (0..tensors.len()).collect();
    let reverse: Vec<usize> = running.iter().rev().copied().collect();
    let mut largest_first = running.clone();
    largest_first.sort_by_key(|&tensor| std::cmp::Reverse(tensors[tensor].bytes));
    let mut random = Pcg32::seed_from_u64(0);
    let mut shuffled = running.clone();
    let random_orders = std::iter::repeat_with(|| {
        shuffle(&mut shuffled, &mut random);
        shuffled.clone()
    });
    [largest_first, running, reverse]
        .into_iter()
        .chain(random_orders.take(SHUFFLES))
        .map(|order| place_in_order(tensors, neighbours, &order))
        .min_by_key(|arena| arena.bytes)
        .unwrap_or(Arena { at: Vec::new(), bytes: 0 })
}

/// Puts `order` into a random order (Fisher and Yates).
fn shuffle(order: &mut [usize], random: &mut Pcg32) {
    for last in (1..order.len()).rev() {
        let other = random.next_u32() as usize % (last + 1);
        order.swap(last, other);
    }
}

fn place_in_order(tensors: &[Lifetime], neighbours: &Neighbours, order: &[usize]) -> Arena {
    let mut at: Vec<Option<usize>> = vec![None; tensors.len()];
    for &tensor in order {
        let placed: Vec<(usize, usize)> =
            at.iter().enumerate().filter_map(|(other, at)| at.map(|at| (other, at))).collect();
        let mut candidates = vec![0];
        for &(other, start) in &placed {
            candidates.push((start + tensors[other].bytes).next_multiple_of(2));
            if let Some(distance) = neighbours.distance(tensor, other) {
                candidates.push((start + distance).next_multiple_of(2));
            }
            if let Some(distance) = neighbours.distance(other, tensor) {
                candidates.extend(start.checked_sub(distance).map(|below| below & !1));
            }
        }
        candidates.sort_unstable();
        // The end of everything placed so far is a candidate, so there always is one.
        at[tensor] = candidates.into_iter().find(|&candidate| {
            placed.iter().all(|&(other, start)| {
                compatible(tensors, neighbours, (tensor, candidate), (other, start))
            })
        });
    }
    let at: Vec<usize> = at.into_iter().map(Option::unwrap_or_default).collect();
    let ends = at.iter().zip(tensors).map(|(at, tensor)| at + tensor.bytes);
    Arena { bytes: ends.max().unwrap_or(0), at }
}

/// Whether tensors `a` and `b`, each with its offset, can lie there both.
fn compatible(
    tensors: &[Lifetime],
    neighbours: &Neighbours,
    a: (usize, usize),
    b: (usize, usize),
) -> bool {
    let (first, second) = if a.0 < b.0 { (a, b) } else { (b, a) };
    let (early, late) = (tensors[first.0], tensors[second.0]);
    let apart = first.1 + early.bytes <= second.1 || second.1 + late.bytes <= first.1;
    // A scratch area has a higher index than every tensor.
    if apart || early.last < late.first || late.last < early.first {
        return true;
    }
    let dies_here = early.last == late.first;
    dies_here
        && neighbours
            .distance(first.0, second.0)
            .is_some_and(|distance| second.1 + distance <= first.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(sizes: &[usize]) -> Vec<Lifetime> {
        let lifetime = |(index, &bytes): (usize, &usize)| Lifetime {
            bytes,
            first: index.saturating_sub(1),
            last: index,
        };
        sizes.iter().enumerate().map(lifetime).collect()
    }

    #[test]
    fn a_chain_alternates_between_two_ends() {
        let arena = place(&chain(&[100, 40, 60, 20]), &Neighbours::default());
        assert_eq!(arena.bytes, 140);
    }

    #[test]
    fn neighbours_overlap_up_to_their_distance() {
        let mut neighbours = Neighbours::default();
        neighbours.allow(0, 1, 10);
        neighbours.allow(1, 2, 10);
        let arena = place(&chain(&[100, 100, 100]), &neighbours);
        assert_eq!(arena.bytes, 120);
        assert!(arena.at[1] + 10 <= arena.at[0] && arena.at[2] + 10 <= arena.at[1]);
    }

    #[test]
    fn a_tensor_that_lives_on_is_not_overwritten() {
        let mut tensors = chain(&[100, 100, 100]);
        tensors[0].last = 1;
        let mut neighbours = Neighbours::default();
        neighbours.allow(0, 1, 10);
        let arena = place(&tensors, &neighbours);
        assert!(arena.at[0].abs_diff(arena.at[1]) >= 100);
    }
}
