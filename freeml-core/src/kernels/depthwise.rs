//! Depthwise convolution: each channel has a filter of its own.

use super::filters::Filter;
use super::positions::positions;
use crate::mac::{Channels, suits};
use crate::{Element, Field, Memory, Output, Requantise, Strides, Taps};

/// `clamp(requantise(conv(input)))`, output channel `c` from input channel `c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depthwise<'a> {
    /// Where it reads its operand.
    pub field: Field,
    /// Signed bytes, `[channel][row][column]`.
    pub weights: &'a [u8],
    /// From sums to output units.
    pub requantise: Requantise<'a>,
    /// The result.
    pub output: Output,
}

impl Depthwise<'_> {
    /// The channels of a position as one run.
    #[inline]
    fn channels<'c, E: Element>(&'c self, taps: &'c Taps) -> Option<Channels<'c>> {
        let Depthwise { weights, requantise, output, .. } = self;
        Channels::new::<E, true>(taps, weights, requantise, output)
    }
}

/// Computes step `step` of a depthwise convolution.
#[inline(never)]
pub fn depthwise<E: Element, M: Memory>(layer: &Depthwise<'_>, memory: &mut M, step: u16) {
    let (output, field) = (&layer.output, &layer.field);
    let mut cursor = output.cursor(memory, step);
    let strides =
        Strides { element: field.col_step, element_row: field.row_step, weight_row: field.cols };
    let taps = Taps::new(field.rows, field.cols, E::KIND.size(), strides);
    if suits(memory)
        && let Some(channels) = layer.channels::<E>(&taps)
    {
        return positions(&channels, field, output, memory, &mut cursor);
    }
    let filter_len = usize::from(field.rows).wrapping_mul(field.cols.into());
    let mut filter = Filter::of(cursor.channel, filter_len);
    let channel_offset = cursor.channel.wrapping_mul(E::KIND.size());
    let mut at = field.place(cursor.y, cursor.x).wrapping_add(channel_offset);
    while cursor.left != 0 {
        let elements = memory.bytes(at, taps.element_bytes());
        let sum = E::dot_spaced(0, elements, filter.taps(layer.weights, 0), &taps);
        output.put(memory, cursor.at, layer.requantise.apply(sum, cursor.channel));
        cursor.advance(memory, &output.tensor);
        filter.advance(cursor.channel);
        at = if cursor.channel == 0 {
            field.place(cursor.y, cursor.x)
        } else {
            at.wrapping_add(E::KIND.size())
        };
    }
}
