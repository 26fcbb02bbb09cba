//! Weights of any value, two bytes each.

use core::slice;

use super::{Coding, Encoding, Visitor};

/// Marks a gap or a count that goes on in the next byte.
const ESCAPE: u8 = 255;

/// Bytes in turn; zeros follow the last.
#[derive(Debug, Clone)]
pub struct ByteStream<'a> {
    bytes: slice::Iter<'a, u8>,
}

impl<'a> From<&'a [u8]> for ByteStream<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        ByteStream { bytes: bytes.iter() }
    }
}

impl ByteStream<'_> {
    /// The next byte.
    #[inline]
    pub(super) fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    /// The sum of bytes up to the first below 255.
    #[inline]
    pub(super) fn number(&mut self) -> u16 {
        let mut sum: u16 = 0;
        loop {
            let byte = self.byte();
            sum = sum.wrapping_add(byte.into());
            if byte != ESCAPE {
                return sum;
            }
        }
    }
}

/// A row: the [number](crate::encoding) of weights; for each the gap, and a signed byte.
///
/// Numbers are bytes, of which 255 adds the next one.
#[derive(Debug)]
pub enum SparseBytes {}

impl Encoding for SparseBytes {
    type Stream<'a> = ByteStream<'a>;

    #[inline]
    fn row(stream: &mut ByteStream<'_>, _coding: Coding, visitor: &mut impl Visitor) {
        for _ in 0..stream.number() {
            let gap = stream.number();
            visitor.weight(gap, stream.byte().cast_signed().into());
        }
    }
}
