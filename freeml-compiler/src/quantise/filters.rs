//! Sparse weights of a layer, as retraining leaves them.

/// One kept weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// Its position in the filter, in the kernel's order `[row][column][input channel of the
    /// group]`; for a dense layer the position in the operand's memory order `H x W x C`.
    pub index: u16,
    /// Its value in units of the layer: `±2^k`, `k` below [`Filters::magnitudes`].
    pub weight: i16,
}

/// Weights, biases and requantisation of a layer with one unit for all channels:
/// `y = clamp(floor((Σ x·w + (bias << bias_shift) + rounding) · multiplier / 2^shift) + residual)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Number of magnitudes: weights are `±1, ±2, ... ±2^(magnitudes - 1)` units; 1, 2, 4 or 8.
    pub magnitudes: u8,
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
