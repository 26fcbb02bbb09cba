//! A threshold on the supply voltage.

use super::Energy;

/// A comparator's flag as energy: all or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparator<F> {
    /// Whether the voltage is above the threshold.
    pub above: F,
    /// CPU cycles that the charge between the threshold and brown-out suffices for.
    pub cycles: u32,
}

impl<F: FnMut() -> bool> Energy for Comparator<F> {
    #[inline]
    fn left(&mut self) -> u32 {
        if (self.above)() { self.cycles } else { 0 }
    }
}
