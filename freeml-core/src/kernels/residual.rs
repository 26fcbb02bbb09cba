//! A second operand, brought to the output's scale.

use crate::tensor::Cursor;
use crate::{Element, I8, Kind, Memory, U8, mac};

/// Fraction bits that byte operands get before the multiplication, so that its high word is
/// the result.
pub(super) const FRACTION_BITS: u8 = 6;

/// An operand of a sum, element for element at the output's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Residual {
    /// Byte offset of its first element; it has bytes and the output's shape.
    pub at: u16,
    /// Bytes of its frame between two rows.
    pub gap: u16,
    /// [`Kind::U8`] or [`Kind::I8`].
    pub kind: Kind,
    /// `round(operand scale / output scale * 2^10)`.
    pub multiplier: i16,
}

impl Residual {
    /// Byte offset of the element at `cursor`.
    #[inline]
    pub(super) fn place(self, cursor: &Cursor) -> u16 {
        let at = self.at.wrapping_add(cursor.index);
        if self.gap == 0 { at } else { at.wrapping_add(cursor.y.wrapping_mul(self.gap)) }
    }

    /// 2^16 times the element at `cursor` in output units.
    #[inline]
    pub(super) fn scaled<M: Memory>(self, memory: &M, cursor: &Cursor) -> i32 {
        let byte = memory.bytes(self.place(cursor), 1);
        let value = match self.kind {
            Kind::I8 => I8::read(byte),
            Kind::U8 | Kind::I16 => U8::read(byte),
        };
        mac::product(value << FRACTION_BITS, self.multiplier)
    }
}

/// The integer nearest to `value / 2^16`.
#[inline]
pub(super) fn round_high(value: i32) -> i32 {
    value.wrapping_add(1 << 15) >> 16
}
