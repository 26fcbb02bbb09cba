//! A rough cost of kernels in CPUX cycles, for the size of steps.

use crate::program::Kernel;

/// Cycles that one step should not exceed by much: two milliseconds at 8 MHz.
const STEP_CYCLES: u32 = 16_000;

/// Cycles of one multiply-accumulate in a run.
const MAC: u32 = 10;

/// Cycles around one run of multiply-accumulates.
const RUN: u32 = 90;

/// Cycles around one output element.
const ELEMENT: u32 = 250;

/// Cycles around one run where an assembly loop goes through the channels of a position.
const LOOP_RUN: u32 = 20;

/// Cycles around one output element there, its share of those around a position included.
const LOOP_ELEMENT: u32 = 110;

/// Cycles that a step of a sparse layer should not exceed, four milliseconds at 8 MHz: decoding
/// again for another block costs more than a step that is longer, and every part takes bytes.
const SPARSE_STEP_CYCLES: usize = 32_000;

/// Cycles to decode a weight, into a list or the sum.
const DECODE: usize = 200;

/// Cycles of one multiply-accumulate of a list.
const GATHER: usize = 13;

/// Cycles around the sum over a list.
const LIST: usize = 110;

/// Cycles around the row of a channel.
const ROW: usize = 300;

/// Windows from which on a decoded row has paid off.
const LIST_WINDOWS: usize = 16;

/// Multiply-accumulates of a layer, those with padding included.
pub fn macs(kernel: &Kernel) -> u32 {
    let elements = u32::from(kernel.output().tensor.len());
    match kernel {
        Kernel::Conv(_, conv) => {
            let pooled = u32::from(conv.pool.rows) * u32::from(conv.pool.cols);
            elements * pooled * taps(kernel) * channels(kernel)
        }
        Kernel::Depthwise(..) => elements * taps(kernel),
        _ => 0,
    }
}

/// Output elements that one step computes: whole positions if one fits, whose channels are
/// cheaper together.
pub fn elements_per_step(kernel: &Kernel) -> u16 {
    let channels_out = u32::from(kernel.output().tensor.channels).max(1);
    let fit = STEP_CYCLES / element_cycles(kernel);
    let whole = if fit >= channels_out { fit - fit % channels_out } else { fit };
    u16::try_from(whole.max(1)).unwrap_or(u16::MAX)
}

/// Cycles of one output element.
fn element_cycles(kernel: &Kernel) -> u32 {
    match kernel {
        Kernel::Conv(kind, conv) => {
            let pooled = u32::from(conv.pool.rows) * u32::from(conv.pool.cols);
            let rows = u32::from(conv.field.rows);
            let macs = pooled * taps(kernel) * channels(kernel) * MAC;
            if !conv.runs_are_rows(kind.size()) {
                ELEMENT + pooled * taps(kernel) * RUN + macs
            } else if conv.loops_over_channels() {
                LOOP_ELEMENT + rows * LOOP_RUN + macs
            } else {
                ELEMENT + pooled * rows * RUN + macs
            }
        }
        Kernel::Depthwise(_, layer) => {
            LOOP_ELEMENT + u32::from(layer.field.rows) * LOOP_RUN + taps(kernel) * (MAC + 1)
        }
        _ => ELEMENT + taps(kernel) * RUN,
    }
}

/// How a sparse layer is cut into steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Output positions of a block.
    pub positions: usize,
    /// Output channels of a part.
    pub channels: usize,
}

/// Cuts a sparse layer with these numbers of `kept` weights per channel, for an output of so
/// many rows and columns, each element from `pooled` windows.
///
/// Blocks are as many rows as give a decoded row some use, or all that fit into a step.
pub fn cut(kept: &[usize], [height, width]: [usize; 2], pooled: usize) -> Cut {
    let fits = |positions: usize, channels: usize| {
        let cycles = |part: &[usize]| -> usize {
            part.iter().map(|&kept| channel_cycles(kept, positions, pooled)).sum()
        };
        kept.chunks(channels).all(|part| cycles(part) <= SPARSE_STEP_CYCLES)
    };
    let (all, end) = (kept.len().max(1), height * width);
    let mut positions = width.max(1);
    while positions < end && positions * pooled < LIST_WINDOWS {
        positions += width;
    }
    while positions > 1 && !fits(positions, 1) {
        positions = positions.div_ceil(2);
    }
    while positions < end && positions % width == 0 && fits(positions + width, all) {
        positions += width;
    }
    let parts = (1..all).find(|&parts| fits(positions, all.div_ceil(parts))).unwrap_or(all);
    Cut { positions, channels: all.div_ceil(parts) }
}

/// Cycles of one channel at so many positions.
fn channel_cycles(kept: usize, positions: usize, pooled: usize) -> usize {
    let sums = if positions * pooled == 1 { 0 } else { pooled * (LIST + kept * GATHER) };
    ROW + kept * DECODE + positions * (ELEMENT as usize + sums)
}

fn taps(kernel: &Kernel) -> u32 {
    let (rows, cols) = match kernel {
        Kernel::Conv(_, layer) => (layer.field.rows, layer.field.cols),
        Kernel::Depthwise(_, layer) => (layer.field.rows, layer.field.cols),
        Kernel::MaxPool(layer) => (layer.window.rows, layer.window.cols),
        Kernel::AveragePool(layer) => (layer.window.rows, layer.window.cols),
        Kernel::Sparse(_) => return 0,
        Kernel::Add(_) => return 2,
    };
    u32::from(rows) * u32::from(cols)
}

fn channels(kernel: &Kernel) -> u32 {
    match kernel {
        Kernel::Conv(_, layer) => layer.depth.into(),
        _ => 1,
    }
}
