//! Bits of the status register R2.

/// Carry.
pub const CARRY: u16 = 0x0001;
/// The result is zero.
pub const ZERO: u16 = 0x0002;
/// The result is negative.
pub const NEGATIVE: u16 = 0x0004;
/// The CPU sleeps until an interrupt.
pub const CPU_OFF: u16 = 0x0010;
/// The result has overflowed the signed range.
pub const OVERFLOW: u16 = 0x0100;
