//! From 32-bit sums to activations.

use crate::tensor::Cursor;
use crate::{Memory, Tensor, mac};

/// Shift of a layer whose largest factor is at least 2^-9.
pub const SHIFT_16: u8 = 16;

/// Shift of a layer whose factors are all below 2^-9.
pub const SHIFT_24: u8 = 24;

/// Per-channel affine map of 32-bit sums:
/// `floor((sum + bias) * multiplier / 2^shift)`.
///
/// The product with a 15-bit multiplier is taken by two hardware multiplications, and a
/// shift by 16 or 24 is a choice of words and bytes: a general 32-bit shift costs a 16-bit
/// core more than both. Rounding to nearest is part of the bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requantise<'a> {
    /// One per channel, in units of the sum.
    pub bias: &'a [i32],
    /// One per channel, not negative.
    pub multiplier: &'a [i16],
    /// [`SHIFT_16`] or [`SHIFT_24`].
    pub shift: u8,
}

impl Requantise<'_> {
    /// The value of `sum` in `channel`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    pub fn apply(&self, sum: i32, channel: u16) -> i32 {
        let channel = usize::from(channel);
        let bias = self.bias.get(channel).copied().unwrap_or(0);
        let multiplier = self.multiplier.get(channel).copied().unwrap_or(0);
        scale(sum.wrapping_add(bias), multiplier, self.shift)
    }
}

/// `floor(sum * multiplier / 2^shift)`.
#[inline]
fn scale(sum: i32, multiplier: i16, shift: u8) -> i32 {
    let scaled = mac::scale(sum, multiplier);
    if shift == SHIFT_24 { scaled >> 8 } else { scaled }
}

/// The map of a layer whose channels share one multiplier:
/// `floor((sum + (bias << bias_shift) + rounding) * multiplier / 2^shift)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerScale {
    /// Half an output unit, in units of the sum.
    pub rounding: i32,
    /// Not negative.
    pub multiplier: i16,
    /// Sum units of one unit of the biases, as a power of two.
    pub bias_shift: u8,
    /// [`SHIFT_16`] or [`SHIFT_24`].
    pub shift: u8,
}

impl LayerScale {
    /// What a channel with this bias adds to its sums.
    pub(crate) fn offset(self, bias: i8) -> i32 {
        let bias = i32::from(bias).checked_shl(self.bias_shift.into()).unwrap_or(0);
        bias.wrapping_add(self.rounding)
    }

    /// The value of `sum`, its offset included.
    #[inline]
    pub(crate) fn apply(self, sum: i32) -> i32 {
        scale(sum, self.multiplier, self.shift)
    }
}

/// Where results go and within which bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// The output tensor.
    pub tensor: Tensor,
    /// Smallest value: 0 after a ReLU, else the least of the element type.
    pub low: i16,
    /// Largest value: a ReLU6's bound or the largest of the element type.
    pub high: i16,
    /// Elements that one step computes.
    pub per_step: u16,
}

impl Output {
    /// Number of steps that the layer takes.
    pub const fn steps(&self) -> u16 {
        self.tensor.len().div_ceil(if self.per_step == 0 { 1 } else { self.per_step })
    }

    /// Stores `value`, brought within the bounds, at byte offset `at`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    pub(crate) fn put<M: Memory>(&self, memory: &mut M, at: u16, value: i32) {
        let limit = if value < 0 { i16::MIN } else { i16::MAX };
        let value = i16::try_from(value).unwrap_or(limit).max(self.low).min(self.high);
        self.tensor.kind.store(memory, at, value);
    }

    /// At the first element of step `step`; before the very first, stores the zeros there.
    pub(crate) fn cursor<M: Memory>(&self, memory: &mut M, step: u16) -> Cursor {
        if step == 0 {
            self.tensor.clear_before_row(memory, 0);
        }
        Cursor::of_step(&self.tensor, self.per_step, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_floor_of_the_exact_product(
            sum in -(1i32 << 30)..(1 << 30), bias in -(1i32 << 20)..(1 << 20),
            multiplier in 0i16..=i16::MAX, wide: bool,
        ) {
            let shift = if wide { SHIFT_24 } else { SHIFT_16 };
            let requantise = Requantise { bias: &[0, bias], multiplier: &[0, multiplier], shift };
            let exact = (i64::from(sum) + i64::from(bias)) * i64::from(multiplier);
            prop_assert_eq!(i64::from(requantise.apply(sum, 1)), exact >> shift);
        }
    }
}
