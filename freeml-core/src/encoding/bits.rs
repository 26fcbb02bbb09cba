//! Reading bit by bit.

use core::slice;

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

impl BitStream<'_> {
    #[inline]
    fn bit(&mut self) -> u16 {
        if self.window == EMPTY {
            let byte = self.bytes.next().copied().unwrap_or(0);
            self.window = u16::from(byte) << 8 | 0x80;
        }
        let bit = u16::from(self.window.cast_signed() < 0);
        self.window <<= 1;
        bit
    }

    /// `head`, with the next `count` bits behind it.
    #[inline]
    pub(super) fn append(&mut self, head: u16, count: u8) -> u16 {
        (0..count).fold(head, |value, _| value << 1 | self.bit())
    }

    /// A Rice code: the value without its lowest `low_bits` bits as so many ones, a zero, and
    /// these bits.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    pub(super) fn rice(&mut self, low_bits: u8) -> u16 {
        let mut ones: u16 = 0;
        while self.bit() != 0 {
            ones = ones.wrapping_add(1);
        }
        self.append(ones, low_bits)
    }
}
