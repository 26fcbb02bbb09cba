//! Which exits answered lately.

use heapless::Deque;

use crate::Answer;

/// The exits of the last `N` answers, in RAM: empty after a reset.
///
/// It tells how much of the network the energy at hand pays for, so that a program can sample
/// less often, or wait for more charge.
#[derive(Debug, Clone)]
pub struct ExitHistory<const N: usize> {
    exits: Deque<u8, N>,
}

impl<const N: usize> ExitHistory<N> {
    /// No answers.
    pub const fn new() -> Self {
        ExitHistory { exits: Deque::new() }
    }

    /// Adds an answer; the oldest of `N` is forgotten.
    pub fn record(&mut self, answer: &Answer) {
        if self.exits.is_full() {
            self.exits.pop_front();
        }
        // There is room, unless for none at all.
        let _ = self.exits.push_back(answer.exit);
    }

    /// The exits, that of the oldest answer first.
    pub fn exits(&self) -> impl Iterator<Item = u8> + '_ {
        self.exits.iter().copied()
    }

    /// How many of the answers came from `exit`.
    pub fn count(&self, exit: u8) -> u16 {
        self.exits.iter().fold(0, |count, &other| count.wrapping_add((other == exit).into()))
    }
}

impl<const N: usize> Default for ExitHistory<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn keeps_the_last_answers() {
        let mut history = ExitHistory::<3>::new();
        assert_eq!(history.count(0), 0);
        for exit in [2, 0, 1, 0] {
            history.record(&Answer { class: 7, exit, margin: 1 });
        }
        assert_eq!(history.exits().collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!([0, 1, 2].map(|exit| history.count(exit)), [2, 1, 0]);
    }
}
