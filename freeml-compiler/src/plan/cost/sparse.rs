//! Cost of sparse layers, and how they are cut into steps.

use crate::program::SparseKernel;

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

/// The same of a layer with a single window, which is summed while it is decoded: of a step, two
/// milliseconds at 8 MHz; around a step; of a weight; around a row.
const CONNECTED_STEP_CYCLES: usize = 16_000;
const CONNECTED_STEP: usize = 970;
const CONNECTED_WEIGHT: usize = 65;
const CONNECTED_ROW: usize = 1_000;

/// Cycles around one output element.
const ELEMENT: usize = 250;

/// Windows from which on a decoded row has paid off.
const LIST_WINDOWS: usize = 16;

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
    let most = if height * width * pooled == 1 {
        CONNECTED_STEP_CYCLES - CONNECTED_STEP
    } else {
        SPARSE_STEP_CYCLES
    };
    let fits = |positions: usize, channels: usize| {
        let cycles = |part: &[usize]| -> usize {
            part.iter().map(|&kept| channel_cycles(kept, positions, pooled)).sum()
        };
        kept.chunks(channels).all(|part| cycles(part) <= most)
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
    if positions * pooled == 1 {
        return CONNECTED_ROW + kept * CONNECTED_WEIGHT;
    }
    let sums = pooled * (LIST + kept * GATHER);
    ROW + kept * DECODE + positions * (ELEMENT + sums)
}

/// Cycles of all steps of a layer with these weights.
pub fn layer(kernel: &SparseKernel, weights: &[Vec<i16>]) -> u32 {
    let output = &kernel.layer.output;
    let channels = output.tensor.channels.max(1);
    let pooled = kernel
        .windows
        .map_or(1, |windows| usize::from(windows.pool_rows) * usize::from(windows.pool_cols));
    let kept: Vec<usize> = weights.iter().map(Vec::len).collect();
    let positions = usize::from(output.tensor.len() / channels);
    let block = usize::from(output.per_step / channels).max(1);
    let cycles = |positions: usize| -> usize {
        kept.iter().map(|&kept| channel_cycles(kept, positions, pooled)).sum()
    };
    let rest = if positions % block == 0 { 0 } else { cycles(positions % block) };
    let steps = usize::from(output.steps()) * usize::from(kernel.layer.parts());
    let cycles = positions / block * cycles(block) + rest + steps * CONNECTED_STEP;
    u32::try_from(cycles).unwrap_or(u32::MAX)
}
