//! FRAM on a host, with power failures at chosen stores.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::vec::Vec;

use crate::{Memory, memory::range};

/// The power failed: what was in RAM is gone, FRAM keeps what was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerFailure;

/// Non-volatile memory of an emulated device.
///
/// A power failure unwinds out of the store that it precedes, as a reset leaves the program,
/// up to [`until_failure`](EmulatedFram::until_failure).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmulatedFram {
    bytes: Vec<u8>,
    stores: u64,
    fail_before: Cell<Option<u64>>,
}

impl EmulatedFram {
    /// `len` bytes holding `fill`, as after another program.
    pub fn new(len: usize, fill: u8) -> Self {
        EmulatedFram { bytes: std::vec![fill; len], stores: 0, fail_before: Cell::new(None) }
    }

    /// Runs `program` with its RAM in the closure; `Err` if the power fails in it, before
    /// the store that follows `stores` more of them.
    pub fn until_failure<R>(
        &mut self,
        stores: u64,
        program: impl FnOnce(&mut Self) -> R,
    ) -> Result<R, PowerFailure> {
        self.fail_after(stores);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| program(self)));
        self.fail_before.set(None);
        outcome.map_err(|payload| match payload.downcast::<PowerFailure>() {
            Ok(failure) => *failure,
            Err(panic) => panic::resume_unwind(panic),
        })
    }

    /// Lets the power fail before the store that follows `stores` more, in the program that
    /// [`until_failure`](EmulatedFram::until_failure) runs.
    pub fn fail_after(&self, stores: u64) {
        self.fail_before.set(Some(self.stores.saturating_add(stores)));
    }

    /// Number of stores so far.
    pub fn stores(&self) -> u64 {
        self.stores
    }

    /// What it holds.
    pub fn contents(&self) -> &[u8] {
        &self.bytes
    }

    /// Changes a byte behind the program's back; outside the memory nothing changes.
    pub fn corrupt(&mut self, at: usize, value: u8) {
        if let Some(byte) = self.bytes.get_mut(at) {
            *byte = value;
        }
    }

    fn count(&mut self) {
        if self.fail_before.get() == Some(self.stores) {
            // Unwinds without the panic hook: this is no defect to print.
            panic::resume_unwind(std::boxed::Box::new(PowerFailure));
        }
        self.stores += 1;
    }
}

impl Memory for EmulatedFram {
    fn bytes(&self, at: u16, len: u16) -> &[u8] {
        range(&self.bytes, at, len)
    }

    fn store(&mut self, at: u16, value: u8) {
        self.count();
        if let Some(byte) = self.bytes.get_mut(usize::from(at)) {
            *byte = value;
        }
    }

    fn store_word(&mut self, at: u16, value: u16) {
        self.count();
        let at = usize::from(at);
        if let Some(word) = self.bytes.get_mut(at..at + 2) {
            word.copy_from_slice(&value.to_le_bytes());
        }
    }
}
