//! What an inference answers.

/// The best class that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Index of the class with the largest logit; the first of equals.
    pub class: u16,
    /// The exit that gave the answer, the last one being the network's own head.
    pub exit: u8,
    /// Distance to the second largest logit, in logit units.
    pub margin: u16,
}

impl Answer {
    /// The answer that `logits` give at `exit`; `None` without logits.
    pub fn from_logits(logits: impl IntoIterator<Item = i16>, exit: u8) -> Option<Self> {
        let mut logits = logits.into_iter();
        let (mut class, mut first) = (0, logits.next()?);
        let mut second = i16::MIN;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_of_equal_logits() {
        let answer = Answer::from_logits([-5, 7, 7, 3], 0);
        assert_eq!(answer, Some(Answer { class: 1, exit: 0, margin: 0 }));
    }

    #[test]
    fn margin_is_the_distance_to_the_second() {
        assert_eq!(Answer::from_logits([9, 2, 4], 1).map(|a| a.margin), Some(5));
        assert_eq!(Answer::from_logits([i16::MIN, i16::MAX], 1).map(|a| a.margin), Some(u16::MAX));
        assert_eq!(Answer::from_logits([], 0), None);
    }
}
