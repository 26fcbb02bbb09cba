//! Convolution with dense 8-bit weights; a fully connected layer is one over a single
//! position.

use super::residual::{Residual, round_high};
use crate::memory::range;
use crate::tensor::Positions;
use crate::{Element, Memory, Output, Requantise, Tensor, Window};

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
    /// Groups that input and output channels are split into.
    pub groups: u16,
    /// Max-pooling of the results.
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

/// The part of a window that lies inside the input.
#[derive(Clone, Copy)]
struct Patch {
    /// Byte offset of the first tap inside.
    at: u16,
    /// The first tap inside, as an offset into a filter.
    tap: u16,
    rows: u16,
    cols: u16,
}

impl Conv<'_> {
    fn group_channels(&self) -> u16 {
        self.input.channels.checked_div(self.groups).unwrap_or(0)
    }

    fn patch(&self, y: u16, x: u16) -> Patch {
        let place = self.window.place(y, x, &self.input);
        let tap = place.rows.first.wrapping_mul(self.window.cols).wrapping_add(place.cols.first);
        Patch {
            at: place.at(&self.input),
            tap: tap.wrapping_mul(self.group_channels()),
            rows: place.rows.count,
            cols: place.cols.count,
        }
    }

    fn filter(&self, channel: u16) -> &[u8] {
        let taps = usize::from(self.window.rows) * usize::from(self.window.cols);
        let len = taps * usize::from(self.group_channels());
        let start = usize::from(channel) * len;
        self.weights.get(start..start + len).unwrap_or(&[])
    }

    /// Byte offset, from a position's first channel, of the group that feeds `channel`.
    fn group_offset<E: Element>(&self, channel: u16) -> u16 {
        if self.groups == 1 {
            return 0;
        }
        let per_group = self.output.tensor.channels.checked_div(self.groups).unwrap_or(1);
        let group = channel.checked_div(per_group).unwrap_or(0);
        group.wrapping_mul(self.group_channels()).wrapping_mul(E::KIND.size())
    }

    /// The sum of products of `filter` with the input under `patch`.
    fn sum<E: Element, M: Memory>(
        &self,
        memory: &M,
        patch: Patch,
        filter: &[u8],
        offset: u16,
    ) -> i32 {
        let channels = self.group_channels();
        let (mut at, mut tap) = (patch.at.wrapping_add(offset), patch.tap);
        let row_step = self.input.row_bytes().wrapping_mul(self.window.row_dilation);
        let tap_step = self.window.cols.wrapping_mul(channels);
        // Neighbouring taps of a row are one run when they share all channels.
        let (runs, run) = if self.groups == 1 && self.window.col_dilation == 1 {
            (1, patch.cols.wrapping_mul(channels))
        } else {
            (patch.cols, channels)
        };
        let run_bytes = run.wrapping_mul(E::KIND.size());
        let col_step = self.input.pixel_bytes().wrapping_mul(self.window.col_dilation);
        let mut sum = 0;
        for _ in 0..patch.rows {
            let (mut run_at, mut run_tap) = (at, tap);
            for _ in 0..runs {
                sum = E::dot(sum, memory.bytes(run_at, run_bytes), range(filter, run_tap, run));
                run_at = run_at.wrapping_add(col_step);
                run_tap = run_tap.wrapping_add(channels);
            }
            at = at.wrapping_add(row_step);
            tap = tap.wrapping_add(tap_step);
        }
        sum
    }
}

/// Computes step `step` of a convolution.
#[inline(never)]
pub fn conv<E: Element, M: Memory>(layer: &Conv<'_>, memory: &mut M, step: u16) {
    let (output, pool) = (&layer.output, &layer.pool);
    let mut index = step.wrapping_mul(output.per_step);
    let mut corner = None;
    for position in Positions::of_step(&output.tensor, output.per_step, step) {
        let y = position.y.wrapping_mul(pool.row_stride);
        let x = position.x.wrapping_mul(pool.col_stride);
        let patch = match corner {
            Some(patch) if position.channel != 0 => patch,
            _ => layer.patch(y, x),
        };
        corner = Some(patch);
        let filter = layer.filter(position.channel);
        let offset = layer.group_offset::<E>(position.channel);
        let mut sum = layer.sum::<E, M>(memory, patch, filter, offset);
        for row in 0..pool.rows {
            // The window's first position is the one summed above.
            for col in u16::from(row == 0)..pool.cols {
                let patch = layer.patch(y.wrapping_add(row), x.wrapping_add(col));
                sum = sum.max(layer.sum::<E, M>(memory, patch, filter, offset));
            }
        }
        let mut value = layer.requantise.apply(sum, position.channel);
        if let Some(residual) = &layer.residual {
            value = value.wrapping_add(round_high(residual.scaled(memory, index)));
        }
        output.tensor.kind.store(memory, position.at, output.clamp(value));
        index = index.wrapping_add(1);
    }
}
