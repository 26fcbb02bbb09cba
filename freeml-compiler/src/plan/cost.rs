//! A rough cost of kernels in CPUX cycles, for the size of steps.
//!
//! `cargo xtask bench device` compares it with the simulator, layer by layer.

pub mod quads;
pub mod sparse;

use crate::program::{Kernel, PlannedLayer};

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

/// Cycles of all steps of `layer`.
pub fn layer(layer: &PlannedLayer) -> u32 {
    match &layer.kernel {
        Kernel::Sparse(kernel) => sparse::layer(kernel, &layer.weights()),
        Kernel::Quads(kernel) => quads::layer(kernel, &layer.weights()),
        kernel => u32::from(kernel.output().tensor.len()).saturating_mul(element_cycles(kernel)),
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

fn taps(kernel: &Kernel) -> u32 {
    let (rows, cols) = match kernel {
        Kernel::Conv(_, layer) => (layer.field.rows, layer.field.cols),
        Kernel::Depthwise(_, layer) => (layer.field.rows, layer.field.cols),
        Kernel::MaxPool(layer) => (layer.window.rows, layer.window.cols),
        Kernel::AveragePool(layer) => (layer.window.rows, layer.window.cols),
        Kernel::Sparse(_) | Kernel::Quads(_) => return 0,
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
