//! Reading bit by bit.

#[cfg(target_arch = "msp430")]
mod msp430;
#[cfg(not(target_arch = "msp430"))]
mod portable;

#[cfg(target_arch = "msp430")]
use msp430 as imp;
#[cfg(not(target_arch = "msp430"))]
use portable as imp;

use core::slice;

use super::{Stream, last, left};

/// Bits of some bytes, the highest of each first; zeros follow the last.
#[derive(Debug, Clone)]
pub struct BitStream<'a> {
    bytes: slice::Iter<'a, u8>,
    /// Bits of the current byte, then a one and zeros: shifts by one are cheap on a 16-bit
    /// processor, and no count of bits is needed.
    window: u16,
}

/// A window without bits.
const EMPTY: u16 = 0x8000;

impl<'a> From<&'a [u8]> for BitStream<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        BitStream { bytes: bytes.iter(), window: EMPTY }
    }
}

impl<'a> Stream<'a> for BitStream<'a> {
    fn pause(&self) -> [u16; 2] {
        [left(self.bytes.as_slice()), self.window]
    }

    fn resume(bytes: &'a [u8], [left, window]: [u16; 2]) -> Self {
        BitStream { bytes: last(bytes, left).iter(), window }
    }
}

#[cfg(target_arch = "msp430")]
impl BitStream<'_> {
    /// The bytes left.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// Bits of the current byte.
    pub(crate) fn window(&self) -> u16 {
        self.window
    }

    /// Goes on with `left` bytes left.
    pub(crate) fn go_on(&mut self, left: usize, window: u16) {
        let bytes = self.bytes.as_slice();
        let passed = bytes.len().wrapping_sub(left);
        self.bytes = bytes.get(passed..).unwrap_or(&[]).iter();
        self.window = window;
    }
}

impl BitStream<'_> {
    /// A Rice code, then `tail_bits` bits as a number of their own.
    ///
    /// A Rice code is the value without its lowest `low_bits` bits as so many ones, a zero, and
    /// these bits.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    #[cfg_attr(not(target_arch = "msp430"), inline)]
    pub(super) fn rice(&mut self, low_bits: u8, tail_bits: u8) -> (u16, u16) {
        let ones = imp::ones(self);
        let value = imp::append(self, ones, low_bits);
        (value, imp::append(self, 0, tail_bits))
    }
}
