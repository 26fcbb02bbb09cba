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
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn taps<E: Element>(&self) -> Taps {
        let Field { rows, cols, row_step, col_step, .. } = self.field;
        let strides = Strides { element: col_step, element_row: row_step, weight_row: cols };
        Taps::new(rows, cols, E::KIND.size(), strides)
    }
}

/// Computes step `step` of a depthwise convolution.
#[inline(never)]
pub fn depthwise<E: Element, M: Memory>(layer: &Depthwise<'_>, memory: &mut M, step: u16) {
    // Apart, so that neither way takes the stack of the other.
    if !(suits(memory) && by_position::<E, M>(layer, memory, step)) {
        by_element::<E, M>(layer, memory, step);
    }
}

/// Computes the step a position at a time; not if the layer is none for that.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn by_position<E: Element, M: Memory>(layer: &Depthwise<'_>, memory: &mut M, step: u16) -> bool {
    let Depthwise { field, weights, requantise, output } = layer;
    let taps = layer.taps::<E>();
    let Some(channels) = Channels::new::<E, true>(&taps, weights, requantise, output) else {
        return false;
    };
    let mut cursor = output.cursor(memory, step);
    positions(&channels, field, output, memory, &mut cursor);
    true
}

#[cfg_attr(target_arch = "msp430", inline(never))]
fn by_element<E: Element, M: Memory>(layer: &Depthwise<'_>, memory: &mut M, step: u16) {
    let (output, field) = (&layer.output, &layer.field);
    let mut cursor = output.cursor(memory, step);
    let taps = layer.taps::<E>();
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
