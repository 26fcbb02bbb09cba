//! Sparse weights of a layer, as retraining leaves them.

use crate::train::Levels;

/// One kept weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// Its position in the filter, in the kernel's order `[row][column][input channel of the
    /// group]`; for a dense layer the position in the operand's memory order `H x W x C`.
    pub index: u16,
    /// Its value in units of the layer, one of [`Filters::levels`].
    pub weight: i16,
}

/// Weights, biases and requantisation of a layer with one unit for all channels:
/// `y = clamp(floor((Σ x·w + (bias << bias_shift) + rounding) · multiplier / 2^shift) + residual)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Magnitudes of the weights of a row, in units of the layer times a power of two of the row
    /// below 2 to the power of [`ROW_SHIFTS`](crate::train::ROW_SHIFTS). Their number is a power of
    /// two, at most 16.
    pub levels: Levels,
    /// Kept weights of each output channel, by increasing position.
    pub rows: Vec<Vec<Tap>>,
    /// One per output channel.
    pub bias: Vec<i8>,
    /// Sum units of one unit of the biases, as a power of two.
    pub bias_shift: u8,
    /// Half an output unit in units of the sum.
    pub rounding: i32,
    /// Not negative.
    pub multiplier: i16,
    /// [`SHIFT_16`](freeml_core::SHIFT_16) or [`SHIFT_24`](freeml_core::SHIFT_24).
    pub shift: u8,
}

impl Filters {
    /// Number of kept weights.
    pub fn kept(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }
}
