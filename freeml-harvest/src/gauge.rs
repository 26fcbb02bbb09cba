//! The energy left, as a policy sees it.

use std::cell::Cell;
use std::rc::Rc;

/// Cycles that the energy in a simulated capacitor suffices for, down to the brown-out and without
/// what is harvested meanwhile: what a device knows by its ADC, without the error of that.
///
/// All clones of a gauge show the same.
#[derive(Debug, Clone, Default)]
pub struct Gauge {
    cycles: Rc<Cell<u32>>,
}

impl Gauge {
    /// Cycles left.
    pub fn left(&self) -> u32 {
        self.cycles.get()
    }

    pub(crate) fn show(&self, cycles: u32) {
        self.cycles.set(cycles);
    }
}
