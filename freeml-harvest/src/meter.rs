//! What a policy can measure.

use std::cell::Cell;
use std::rc::Rc;

use freeml_core::Energy;

/// What a simulated device knows of its supply and of the time.
///
/// As [`Energy`] it is the cycles that the capacitor suffices for, down to the brown-out and without
/// what is harvested meanwhile: what an ADC would tell, without the error of that. All clones of a
/// meter show the same.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    shown: Rc<Cell<Shown>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    cycles: u32,
    milliseconds: u32,
}

impl Meter {
    /// Milliseconds since the sample was taken, those without power included, as a clock with a
    /// supply of its own counts them.
    pub fn milliseconds(&self) -> u32 {
        self.shown.get().milliseconds
    }

    pub(crate) fn show(&self, cycles: u32, milliseconds: u32) {
        self.shown.set(Shown { cycles, milliseconds });
    }
}

impl Energy for Meter {
    fn left(&mut self) -> u32 {
        self.shown.get().cycles
    }
}
