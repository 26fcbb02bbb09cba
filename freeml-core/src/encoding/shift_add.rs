//! Powers of two by magnitude, for sums without multiplications.

use super::bytes::ByteStream;
use super::{Coding, Encoding, Visitor, power_of};

/// Count in half a byte that goes on behind it.
const LONG: u8 = 15;

/// A row: for every magnitude from the largest on, a byte with the numbers of its positive
/// (high half) and negative weights, then the gaps of the ones and of the others.
///
/// Halves of 15 add a number that follows the byte. Gaps and numbers are as in
/// [`SparseBytes`](super::SparseBytes); each list begins at the first tap. Horner's rule,
/// `sum = 2 sum + positive - negative` for each magnitude, then needs additions only.
#[derive(Debug)]
pub enum ShiftAdd {}

impl Encoding for ShiftAdd {
    type Stream<'a> = ByteStream<'a>;

    #[inline]
    fn row<V: Visitor>(stream: &mut ByteStream<'_>, coding: Coding, visitor: &mut V) {
        // Magnitudes are numbered by the code of their positive weight.
        let mut end = 1_u16 << (coding.code_bits & 7);
        while end >= 2 {
            end -= 2;
            visitor.double();
            let counts = stream.byte();
            let [positive, negative] = [counts >> 4, counts & LONG].map(|count| {
                let more = if count == LONG { stream.number() } else { 0 };
                more.wrapping_add(count.into())
            });
            for (count, code) in [(positive, end), (negative, end | 1)] {
                let weight = power_of(code);
                visitor.rewind();
                for _ in 0..count {
                    visitor.unit(stream.number(), weight);
                }
            }
        }
    }
}
