//! Element types of activations.

use crate::Memory;
use crate::mac::{self, Taps};

/// How an activation is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Unsigned byte: what follows a ReLU.
    U8,
    /// Signed byte: linear results.
    I8,
    /// Signed little-endian word: 16-bit sensor samples and logits.
    I16,
}

impl Kind {
    /// Bytes of one element.
    pub const fn size(self) -> u16 {
        match self {
            Kind::U8 | Kind::I8 => 1,
            Kind::I16 => 2,
        }
    }

    /// Smallest and largest value that quantisation uses; symmetric for signed kinds.
    pub const fn range(self) -> (i16, i16) {
        match self {
            Kind::U8 => (0, 255),
            Kind::I8 => (-127, 127),
            Kind::I16 => (-32767, 32767),
        }
    }

    /// Stores `value`, which lies within the kind's range.
    #[inline]
    pub(crate) fn store<M: Memory>(self, memory: &mut M, at: u16, value: i16) {
        let word = value.cast_unsigned();
        match self {
            Kind::U8 | Kind::I8 => memory.store(at, word.to_le_bytes()[0]),
            Kind::I16 => memory.store_word(at, word),
        }
    }
}

/// An element type as a type, so that each kernel is compiled only for those a net uses.
pub trait Element {
    /// The kind it stands for.
    const KIND: Kind;

    /// The element at the start of `bytes`, 0 if there is none.
    fn read(bytes: &[u8]) -> i16;

    /// `sum` + the products of all pairs of `taps`, whose elements are neighbours in a row;
    /// `sum` alone if the slices do not hold them all.
    fn dot(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32;

    /// The same with elements that lie apart.
    fn dot_spaced(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32;

    /// `sum` + the products of weights with elements here and there: `list` holds pairs of
    /// little-endian words, the distance in bytes from the element before (at first from the
    /// start of `elements`) and the weight. All distances lead to elements inside.
    fn gather(sum: i32, elements: &[u8], list: &[u8]) -> i32;

    /// `sum` + the products of pairs of neighbouring elements and the two of `weights` that the
    /// halves of a byte of `codes` stand for, the low one first; as many as both slices hold.
    fn coded(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32;

    /// The largest of `start` and `count` elements that lie `spacing` bytes apart, the last of which
    /// ends the slice; `start` alone if it does not.
    fn largest(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16;
}

/// Marker for [`Kind::U8`].
#[derive(Debug)]
pub enum U8 {}

/// Marker for [`Kind::I8`].
#[derive(Debug)]
pub enum I8 {}

/// Marker for [`Kind::I16`].
#[derive(Debug)]
pub enum I16 {}

impl Element for U8 {
    const KIND: Kind = Kind::U8;

    #[inline]
    fn read(bytes: &[u8]) -> i16 {
        bytes.first().map_or(0, |&byte| i16::from(byte))
    }

    #[inline]
    fn dot(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
        mac::dot_u8(sum, elements, weights, taps)
    }

    #[inline]
    fn dot_spaced(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
        mac::spaced_u8(sum, elements, weights, taps)
    }

    #[inline]
    fn gather(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
        mac::gather_u8(sum, elements, list)
    }

    #[inline]
    fn coded(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
        mac::coded_u8(sum, elements, codes, weights)
    }

    #[inline]
    fn largest(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
        mac::largest_u8(start, elements, spacing, count)
    }
}

impl Element for I8 {
    const KIND: Kind = Kind::I8;

    #[inline]
    fn read(bytes: &[u8]) -> i16 {
        bytes.first().map_or(0, |&byte| i16::from(byte.cast_signed()))
    }

    #[inline]
    fn dot(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
        mac::dot_i8(sum, elements, weights, taps)
    }

    #[inline]
    fn dot_spaced(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
        mac::spaced_i8(sum, elements, weights, taps)
    }

    #[inline]
    fn gather(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
        mac::gather_i8(sum, elements, list)
    }

    #[inline]
    fn coded(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
        mac::coded_i8(sum, elements, codes, weights)
    }

    #[inline]
    fn largest(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
        mac::largest_i8(start, elements, spacing, count)
    }
}

impl Element for I16 {
    const KIND: Kind = Kind::I16;

    #[inline]
    fn read(bytes: &[u8]) -> i16 {
        match bytes {
            &[low, high, ..] => i16::from_le_bytes([low, high]),
            _ => 0,
        }
    }

    #[inline]
    fn dot(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
        mac::dot_i16(sum, elements, weights, taps)
    }

    #[inline]
    fn dot_spaced(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
        mac::spaced_i16(sum, elements, weights, taps)
    }

    #[inline]
    fn gather(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
        mac::gather_i16(sum, elements, list)
    }

    #[inline]
    fn coded(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
        mac::coded_i16(sum, elements, codes, weights)
    }

    #[inline]
    fn largest(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
        mac::largest_i16(start, elements, spacing, count)
    }
}

/// A raw sensor value, as it goes into the first layer.
pub trait Sample: Copy {
    /// How the input tensor stores it.
    const KIND: Kind;

    /// Its value.
    fn value(self) -> i16;
}

impl Sample for u8 {
    const KIND: Kind = Kind::U8;

    fn value(self) -> i16 {
        i16::from(self)
    }
}

impl Sample for i8 {
    const KIND: Kind = Kind::I8;

    fn value(self) -> i16 {
        i16::from(self)
    }
}

impl Sample for i16 {
    const KIND: Kind = Kind::I16;

    fn value(self) -> i16 {
        self
    }
}
