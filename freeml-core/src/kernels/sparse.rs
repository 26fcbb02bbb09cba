//! Convolutions and fully connected layers of few weights.
//!
//! A step computes some channels (a part) of some positions (a block). It decodes each row
//! once, into a list of distances and weights, and sums over the list at every position of the
//! block. Where a block is a single window, the row is summed while it is decoded. The part of
//! channel 0 also stores the zeros of the output's frame next to the block.

mod connected;
mod filter;
mod lists;
mod program;
mod quads;
#[cfg(target_arch = "msp430")]
mod rice;
mod walk;

use super::residual::{Residual, round_high};
use crate::encoding::{ByteStream, Coding, Encoding};
use crate::tensor::Cursor;
use crate::{Element, LayerScale, Memory, Output};

pub use connected::connected;
use filter::{Filter, Target};
pub use quads::{Area, PreparedQuads, Quads, quads};
pub use walk::Walk;

/// `clamp(scale(max over the pool window of conv(input)) + residual)`.
///
/// Windows are given by their addresses; they lie inside the input with its frame of zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sparse<'a> {
    /// Byte offset in the state of the first window's first tap.
    pub origin: u16,
    /// Bytes from a window's first tap to the end of its last.
    pub span: u16,
    /// How windows move; `None` if there is one, of taps side by side.
    pub windows: Option<&'a Windows>,
    /// Biases of all channels (signed bytes), then, if rows are shifted, the exponents of their
    /// powers of two (half a byte each, the high half first), then the parts: each the number of
    /// its bytes, which the last one lacks, and its rows.
    pub table: &'a [u8],
    /// Channels of one part.
    pub part_channels: u16,
    /// Parameters of the encoding.
    pub coding: Coding,
    /// From sums to output units.
    pub scale: LayerScale,
    /// Added after the scaling.
    pub residual: Option<Residual>,
    /// The result; a block has `per_step` elements, all channels of some positions.
    pub output: Output,
}

/// Where windows and their taps lie. Distances are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// From the window of an output element to that of the one below.
    pub row_step: u16,
    /// From the window of an output element to that of the one on its right.
    pub col_step: u16,
    /// Rows of windows of which only the largest sum is kept.
    pub pool_rows: u8,
    /// Columns of these.
    pub pool_cols: u8,
    /// From one of these rows to the next.
    pub pool_row_step: u16,
    /// From one of these columns to the next.
    pub pool_col_step: u16,
    /// Where taps lie in a window.
    pub walk: Walk,
    /// Output channels of one group.
    pub group_outputs: u16,
    /// From the channels that one group reads to those of the next; 0 if there is one.
    pub group_step: u16,
    /// Where lists go; not used if every block is a single window.
    pub scratch: Scratch,
}

/// An area of the state for one list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scratch {
    /// Byte offset in the state; even.
    pub at: u16,
    /// Weights of the longest row; four bytes are used for each.
    pub weights: u16,
}

impl Windows {
    /// One window of taps side by side.
    pub const SINGLE: Windows = Windows {
        row_step: 0,
        col_step: 0,
        pool_rows: 1,
        pool_cols: 1,
        pool_row_step: 0,
        pool_col_step: 0,
        walk: Walk::SIDE_BY_SIDE,
        group_outputs: 1,
        group_step: 0,
        scratch: Scratch { at: 0, weights: 0 },
    };

    fn pools(&self) -> bool {
        self.pool_rows != 1 || self.pool_cols != 1
    }

    /// From the first channel of the input to the first that `channel` reads.
    fn group_offset(&self, channel: u16) -> u16 {
        if self.group_step == 0 {
            return 0;
        }
        channel.checked_div(self.group_outputs).unwrap_or(0).wrapping_mul(self.group_step)
    }

    /// The largest sum over `list` in the pool window at `at`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn pooled<E: Element, M: Memory>(&self, memory: &M, at: u16, span: u16, list: Scratch) -> i32 {
        let list = memory.bytes(list.at, list.weights.wrapping_mul(filter::PAIR_BYTES));
        let mut largest = i32::MIN;
        let mut row_at = at;
        for _ in 0..self.pool_rows {
            let mut at = row_at;
            for _ in 0..self.pool_cols {
                largest = largest.max(E::gather(0, memory.bytes(at, span), list));
                at = at.wrapping_add(self.pool_col_step);
            }
            row_at = row_at.wrapping_add(self.pool_row_step);
        }
        largest
    }
}

