//! Weights of any value, two bytes each.

use core::slice;

use super::{Coding, Encoding, Stream, Visitor, last, left};

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

impl<'a> Stream<'a> for ByteStream<'a> {
    fn pause(&self) -> [u16; 2] {
        [left(self.rest()), 0]
    }

    fn resume(bytes: &'a [u8], [left, _]: [u16; 2]) -> Self {
        last(bytes, left).into()
    }
}

impl<'a> ByteStream<'a> {
    /// The bytes left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.as_slice()
    }

    /// Passes over `count` bytes.
    #[inline]
    pub(crate) fn skip(&mut self, count: u16) {
        self.bytes = self.rest().get(usize::from(count)..).unwrap_or(&[]).iter();
    }

    /// The next byte.
    #[inline]
    pub(super) fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    /// A number: the sum of bytes up to the first below 255.
    #[inline]
    pub(crate) fn number(&mut self) -> u16 {
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

/// A row: the number of weights; for each the gap, and the weight as a signed byte.
///
/// A number, such as a gap, is a byte; 255 stands for 255 more than what follows.
#[derive(Debug)]
pub enum SparseBytes {}

impl Encoding for SparseBytes {
    type Stream<'a> = ByteStream<'a>;

    #[inline]
    fn row<V: Visitor>(stream: &mut ByteStream<'_>, _coding: Coding, visitor: &mut V) {
        for _ in 0..stream.number() {
            let gap = stream.number();
            visitor.weight(gap, stream.byte().cast_signed().into());
        }
    }
}
