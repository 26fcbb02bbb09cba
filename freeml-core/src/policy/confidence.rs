//! Enough is known.

use super::Policy;
use crate::Outlook;

/// Stops at an early exit whose answer is beyond doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confidence<'a> {
    /// The margin at which an early exit's answer is taken, exit by exit and in its units. An
    /// exit that has none is never enough.
    pub margins: &'a [u32],
}

impl Policy for Confidence<'_> {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        let Some(answer) = outlook.answer() else { return true };
        self.margins.get(usize::from(answer.exit)).is_none_or(|&enough| answer.margin < enough)
    }
}