impl Sparse<'_> {
    /// Number of parts that the channels are cut into.
    pub const fn parts(&self) -> u16 {
        self.output.tensor.channels.div_ceil(if self.part_channels == 0 {
            1
        } else {
            self.part_channels
        })
    }

    /// Number of steps that the layer takes.
    pub const fn steps(&self) -> u16 {
        self.output.steps().wrapping_mul(self.parts())
    }

    /// The rows of the parts from `part` on, of `parts`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn rows(&self, part: u16, parts: u16) -> &[u8] {
        let channels = usize::from(self.output.tensor.channels);
        let shifts = if self.coding.shifted { channels.div_ceil(2) } else { 0 };
        let parts_at = channels.wrapping_add(shifts);
        let mut rows = ByteStream::from(self.table.get(parts_at..).unwrap_or(&[]));
        for _ in 0..part {
            let bytes = rows.number();
            rows.skip(bytes);
        }
        if part.saturating_add(1) < parts {
            rows.number();
        }
        rows.rest()
    }

    /// The exponent of the power of two that the weights of `channel` are multiplied by.
    fn row_shift(&self, channel: u16) -> u8 {
        if !self.coding.shifted {
            return 0;
        }
        let at = self.output.tensor.channels.wrapping_add(channel / 2);
        let pair = self.table.get(usize::from(at)).copied().unwrap_or(0);
        if channel & 1 == 0 { pair >> 4 } else { pair & 15 }
    }

    fn bias(&self, channel: u16) -> i8 {
        self.table.get(usize::from(channel)).map_or(0, |byte| byte.cast_signed())
    }
}

/// Walks over the positions of a block.
#[derive(Clone, Copy)]
struct Positions {
    cursor: Cursor,
    /// Byte offset of the window.
    window: u16,
    /// Byte offset of the window of the row's first position.
    row: u16,
}

impl Positions {
    /// The positions from `cursor` on.
    fn new(layer: &Sparse<'_>, windows: &Windows, cursor: Cursor) -> Self {
        let row = layer.origin.wrapping_add(cursor.y.wrapping_mul(windows.row_step));
        let window = row.wrapping_add(cursor.x.wrapping_mul(windows.col_step));
        Positions { cursor, window, row }
    }

    /// The same positions of `channel`, the block beginning at channel 0.
    fn of_channel(mut self, layer: &Sparse<'_>, windows: &Windows, channel: u16) -> Self {
        let offset = windows.group_offset(channel);
        self.row = self.row.wrapping_add(offset);
        self.window = self.window.wrapping_add(offset);
        let bytes = channel.wrapping_mul(layer.output.tensor.kind.size());
        self.cursor.at = self.cursor.at.wrapping_add(bytes);
        self.cursor.index = self.cursor.index.wrapping_add(channel);
        self.cursor.channel = channel;
        self
    }

    fn advance<M: Memory>(&mut self, memory: &mut M, layer: &Sparse<'_>, windows: &Windows) {
        self.cursor.advance_pixel(memory, &layer.output.tensor);
        if self.cursor.x == 0 {
            self.row = self.row.wrapping_add(windows.row_step);
            self.window = self.row;
        } else {
            self.window = self.window.wrapping_add(windows.col_step);
        }
    }
}

/// Computes step `step` of a sparse layer.
#[inline(never)]
pub fn sparse<E: Element, C: Encoding, M: Memory>(layer: &Sparse<'_>, memory: &mut M, step: u16) {
    let windows = layer.windows.unwrap_or(&Windows::SINGLE);
    let channels = layer.output.tensor.channels;
    let parts = layer.parts();
    let block = step.checked_div(parts).unwrap_or(0);
    let part = step.wrapping_sub(block.wrapping_mul(parts));
    let block = Cursor::of_step(&layer.output.tensor, layer.output.per_step, block);
    if block.left == 0 {
        return;
    }
    if step == 0 {
        layer.output.tensor.clear_before_row(memory, 0);
    }
    let block = Positions::new(layer, windows, block);
    let single = block.cursor.left <= channels && !windows.pools();
    let mut rows = C::Stream::from(layer.rows(part, parts));
    let first = part.wrapping_mul(layer.part_channels);
    let end = first.saturating_add(layer.part_channels.max(1)).min(channels);
    for channel in first..end {
        let positions = block.of_channel(layer, windows, channel);
        let target = if single {
            Target::Sum { at: positions.window, sum: 0 }
        } else {
            Target::List { from: 0, count: 0 }
        };
        let mut filter =
            Filter::<E, M>::new(memory, windows, layer.span, layer.row_shift(channel), target);
        C::row(&mut rows, layer.coding, &mut filter);
        let decoded = filter.target();
        store_channel::<E, M>(layer, memory, channel, positions, decoded);
    }
}

/// Stores the results of `channel` at all `positions`.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn store_channel<E: Element, M: Memory>(
    layer: &Sparse<'_>,
    memory: &mut M,
    channel: u16,
    mut positions: Positions,
    target: Target,
) {
    let windows = layer.windows.unwrap_or(&Windows::SINGLE);
    let offset = layer.scale.offset(layer.bias(channel));
    while positions.cursor.left != 0 {
        let sum = match target {
            Target::Sum { sum, .. } => sum,
            Target::List { count, .. } => {
                let list = Scratch { weights: count, ..windows.scratch };
                windows.pooled::<E, M>(memory, positions.window, layer.span, list)
            }
        };
        let mut value = layer.scale.apply(sum.wrapping_add(offset));
        if let Some(residual) = &layer.residual {
            let added = residual.scaled(memory, &positions.cursor);
            value = value.wrapping_add(round_high(added));
        }
        layer.output.put(memory, positions.cursor.at, value);
        positions.advance(memory, layer, windows);
    }
}
