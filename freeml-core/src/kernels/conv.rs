//! Convolution with dense 8-bit weights; a fully connected layer is one over a single
//! position.

use super::filters::Filter;
use super::positions::positions;
use super::residual::{Residual, round_high};
use crate::mac::{Channels, suits};
use crate::tensor::Cursor;
use crate::{Element, Field, Kind, Memory, Output, Requantise, Strides, Taps};

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
    /// Where it reads its operand.
    pub field: Field,
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

/// How the taps of one output are summed up.
#[derive(Clone, Copy)]
struct Runs {
    /// Window rows that are summed one by one; 1 if `taps` covers them all.
    rows: u16,
    taps: Taps,
}

impl Conv<'_> {
    fn filter_len(&self) -> usize {
        usize::from(self.field.rows)
            .wrapping_mul(self.field.cols.into())
            .wrapping_mul(self.depth.into())
    }

    /// Whether a window row is one run of neighbours, elements having `size` bytes.
    pub const fn runs_are_rows(&self, size: u16) -> bool {
        self.field.col_step == self.depth.wrapping_mul(size)
    }

    /// Whether all channels of a position are computed alike, so that they can be in one go if
    /// runs are rows.
    pub fn loops_over_channels(&self) -> bool {
        self.group_outputs == self.output.tensor.channels
            && self.pool == PoolWindow::POINT
            && self.output.tensor.kind != Kind::I16
    }

    /// Weights of a filter's row.
    const fn weight_row(&self) -> u16 {
        self.field.cols.wrapping_mul(self.depth)
    }

    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn runs<E: Element>(&self) -> Runs {
        let Field { rows, cols, row_step, col_step, .. } = self.field;
        let (depth, element) = (self.depth, E::KIND.size());
        if self.runs_are_rows(element) {
            let weight_row = self.weight_row();
            let strides = Strides { element, element_row: row_step, weight_row };
            Runs { rows: 1, taps: Taps::new(rows, weight_row, element, strides) }
        } else {
            let strides = Strides { element, element_row: col_step, weight_row: depth };
            Runs { rows, taps: Taps::new(cols, depth, element, strides) }
        }
    }

    /// The channels of a position as one run, if they all read the same rows.
    #[inline]
    fn channels<'c, E: Element>(&'c self, runs: &'c Runs) -> Option<Channels<'c>> {
        if runs.rows != 1 {
            return None;
        }
        let mut channels =
            Channels::new::<E, false>(&runs.taps, self.weights, &self.requantise, &self.output)?;
        channels.residual = self.residual.as_ref();
        Some(channels)
    }

    /// The sum of products of `filter` with the window at `at`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn sum<E: Element, M: Memory>(
        &self,
        memory: &M,
        mut at: u16,
        filter: Filter,
        runs: &Runs,
    ) -> i32 {
        let bytes = runs.taps.element_bytes();
        let mut tap = 0;
        let mut sum = 0;
        let mut left = runs.rows;
        while left != 0 {
            let weights = filter.taps(self.weights, tap);
            sum = E::dot(sum, memory.bytes(at, bytes), weights, &runs.taps);
            left -= 1;
            if left != 0 {
                at = at.wrapping_add(self.field.row_step);
                tap = tap.wrapping_add(self.weight_row());
            }
        }
        sum
    }

    /// The largest sum in the pool window of the element at `cursor`, whose group begins
    /// `offset` bytes behind a position's first channel.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn pooled<E: Element, M: Memory>(
        &self,
        memory: &M,
        cursor: &Cursor,
        offset: u16,
        filter: Filter,
        runs: &Runs,
    ) -> i32 {
        let y = cursor.y.wrapping_mul(self.pool.row_stride);
        let x = cursor.x.wrapping_mul(self.pool.col_stride);
        let mut row_at = self.field.place(y, x).wrapping_add(offset);
        let mut largest = i32::MIN;
        for _ in 0..self.pool.rows {
            let mut at = row_at;
            for _ in 0..self.pool.cols {
                largest = largest.max(self.sum::<E, M>(memory, at, filter, runs));
                at = at.wrapping_add(self.field.col_stride);
            }
            row_at = row_at.wrapping_add(self.field.row_stride);
        }
        largest
    }

    /// Bytes from a position's first channel to the group that feeds `channel`.
    fn group_offset<E: Element>(&self, channel: u16) -> u16 {
        if self.group_outputs == self.output.tensor.channels {
            return 0;
        }
        let group = channel.checked_div(self.group_outputs).unwrap_or(0);
        group.wrapping_mul(self.depth).wrapping_mul(E::KIND.size())
    }
}

/// Computes step `step` of a convolution over elements of type `E`.
#[inline(never)]
pub fn conv<E: Element, M: Memory>(layer: &Conv<'_>, memory: &mut M, step: u16) {
    // Apart, so that neither way takes the stack of the other.
    if !(suits(memory) && by_position::<E, M>(layer, memory, step)) {
        by_element::<E, M>(layer, memory, step);
    }
}

/// Computes the step a position at a time; not if the layer is none for that.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn by_position<E: Element, M: Memory>(layer: &Conv<'_>, memory: &mut M, step: u16) -> bool {
    if !layer.loops_over_channels() {
        return false;
    }
    let runs = layer.runs::<E>();
    let Some(channels) = layer.channels::<E>(&runs) else { return false };
    let mut cursor = layer.output.cursor(memory, step);
    positions(&channels, &layer.field, &layer.output, memory, &mut cursor);
    true
}

#[cfg_attr(target_arch = "msp430", inline(never))]
fn by_element<E: Element, M: Memory>(layer: &Conv<'_>, memory: &mut M, step: u16) {
    let output = &layer.output;
    let mut cursor = output.cursor(memory, step);
    let runs = layer.runs::<E>();
    let mut filter = Filter::of(cursor.channel, layer.filter_len());
    while cursor.left != 0 {
        let offset = layer.group_offset::<E>(cursor.channel);
        // Results that are not pooled are windows of one: not worth code of their own.
        let sum = layer.pooled::<E, M>(memory, &cursor, offset, filter, &runs);
        let mut value = layer.requantise.apply(sum, cursor.channel);
        if let Some(residual) = &layer.residual {
            value = value.wrapping_add(round_high(residual.scaled(memory, &cursor)));
        }
        output.put(memory, cursor.at, value);
        cursor.advance(memory, &output.tensor);
        filter.advance(cursor.channel);
    }
}
