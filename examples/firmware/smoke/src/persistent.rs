//! A word in memory that is always read and written.

use core::cell::UnsafeCell;

/// A `u16` whose every access reaches memory; a store is atomic.
#[repr(transparent)]
pub struct Word(UnsafeCell<u16>);

// SAFETY: the firmware has one thread and no interrupts.
unsafe impl Sync for Word {}

impl Word {
    /// A word for a section that is not loaded: its value is whatever memory holds.
    pub const fn new() -> Self {
        Self::with(0)
    }

    /// A word with a value to start from.
    pub const fn with(value: u16) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Reads the word.
    pub fn get(&self) -> u16 {
        // SAFETY: the pointer is valid and aligned.
        unsafe { self.0.get().read_volatile() }
    }

    /// Writes the word.
    pub fn set(&self, value: u16) {
        // SAFETY: as in `get`; no reference to the inside exists.
        unsafe { self.0.get().write_volatile(value) }
    }
}
