//! Weights of few magnitudes in as few bits as their gaps have information.

use super::bits::BitStream;
use super::{Coding, Encoding, Visitor, uniform};

/// A row: the number of weights as a Rice code; for each the gap as a Rice code, and the code. All
/// magnitudes are powers of two.
///
/// Gaps between weights kept at random are distributed geometrically, for which Rice codes are
/// within some percent of the entropy at any density.
#[derive(Debug)]
pub enum Rice {}

impl Encoding for Rice {
    type Stream<'a> = BitStream<'a>;

    #[inline]
    fn row<V: Visitor>(stream: &mut BitStream<'_>, coding: Coding, visitor: &mut V) {
        let (count, _) = stream.rice(coding.count_bits, 0);
        #[cfg(target_arch = "msp430")]
        if V::DECODES_RICE {
            visitor.rice(stream, coding, count);
            return;
        }
        for _ in 0..count {
            let (gap, code) = stream.rice(coding.gap_bits, coding.code_bits);
            visitor.power(gap, code);
        }
    }
}

/// The same for uniform magnitudes.
#[derive(Debug)]
pub enum UniformRice {}

impl Encoding for UniformRice {
    type Stream<'a> = BitStream<'a>;

    #[inline]
    fn row<V: Visitor>(stream: &mut BitStream<'_>, coding: Coding, visitor: &mut V) {
        let (count, _) = stream.rice(coding.count_bits, 0);
        for _ in 0..count {
            let (gap, code) = stream.rice(coding.gap_bits, coding.code_bits);
            visitor.weight(gap, uniform(code));
        }
    }
}
