//! What an inference answers.

use crate::{Element, I16};

/// The best class that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Index of the class with the largest logit; the first of equals.
    pub class: u16,
    /// The exit that gave the answer, the last one being the network's own head.
    pub exit: u8,
    /// Distance to the second largest logit, in units of the exit's logits, which each exit has
    /// of its own.
    pub margin: u32,
}

impl Answer {
    /// The answer that `logits` give at `exit`; `None` without logits.
    pub fn from_logits<L: Into<i32>>(
        logits: impl IntoIterator<Item = L>,
        exit: u8,
    ) -> Option<Self> {
        let mut logits = logits.into_iter().map(Into::into);
        let (mut class, mut first) = (0, logits.next()?);
        let mut second = i32::MIN;
        for (logit, index) in logits.zip(1..) {
            if logit > first {
                (class, second, first) = (index, first, logit);
            } else {
                second = second.max(logit);
            }
        }
        Some(Answer { class, exit, margin: first.abs_diff(second) })
    }
}

/// The logits of an exit, class by class.
#[derive(Debug, Clone)]
pub struct Logits<'a> {
    bytes: &'a [u8],
    /// Bytes of one logit.
    size: u8,
}

impl<'a> Logits<'a> {
    /// Bytes of one logit of an early exit.
    pub(crate) const SUM_BYTES: u16 = 4;

    /// Little-endian sums of 32 bits.
    pub(crate) fn sums(bytes: &'a [u8]) -> Self {
        Logits { bytes, size: 4 }
    }

    /// Little-endian words.
    pub(crate) fn words(bytes: &'a [u8]) -> Self {
        Logits { bytes, size: 2 }
    }
}

impl Iterator for Logits<'_> {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        let (logit, rest) = self.bytes.split_at_checked(self.size.into())?;
        self.bytes = rest;
        Some(match logit {
            &[a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
            word => I16::read(word).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn takes_the_first_of_equal_logits() {
        let answer = Answer::from_logits([-5, 7, 7, 3], 0);
        assert_eq!(answer, Some(Answer { class: 1, exit: 0, margin: 0 }));
    }

    #[test]
    fn margin_is_the_distance_to_the_second() {
        let margin = |logits: &[i32]| Some(Answer::from_logits(logits.iter().copied(), 1)?.margin);
        assert_eq!(margin(&[9, 2, 4]), Some(5));
        assert_eq!(margin(&[-9, -2, -4]), Some(2));
        assert_eq!(margin(&[i32::MIN, i32::MAX]), Some(u32::MAX));
        assert_eq!(margin(&[]), None);
        assert_eq!(Answer::from_logits([3i16, -4], 1).map(|answer| answer.margin), Some(7));
    }

    #[test]
    fn logits_are_little_endian_and_whole() {
        let bytes = [0xFE, 0xFF, 0xFF, 0xFF, 1, 0, 1, 0, 9];
        let sums: Vec<i32> = Logits::sums(&bytes).collect();
        assert_eq!(sums, [-2, 0x1_0001]);
        let words: Vec<i32> = Logits::words(&bytes).collect();
        assert_eq!(words, [-2, -1, 1, 1]);
    }
}
