//! Policies made of others.

use super::Policy;
use crate::Outlook;

/// Goes on only if both policies would. The second is asked only if the first would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct And<A, B>(pub A, pub B);

impl<A: Policy, B: Policy> Policy for And<A, B> {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        self.0.proceed(outlook) && self.1.proceed(outlook)
    }
}

/// Goes on if either policy would. The second is asked only if the first would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Or<A, B>(pub A, pub B);

impl<A: Policy, B: Policy> Policy for Or<A, B> {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        self.0.proceed(outlook) || self.1.proceed(outlook)
    }
}

/// Asks a policy when an exit was just reached, and goes on in between.
///
/// For policies that measure: one analog-to-digital conversion for each exit, not for each step.
/// An inference that a power failure ended between two exits goes on unasked to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtExits<P>(pub P);

impl<P: Policy> Policy for AtExits<P> {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        !outlook.at_exit() || self.0.proceed(outlook)
    }
}
