//! Who decides whether an inference goes on.

mod budget;
mod compose;
mod confidence;
mod deadline;

pub use budget::Budget;
pub use compose::{And, AtExits, Or};
pub use confidence::Confidence;
pub use deadline::Deadline;

use crate::Outlook;

/// Asked before every step whether to go on with it.
///
/// A policy decides when an inference ends, never what it computes: the logits of an exit are the
/// same under all of them. Closures `FnMut(&Outlook<'_>) -> bool` are policies, and policies
/// compose:
///
/// ```
/// # use freeml_core::{Budget, Confidence, Outlook, Policy, RunToEnd};
/// # fn is(_: impl Policy) {}
/// let mut energy = || 250_000;
/// is(Budget(&mut energy).and(Confidence { margins: &[900, 700] }));
/// is(RunToEnd.and(|outlook: &Outlook<'_>| outlook.next_exit() < 2));
/// ```
pub trait Policy {
    /// Whether to compute the next step.
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool;

    /// Goes on only if both would.
    fn and<P: Policy>(self, other: P) -> And<Self, P>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Goes on if either would.
    fn or<P: Policy>(self, other: P) -> Or<Self, P>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Goes on from exit to exit, and asks this policy only there.
    fn at_exits(self) -> AtExits<Self>
    where
        Self: Sized,
    {
        AtExits(self)
    }
}

impl<F: FnMut(&Outlook<'_>) -> bool> Policy for F {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        self(outlook)
    }
}

/// Goes on to the last step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunToEnd;

impl Policy for RunToEnd {
    #[inline]
    fn proceed(&mut self, _: &Outlook<'_>) -> bool {
        true
    }
}
