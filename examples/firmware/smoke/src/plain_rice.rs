//! Rice codes bit by bit, without assembly.

use freeml_core::encoding::{Coding, Encoding, Stream, Visitor};

/// Decodes them.
pub enum PlainRice {}

/// Some bytes and the number of bits read.
pub struct Bits<'a>(&'a [u8], u16);

impl<'a> From<&'a [u8]> for Bits<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Bits(bytes, 0)
    }
}

impl<'a> Stream<'a> for Bits<'a> {
    fn pause(&self) -> [u16; 2] {
        [self.1, 0]
    }

    fn resume(bytes: &'a [u8], [bits, _]: [u16; 2]) -> Self {
        Bits(bytes, bits)
    }
}

impl Bits<'_> {
    fn bit(&mut self) -> u16 {
        let byte = self.0.get(usize::from(self.1 / 8)).copied().unwrap_or(0);
        let bit = u16::from(byte >> (7 - self.1 % 8) & 1);
        self.1 += 1;
        bit
    }

    fn append(&mut self, head: u16, count: u8) -> u16 {
        (0..count).fold(head, |value, _| 2 * value + self.bit())
    }

    fn rice(&mut self, low_bits: u8) -> u16 {
        let mut ones = 0;
        while self.bit() == 1 {
            ones += 1;
        }
        self.append(ones, low_bits)
    }
}

impl Encoding for PlainRice {
    type Stream<'a> = Bits<'a>;

    fn row<V: Visitor>(stream: &mut Bits<'_>, coding: Coding, visitor: &mut V) {
        for _ in 0..stream.rice(coding.count_bits) {
            let gap = stream.rice(coding.gap_bits);
            let code = stream.append(0, coding.code_bits);
            let magnitude = 1 << (code / 2);
            visitor.weight(gap, if code % 2 == 0 { magnitude } else { -magnitude });
        }
    }
}
