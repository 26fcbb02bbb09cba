//! Additions gathered by the power of two that they are multiplied by, then written as operations.

#[cfg(target_arch = "msp430")]
mod msp430;
#[cfg(not(target_arch = "msp430"))]
mod portable;

#[cfg(target_arch = "msp430")]
pub(super) use msp430::Lists;
#[cfg(not(target_arch = "msp430"))]
pub(super) use portable::Lists;

/// Powers of two, each with two lists, of positive (even numbers) and of negative weights.
pub(super) const LISTS: u16 = 16;

/// Bytes for the heads of the lists.
pub(super) const HEADS_BYTES: u16 = 2 * LISTS;

/// Bytes of an entry: the distance of a tap from the window's start, and the entry before.
pub(super) const ENTRY_BYTES: u16 = 4;

/// End of a list.
#[cfg(not(target_arch = "msp430"))]
const NONE: u16 = 0;
