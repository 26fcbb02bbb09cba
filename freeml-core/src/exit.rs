//! Where an inference can end before its last step, and what its steps cost.

/// An early exit of a network.
///
/// Its logits are sums of 32 bits, one for each class, side by side in little-endian order. They
/// stay until a later exit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Number of steps after which the sums are there.
    pub steps: u16,
    /// Where the sums begin in the state.
    pub at: u16,
}

impl Exit {
    /// The last of `exits` that is reached when `done` steps are, and its index.
    #[inline]
    pub(crate) fn reached(exits: &[Exit], done: u16) -> Option<(u8, Exit)> {
        let mut last = None;
        for (&exit, index) in exits.iter().zip(0..) {
            if exit.steps > done {
                break;
            }
            last = Some((index, exit));
        }
        last
    }
}

/// What the steps of a layer cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The first step of the layer, which goes on to that of the next entry.
    pub first_step: u16,
    /// CPU cycles of one of its steps by the compiler's cost model; the mean where they differ.
    pub cycles: u16,
}

impl Cost {
    /// CPU cycles of the steps `from .. to`. All of an inference are below 2^32.
    pub(crate) fn between(costs: &[Cost], from: u16, to: u16) -> u32 {
        let mut cycles = 0u32;
        let mut end = to;
        // From the back, an entry ends where the one after it begins.
        for cost in costs.iter().rev() {
            let begin = cost.first_step.max(from);
            if begin < end {
                let steps = end.wrapping_sub(begin);
                cycles = cycles.wrapping_add(u32::from(steps).wrapping_mul(cost.cycles.into()));
                end = begin;
            }
            if end <= from {
                break;
            }
        }
        cycles
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exits_are_reached_by_steps() {
        let exits = [Exit { steps: 3, at: 8 }, Exit { steps: 5, at: 16 }];
        let reached = |done| Exit::reached(&exits, done).map(|(index, _)| index);
        assert_eq!(
            [0, 2, 3, 4, 5, 9].map(reached),
            [None, None, Some(0), Some(0), Some(1), Some(1)]
        );
        assert_eq!(Exit::reached(&[], 9), None);
    }

    #[test]
    fn the_longest_inference_has_cycles_below_two_to_the_32() {
        let costs = [Cost { first_step: 0, cycles: u16::MAX }];
        assert_eq!(Cost::between(&costs, 0, 65_533), 65_533 * 65_535);
    }

    proptest! {
        #[test]
        fn cycles_are_the_sum_over_steps(
            layers in proptest::collection::vec((1u16..20, 0u16..), 0..6),
            from in 0u16..130,
            to in 0u16..130,
        ) {
            let mut costs = std::vec::Vec::new();
            let mut steps = std::vec::Vec::new();
            for (len, cycles) in layers {
                costs.push(Cost { first_step: u16::try_from(steps.len()).unwrap_or(0), cycles });
                steps.extend((0..len).map(|_| u32::from(cycles)));
            }
            // The last layer goes on to the end.
            let beyond = costs.last().map_or(0, |cost| u32::from(cost.cycles));
            let cycles = |step| steps.get(usize::from(step)).copied().unwrap_or(beyond);
            let expected: u32 = (from..to).map(cycles).sum();
            prop_assert_eq!(Cost::between(&costs, from, to), expected);
        }
    }
}
