//! Mean over windows.

use crate::{Element, Memory, Output, Requantise, Tensor, Window};

/// `clamp(requantise(sum of the window))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AveragePool<'a> {
    /// The operand.
    pub input: Tensor,
    /// The averaged windows.
    pub window: Window,
    /// Whether a window that reaches over the edge is the mean of the taps inside only; else
    /// taps outside count as zeros.
    pub inside_only: bool,
    /// From the sum over a full window to output units; one channel, used for all.
    pub requantise: Requantise<'a>,
    /// The result.
    pub output: Output,
}

/// Computes step `step` of an average pool.
#[inline(never)]
pub fn average_pool<E: Element, M: Memory>(layer: &AveragePool<'_>, memory: &mut M, step: u16) {
    let (input, window, output) = (&layer.input, &layer.window, &layer.output);
    let size = E::KIND.size();
    let col_step = input.pixel_bytes().wrapping_mul(window.col_dilation);
    let row_step = input.row_bytes().wrapping_mul(window.row_dilation);
    let full = window.rows.wrapping_mul(window.cols);
    let mut cursor = output.cursor(memory, step);
    while cursor.left != 0 {
        let place = window.place(cursor.y, cursor.x, input);
        let mut row_at = place.at(input).wrapping_add(cursor.channel.wrapping_mul(size));
        let mut sum = 0i32;
        for _ in 0..place.rows.count {
            let mut at = row_at;
            for _ in 0..place.cols.count {
                sum = sum.wrapping_add(E::read(memory.bytes(at, size)).into());
                at = at.wrapping_add(col_step);
            }
            row_at = row_at.wrapping_add(row_step);
        }
        let taps = place.rows.count.wrapping_mul(place.cols.count);
        if layer.inside_only && taps != full {
            sum = sum.wrapping_mul(full.into()).checked_div(taps.into()).unwrap_or(0);
        }
        output.put(memory, cursor.at, layer.requantise.apply(sum, 0));
        cursor.advance(memory, &output.tensor);
    }
}
