//! Multiplications: the portable form, and the MSP430's hardware multiplier.
//!
//! Both give the same numbers. Every function is pure: the multiplier's registers hold
//! nothing between two calls, so compiled code may multiply in between. Interrupt handlers
//! must not use the multiplier while an inference runs, or save and restore its registers.

mod channels;
#[cfg(target_arch = "msp430")]
mod msp430;
#[cfg(not(target_arch = "msp430"))]
mod portable;

#[cfg(target_arch = "msp430")]
use msp430 as imp;
#[cfg(not(target_arch = "msp430"))]
use portable as imp;

pub(crate) use channels::{Channels, Place, Prepared, suits};
pub(crate) use imp::{checked_times, times};
pub(crate) use imp::{coded_i8, coded_i16, coded_u8};
pub(crate) use imp::{dot_i8, dot_i16, dot_u8, spaced_i8, spaced_i16, spaced_u8};
pub(crate) use imp::{gather_i8, gather_i16, gather_u8, product, scale};
pub(crate) use imp::{largest_i8, largest_i16, largest_u8};

/// Pairs of elements and weights: `rows` of `cols` of them.
///
/// Weights of a row are neighbours; its elements lie `spacing` bytes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taps {
    rows: u16,
    cols: u16,
    spacing: u16,
    /// Bytes from the place behind a row's last element to the next row's first.
    element_skip: u16,
    /// Bytes from the place behind a row's last weight to the next row's first.
    weight_skip: u16,
    /// Bytes from the first element to the end of the last.
    element_bytes: u16,
    /// Bytes from the first weight to the end of the last.
    weight_bytes: u16,
}

/// Distances between pairs, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strides {
    /// From one element of a row to the next.
    pub element: u16,
    /// From one row of elements to the next.
    pub element_row: u16,
    /// From one row of weights to the next.
    pub weight_row: u16,
}

impl Taps {
    /// No pair.
    pub const NONE: Taps = Taps {
        rows: 0,
        cols: 0,
        spacing: 0,
        element_skip: 0,
        weight_skip: 0,
        element_bytes: 0,
        weight_bytes: 0,
    };

    /// `rows` of `cols` pairs whose elements have `size` bytes; none if they span more than 16
    /// bits reach.
    #[inline]
    pub fn new(rows: u16, cols: u16, size: u16, strides: Strides) -> Taps {
        let Strides { element, element_row, weight_row } = strides;
        let (down, along) = (rows.wrapping_sub(1), cols.wrapping_sub(1));
        let element_bytes = span([down, along], [element_row, element], size);
        let weight_bytes = span([down, along], [weight_row, 1], 1);
        match (element_bytes, weight_bytes) {
            (Some(element_bytes), Some(weight_bytes)) if rows != 0 && cols != 0 => Taps {
                rows,
                cols,
                spacing: element,
                element_skip: element_row.wrapping_sub(cols.wrapping_mul(element)),
                weight_skip: weight_row.wrapping_sub(cols),
                element_bytes,
                weight_bytes,
            },
            _ => Taps::NONE,
        }
    }

    /// Bytes from the first element to the end of the last.
    #[inline]
    pub fn element_bytes(&self) -> u16 {
        self.element_bytes
    }

    /// Whether there are pairs and both slices hold them all.
    #[inline]
    fn fit(&self, elements: &[u8], weights: &[u8]) -> bool {
        self.rows != 0
            && usize::from(self.element_bytes) <= elements.len()
            && usize::from(self.weight_bytes) <= weights.len()
    }
}

/// Bytes up to the end of a last element of `size` bytes that lies `counts` of `steps` away; `None`
/// beyond 16 bits.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn span(counts: [u16; 2], steps: [u16; 2], size: u16) -> Option<u16> {
    let [down, along] = counts;
    let [row, element] = steps;
    down.checked_mul(row)?.checked_add(along.checked_mul(element)?)?.checked_add(size)
}
