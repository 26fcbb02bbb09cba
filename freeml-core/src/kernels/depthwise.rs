//! Depthwise convolution: each channel has a filter of its own.

use crate::memory::range;
use crate::tensor::{Placement, Positions};
use crate::{Element, Memory, Output, Requantise, Tensor, Window};

/// `clamp(requantise(conv(input)))`, output channel `c` from input channel `c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depthwise<'a> {
    /// The operand.
    pub input: Tensor,
    /// The kernel's taps.
    pub window: Window,
    /// Signed bytes, `[channel][row][column]`.
    pub weights: &'a [u8],
    /// From sums to output units.
    pub requantise: Requantise<'a>,
    /// The result.
    pub output: Output,
}

impl Depthwise<'_> {
    fn filter(&self, channel: u16) -> &[u8] {
        let len = usize::from(self.window.rows) * usize::from(self.window.cols);
        let start = usize::from(channel) * len;
        self.weights.get(start..start + len).unwrap_or(&[])
    }

    fn sum<E: Element, M: Memory>(&self, memory: &M, place: &Placement, channel: u16) -> i32 {
        let Placement { rows, cols } = place;
        let Some(gaps) = cols.count.checked_sub(1) else {
            return 0;
        };
        let size = E::KIND.size();
        let step = self.input.pixel_bytes().wrapping_mul(self.window.col_dilation);
        let row_step = self.input.row_bytes().wrapping_mul(self.window.row_dilation);
        let row_bytes = gaps.wrapping_mul(step).wrapping_add(size);
        let filter = self.filter(channel);
        let mut at = place.at(&self.input).wrapping_add(channel.wrapping_mul(size));
        let mut tap = rows.first.wrapping_mul(self.window.cols).wrapping_add(cols.first);
        let mut sum = 0;
        for _ in 0..rows.count {
            let taps = range(filter, tap, cols.count);
            sum = E::dot_strided(sum, memory.bytes(at, row_bytes), step, taps);
            tap = tap.wrapping_add(self.window.cols);
            at = at.wrapping_add(row_step);
        }
        sum
    }
}

/// Computes step `step` of a depthwise convolution.
#[inline(never)]
pub fn depthwise<E: Element, M: Memory>(layer: &Depthwise<'_>, memory: &mut M, step: u16) {
    let (output, window) = (&layer.output, &layer.window);
    let mut pixel = None;
    for position in Positions::of_step(&output.tensor, output.per_step, step) {
        let place = match pixel {
            Some(place) if position.channel != 0 => place,
            _ => window.place(position.y, position.x, &layer.input),
        };
        pixel = Some(place);
        let sum = layer.sum::<E, M>(memory, &place, position.channel);
        let value = layer.requantise.apply(sum, position.channel);
        output.tensor.kind.store(memory, position.at, output.clamp(value));
    }
}
