//! Depthwise convolution: each channel has a filter of its own.

use super::filters::Filter;
use crate::{Element, Memory, Output, Requantise, Strides, Taps, Tensor, Window};

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

/// The part of a window that lies inside the input.
#[derive(Clone, Copy)]
struct Patch {
    /// Byte offset of the first tap inside.
    at: u16,
    /// The first tap inside, as an offset into a filter.
    tap: u16,
    taps: Taps,
}

impl Depthwise<'_> {
    /// Moves `patch` to the window at row `y` and column `x` of the result.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn place<E: Element>(&self, patch: &mut Patch, y: u16, x: u16) {
        let (input, window) = (&self.input, &self.window);
        let place = window.place(y, x, input);
        patch.at = place.at(input);
        patch.tap = place.rows.first.wrapping_mul(window.cols).wrapping_add(place.cols.first);
        let strides = Strides {
            element: input.pixel_bytes().wrapping_mul(window.col_dilation),
            element_row: input.row_bytes().wrapping_mul(window.row_dilation),
            weight_row: window.cols,
        };
        patch.taps = Taps::new(place.rows.count, place.cols.count, E::KIND.size(), strides);
    }
}

/// Computes step `step` of a depthwise convolution.
#[inline(never)]
pub fn depthwise<E: Element, M: Memory>(layer: &Depthwise<'_>, memory: &mut M, step: u16) {
    let (output, window) = (&layer.output, &layer.window);
    let mut cursor = output.cursor(step);
    let filter_len = usize::from(window.rows).wrapping_mul(window.cols.into());
    let mut filter = Filter::of(cursor.channel, filter_len);
    let mut patch = Patch { at: 0, tap: 0, taps: Taps::NONE };
    let mut placed = false;
    while cursor.left != 0 {
        if !placed || cursor.channel == 0 {
            layer.place::<E>(&mut patch, cursor.y, cursor.x);
            placed = true;
        }
        let at = patch.at.wrapping_add(cursor.channel.wrapping_mul(E::KIND.size()));
        let elements = memory.bytes(at, patch.taps.element_bytes());
        let weights = filter.taps(layer.weights, patch.tap);
        let sum = E::dot_spaced(0, elements, weights, &patch.taps);
        output.put(memory, cursor.at, layer.requantise.apply(sum, cursor.channel));
        cursor.advance(&output.tensor);
        filter.advance(cursor.channel);
    }
}
