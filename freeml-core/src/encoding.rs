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
pub use rice::{Rice, UniformRice};
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

    /// The same for the weight with this code, whose magnitude is a power of two.
    fn power(&mut self, gap: u16, code: u16) {
        self.weight(gap, power_of(code));
    }

    /// The same for an encoding by magnitudes: a sum takes the tap once, with the sign of
    /// `weight`, since [`double`](Visitor::double) gives it its magnitude.
    fn unit(&mut self, gap: u16, weight: i16);

    /// Whether it takes weights in Rice codes by itself.
    #[cfg(target_arch = "msp430")]
    const DECODES_RICE: bool = false;

    /// Takes `count` weights in Rice codes.
    #[cfg(target_arch = "msp430")]
    fn rice(&mut self, _stream: &mut BitStream<'_>, _coding: Coding, _count: u16) {}

    /// Goes back to the row's first tap.
    fn rewind(&mut self);

    /// Doubles the sum of what came so far.
    fn double(&mut self);
}

/// Rows that are read one after the other.
pub trait Stream<'a>: From<&'a [u8]> {
    /// What it takes to go on later from here.
    fn pause(&self) -> [u16; 2];

    /// Goes on in `bytes`, the same as before; with any other mark it is somewhere in there or
    /// at its end.
    fn resume(bytes: &'a [u8], mark: [u16; 2]) -> Self;
}

/// The last `left` of `bytes`.
fn last(bytes: &[u8], left: u16) -> &[u8] {
    let passed = bytes.len().checked_sub(left.into());
    passed.and_then(|passed| bytes.get(passed..)).unwrap_or(&[])
}

/// How many `bytes` are left; tables are below 64 KiB.
fn left(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

/// An encoding as a type, so that a program contains the decoders of those it uses only.
pub trait Encoding {
    /// What is left of some rows that follow each other.
    type Stream<'a>: Stream<'a>;

    /// Decodes the next row.
    fn row<V: Visitor>(stream: &mut Self::Stream<'_>, coding: Coding, visitor: &mut V);
}

/// Powers of two by their code: the exponent, then the sign as the lowest bit. Its name is known to
/// assembly.
#[cfg_attr(target_arch = "msp430", unsafe(export_name = "__freeml_powers"))]
pub(crate) static POWERS: [i16; 16] =
    [1, -1, 2, -2, 4, -4, 8, -8, 16, -16, 32, -32, 64, -64, 128, -128];

/// The weight with this code, if magnitudes are powers of two.
#[inline]
fn power_of(code: u16) -> i16 {
    POWERS.get(usize::from(code)).copied().unwrap_or(0)
}

/// The weight with this code, if magnitudes are uniform.
#[inline]
fn uniform(code: u16) -> i16 {
    let magnitude = (code >> 1).wrapping_add(1).cast_signed();
    if code & 1 == 0 { magnitude } else { magnitude.wrapping_neg() }
}

/// Hands on the weight with this code.
#[inline]
fn visit(visitor: &mut impl Visitor, gap: u16, code: u16, coding: Coding) {
    if coding.uniform {
        visitor.weight(gap, uniform(code));
    } else {
        visitor.power(gap, code);
    }
}
