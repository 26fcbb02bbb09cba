//! Enough is spent.

use super::Policy;
use crate::{Energy, Outlook};

/// With an answer at hand, stops when the energy left does not suffice for the next exit.
///
/// Before the first exit it goes on and measures nothing: a power failure costs one step at most,
/// and energy saved without an answer is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget<E>(pub E);

impl<E: Energy> Policy for Budget<E> {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        outlook.exit().is_none() || outlook.cycles_to_exit() <= self.0.left()
    }
}
