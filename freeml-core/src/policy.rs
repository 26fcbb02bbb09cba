//! Who decides whether an inference goes on.

/// Asked before every step whether to go on with it.
///
/// Closures of the same form are policies.
pub trait Policy {
    /// Whether to compute the next step, `left` steps (this one included) before the end.
    fn proceed(&mut self, left: u16) -> bool;
}

impl<F: FnMut(u16) -> bool> Policy for F {
    fn proceed(&mut self, left: u16) -> bool {
        self(left)
    }
}

/// Goes on to the last step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunToEnd;

impl Policy for RunToEnd {
    fn proceed(&mut self, _left: u16) -> bool {
        true
    }
}
