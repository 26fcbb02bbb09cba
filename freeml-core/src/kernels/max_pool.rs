//! Maximum over windows, for pools that no convolution takes over.

use crate::{Element, Memory, Output, Tensor, Window};

/// `clamp(max(input))` at the input's scale; with a window of one tap, a clamp alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// The operand.
    pub input: Tensor,
    /// The pooled windows; taps outside the operand do not count.
    pub window: Window,
    /// The result, of the input's kind or, clamped at 0, unsigned.
    pub output: Output,
}

/// Computes step `step` of a maximum pool.
#[inline(never)]
pub fn max_pool<E: Element, M: Memory>(layer: &MaxPool, memory: &mut M, step: u16) {
    let (input, window, output) = (&layer.input, &layer.window, &layer.output);
    let size = E::KIND.size();
    let col_step = input.pixel_bytes().wrapping_mul(window.col_dilation);
    let row_step = input.row_bytes().wrapping_mul(window.row_dilation);
    let mut cursor = output.cursor(memory, step);
    while cursor.left != 0 {
        let place = window.place(cursor.y, cursor.x, input);
        let mut row_at = place.at(input).wrapping_add(cursor.channel.wrapping_mul(size));
        let mut largest = i16::MIN;
        for _ in 0..place.rows.count {
            let mut at = row_at;
            for _ in 0..place.cols.count {
                largest = largest.max(E::read(memory.bytes(at, size)));
                at = at.wrapping_add(col_step);
            }
            row_at = row_at.wrapping_add(row_step);
        }
        output.put(memory, cursor.at, largest.into());
        cursor.advance(memory, &output.tensor);
    }
}
