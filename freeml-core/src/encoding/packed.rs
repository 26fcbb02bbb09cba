//! Weights of few magnitudes, a byte each.

use super::bytes::ByteStream;
use super::{Coding, Encoding, Visitor, visit};

/// A row: the number of weights, as in [`SparseBytes`](super::SparseBytes); for each a byte of
/// gap (high bits) and code (low bits).
///
/// A gap of all ones stands for no weight: it passes over `gap * (1 + code)` taps.
#[derive(Debug)]
pub enum Packed {}

impl Encoding for Packed {
    type Stream<'a> = ByteStream<'a>;

    #[inline]
    fn row<V: Visitor>(stream: &mut ByteStream<'_>, coding: Coding, visitor: &mut V) {
        let code_bits = coding.code_bits & 7;
        let escape = 0xFF_u8 >> code_bits;
        let mask = !(0xFF_u8 << code_bits);
        for _ in 0..stream.number() {
            let mut passed: u16 = 0;
            let mut byte = stream.byte();
            while byte >> code_bits == escape {
                let turns = u16::from(byte & mask).wrapping_add(1);
                passed = passed.wrapping_add(turns.wrapping_mul(escape.into()));
                byte = stream.byte();
            }
            let gap = passed.wrapping_add((byte >> code_bits).into());
            visit(visitor, gap, (byte & mask).into(), coding);
        }
    }
}
