//! Encodings of sparse weights.
//!
//! A row is the filter of one output channel: its kept weights, each with the number of taps
//! passed over since the one before. Taps are counted in the order of the filter, not by their
//! addresses, so gaps are short whatever the shape of the window. Every decoder takes any
//! bytes: beyond the end of its stream it reads zeros.

mod bits;
mod bytes;
mod packed;
mod rice;
mod shift_add;

pub use bits::BitStream;
pub use bytes::{ByteStream, SparseBytes};
pub use packed::Packed;
pub use rice::Rice;
pub use shift_add::ShiftAdd;

/// Parameters that hold for all rows of a layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coding {
    /// Bits of sign and magnitude: 1 for weights `±1`, 4 for eight magnitudes.
    pub code_bits: u8,
    /// Rice parameter of gaps.
    pub gap_bits: u8,
    /// Rice parameter of the number of weights in a row.
    pub count_bits: u8,
    /// Whether magnitudes are `1, 2, 3, ...` instead of `1, 2, 4, ...`.
    pub uniform: bool,
    /// Whether the weights of each row are multiplied by a power of two of its own.
    pub shifted: bool,
}

/// Takes the weights of a row as they are decoded.
pub trait Visitor {
    /// Passes over `gap` taps and takes `weight` as that of the next one.
    fn weight(&mut self, gap: u16, weight: i16);

    /// The same for an encoding by magnitudes: a sum takes the tap once, with the sign of
    /// `weight`, since [`double`](Visitor::double) gives it its magnitude.
    fn unit(&mut self, gap: u16, weight: i16);

    /// Goes back to the row's first tap.
    fn rewind(&mut self);

    /// Doubles the sum of what came so far.
    fn double(&mut self);
}

/// An encoding as a type, so that a program contains the decoders of those it uses only.
pub trait Encoding {
    /// What is left of some rows that follow each other.
    type Stream<'a>: From<&'a [u8]>;

    /// Decodes the next row.
    fn row(stream: &mut Self::Stream<'_>, coding: Coding, visitor: &mut impl Visitor);
}

/// Powers of two by their code: the exponent, then the sign as the lowest bit.
const POWERS: [i16; 16] = [1, -1, 2, -2, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64, 128, -128];

/// The weight with this code.
#[inline]
fn weight_of(code: u16, coding: Coding) -> i16 {
    if coding.uniform {
        let magnitude = (code >> 1).wrapping_add(1).cast_signed();
        if code & 1 == 0 { magnitude } else { magnitude.wrapping_neg() }
    } else {
        POWERS.get(usize::from(code)).copied().unwrap_or(0)
    }
}
