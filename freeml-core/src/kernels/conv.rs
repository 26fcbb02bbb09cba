//! Convolution with dense 8-bit weights; a fully connected layer is one over a single
//! position.

use super::filters::Filter;
use super::residual::{Residual, round_high};
use crate::tensor::Cursor;
use crate::{Element, Memory, Output, Requantise, Strides, Taps, Tensor, Window};

/// Windows of convolution results of which only the maximum is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolWindow {
    /// Rows of a window.
    pub rows: u16,
    /// Columns of a window.
    pub cols: u16,
    /// Rows between two windows.
    pub row_stride: u16,
    /// Columns between two windows.
    pub col_stride: u16,
}

impl PoolWindow {
    /// No pooling.
    pub const POINT: PoolWindow = PoolWindow { rows: 1, cols: 1, row_stride: 1, col_stride: 1 };
}

/// `clamp(requantise(max over the pool window of conv(input)) + residual)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv<'a> {
    /// The operand.
    pub input: Tensor,
    /// The kernel's taps.
    pub window: Window,
    /// Whether a window reaches beyond the input.
    pub padded: bool,
    /// Input channels that one output channel reads: all of them, or those of its group.
    pub depth: u16,
    /// Output channels of one group.
    pub group_outputs: u16,
    /// Max-pooling of the results, windows lying within them.
    pub pool: PoolWindow,
    /// Signed bytes, `[output channel][row][column][input channel of the group]`.
    pub weights: &'a [u8],
    /// From sums to output units.
    pub requantise: Requantise<'a>,
    /// Added after the requantisation, with an unpooled result only.
    pub residual: Option<Residual>,
    /// The result.
    pub output: Output,
}

/// The part of a window that lies inside the input, for one group of channels.
#[derive(Clone, Copy)]
struct Patch {
    /// Byte offset of the first tap inside.
    at: u16,
    /// The first tap inside, as an offset into a filter.
    tap: u16,
    /// Window rows inside; 1 if `taps` covers them all.
    rows: u16,
    taps: Taps,
}

impl Conv<'_> {
    fn filter_len(&self) -> usize {
        usize::from(self.window.rows)
            .wrapping_mul(self.window.cols.into())
            .wrapping_mul(self.depth.into())
    }

    /// Whether a window row is one run of neighbours.
    fn runs_are_rows(&self) -> bool {
        self.depth == self.input.channels && self.window.col_dilation == 1
    }

    fn row_bytes(&self) -> u16 {
        self.input.row_bytes().wrapping_mul(self.window.row_dilation)
    }

    /// Moves `patch` to the window at row `y` and column `x` of the convolution's results.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn place<E: Element>(&self, patch: &mut Patch, y: u16, x: u16) {
        let (input, window, depth) = (&self.input, &self.window, self.depth);
        if !self.padded && patch.rows != 0 {
            // Only the place differs from window to window.
            let row = y.wrapping_mul(window.row_stride).wrapping_mul(input.row_bytes());
            let col = x.wrapping_mul(window.col_stride).wrapping_mul(input.pixel_bytes());
            patch.at = input.at.wrapping_add(row).wrapping_add(col);
            return;
        }
        let place = window.place(y, x, input);
        patch.at = place.at(input);
        patch.tap = place
            .rows
            .first
            .wrapping_mul(window.cols)
            .wrapping_add(place.cols.first)
            .wrapping_mul(depth);
        let (rows, cols) = (place.rows.count, place.cols.count);
        let size = E::KIND.size();
        if self.runs_are_rows() {
            let strides = Strides {
                element: size,
                element_row: self.row_bytes(),
                weight_row: window.cols.wrapping_mul(depth),
            };
            patch.rows = 1;
            patch.taps = Taps::new(rows, cols.wrapping_mul(depth), size, strides);
        } else {
            let element_row = input.pixel_bytes().wrapping_mul(window.col_dilation);
            let strides = Strides { element: size, element_row, weight_row: depth };
            patch.rows = rows;
            patch.taps = Taps::new(cols, depth, size, strides);
        }
    }

    /// The sum of products of `filter` with the input under `patch`, `offset` bytes on.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn sum<E: Element, M: Memory>(
        &self,
        memory: &M,
        patch: &Patch,
        filter: Filter,
        offset: u16,
    ) -> i32 {
        let bytes = patch.taps.element_bytes();
        let (mut at, mut tap) = (patch.at.wrapping_add(offset), patch.tap);
        let mut sum = 0;
        let mut left = patch.rows;
        while left != 0 {
            let taps = filter.taps(self.weights, tap);
            sum = E::dot(sum, memory.bytes(at, bytes), taps, &patch.taps);
            left -= 1;
            if left != 0 {
                at = at.wrapping_add(self.row_bytes());
                tap = tap.wrapping_add(self.window.cols.wrapping_mul(self.depth));
            }
        }
        sum
    }

    /// The largest sum in the pool window of the element at `cursor`; moves `patch`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn pooled<E: Element, M: Memory>(
        &self,
        memory: &M,
        cursor: &Cursor,
        patch: &mut Patch,
        filter: Filter,
        offset: u16,
    ) -> i32 {
        let y = cursor.y.wrapping_mul(self.pool.row_stride);
        let x = cursor.x.wrapping_mul(self.pool.col_stride);
        let mut largest = i32::MIN;
        for row in 0..self.pool.rows {
            for col in 0..self.pool.cols {
                self.place::<E>(patch, y.wrapping_add(row), x.wrapping_add(col));
                largest = largest.max(self.sum::<E, M>(memory, patch, filter, offset));
            }
        }
        largest
    }

    /// Byte offset, from a position's first channel, of the group that feeds `channel`.
    fn group_offset<E: Element>(&self, channel: u16) -> u16 {
        if self.depth == self.input.channels {
            return 0;
        }
        let group = channel.checked_div(self.group_outputs).unwrap_or(0);
        group.wrapping_mul(self.depth).wrapping_mul(E::KIND.size())
    }
}

/// Computes step `step` of a convolution.
#[inline(never)]
pub fn conv<E: Element, M: Memory>(layer: &Conv<'_>, memory: &mut M, step: u16) {
    let output = &layer.output;
    let mut cursor = output.cursor(step);
    let mut filter = Filter::of(cursor.channel, layer.filter_len());
    let mut patch = Patch { at: 0, tap: 0, rows: 0, taps: Taps::NONE };
    let pools = layer.pool != PoolWindow::POINT;
    let mut placed = false;
    while cursor.left != 0 {
        let offset = layer.group_offset::<E>(cursor.channel);
        let sum = if pools {
            layer.pooled::<E, M>(memory, &cursor, &mut patch, filter, offset)
        } else {
            if !placed || cursor.channel == 0 {
                layer.place::<E>(&mut patch, cursor.y, cursor.x);
                placed = true;
            }
            layer.sum::<E, M>(memory, &patch, filter, offset)
        };
        let mut value = layer.requantise.apply(sum, cursor.channel);
        if let Some(residual) = &layer.residual {
            value = value.wrapping_add(round_high(residual.scaled(memory, cursor.index)));
        }
        output.put(memory, cursor.at, value);
        cursor.advance(&output.tensor);
        filter.advance(cursor.channel);
    }
}
