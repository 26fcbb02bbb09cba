//! How much energy is left.

mod capacitor;
mod comparator;

pub use capacitor::{Capacitor, Gauge, Supply};
pub use comparator::Comparator;

/// A measure of the energy that is stored.
///
/// Its unit is that of the compiler's cost table: the CPU cycle, which takes some picojoules
/// that the program knows. Closures `FnMut() -> u32` are measures.
pub trait Energy {
    /// CPU cycles that the stored energy suffices for.
    fn left(&mut self) -> u32;
}

impl<F: FnMut() -> u32> Energy for F {
    #[inline]
    fn left(&mut self) -> u32 {
        self()
    }
}
