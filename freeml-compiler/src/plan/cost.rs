//! The cost of kernels in CPUX cycles, for the size of steps and for reports.
//!
//! Constants are fitted to the layers of the firmware examples on the simulator. `cargo xtask bench
//! device` compares them layer by layer, and `cargo xtask device` fails where those of a
//! network are off by more than 5 % together.

pub mod quads;
pub mod sparse;

use freeml_core::Cost;

use crate::program::{Kernel, PlannedLayer};

/// Cycles that one step should not exceed by much: two milliseconds at 8 MHz.
const STEP_CYCLES: u32 = 16_000;

/// Cycles around a step.
const STEP: u32 = 1_950;

/// Quarters of cycles of one multiply-accumulate in a run.
const MAC_QUARTERS: u32 = 35;

/// Cycles around one run of multiply-accumulates.
const RUN: u32 = 90;

/// Cycles around one output element.
const ELEMENT: u32 = 300;

/// Cycles of one tap of a pool.
const TAP: u32 = 36;

/// Cycles around a position whose channels an assembly loop goes through.
const LOOP_POSITION: u32 = 440;

/// Cycles around one output element there.
const LOOP_ELEMENT: u32 = 118;

/// Cycles to add a residual.
const RESIDUAL: u32 = 57;

/// Cycles around one output element of a depthwise layer, its position's share included.
const DEPTHWISE_ELEMENT: u32 = 90;

/// Cycles of one tap of a depthwise layer.
const DEPTHWISE_TAP: u32 = 12;

/// Cycles around a feature of an exit.
const FEATURE: u32 = 350;

/// Cycles of one element under its window.
const FEATURE_TAP: u32 = 28;

/// Half the cycles around the sum of a class, which is two words.
const EXIT_WORD: u32 = 75;

/// Half the cycles of one weight of an exit.
const EXIT_HALF_WEIGHT: u32 = 10;

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

/// What each step of `planned` costs, in the mean.
pub fn of_steps(planned: &PlannedLayer) -> Cost {
    let cycles = layer(planned) / planned.kernel.steps().max(1);
    Cost { first_step: planned.first_step, cycles: u16::try_from(cycles).unwrap_or(u16::MAX) }
}

/// Cycles of all steps of `layer`.
pub fn layer(layer: &PlannedLayer) -> u32 {
    match &layer.kernel {
        Kernel::Sparse(kernel) => sparse::layer(kernel, &layer.weights()),
        Kernel::Quads(kernel) => quads::layer(kernel, &layer.weights()),
        kernel => {
            let elements = u32::from(kernel.output().tensor.len());
            let steps = kernel.steps().saturating_mul(STEP);
            elements.saturating_mul(element_cycles(kernel)).saturating_add(steps)
        }
    }
}

/// Output elements that one step computes: whole positions if one fits, whose channels are
/// cheaper together.
pub fn elements_per_step(kernel: &Kernel) -> u16 {
    let channels_out = u32::from(kernel.output().tensor.channels).max(1);
    let fit = (STEP_CYCLES - STEP) / element_cycles(kernel);
    let whole = if fit >= channels_out { fit - fit % channels_out } else { fit };
    if let Kernel::ExitSums(..) = kernel {
        // A sum is two elements.
        return u16::try_from((whole & !1).max(2)).unwrap_or(u16::MAX);
    }
    u16::try_from(whole.max(1)).unwrap_or(u16::MAX)
}

/// Cycles of one output element.
fn element_cycles(kernel: &Kernel) -> u32 {
    match kernel {
        Kernel::Conv(kind, conv) => {
            let pooled = u32::from(conv.pool.rows) * u32::from(conv.pool.cols);
            let rows = u32::from(conv.field.rows);
            let macs = pooled * taps(kernel) * channels(kernel) * MAC_QUARTERS / 4;
            let residual = if conv.residual.is_some() { RESIDUAL } else { 0 };
            if conv.loops_over_channels() && conv.runs_are_rows(kind.size()) {
                let outputs = u32::from(conv.output.tensor.channels).max(1);
                return LOOP_ELEMENT + LOOP_POSITION / outputs + residual + macs;
            }
            let runs = if conv.runs_are_rows(kind.size()) { rows } else { taps(kernel) };
            ELEMENT + residual + pooled * runs * RUN + macs
        }
        Kernel::Depthwise(..) => DEPTHWISE_ELEMENT + taps(kernel) * DEPTHWISE_TAP,
        Kernel::Features(_) => FEATURE + taps(kernel) * FEATURE_TAP,
        Kernel::ExitSums(_, layer) => EXIT_WORD + u32::from(layer.count) * EXIT_HALF_WEIGHT,
        _ => ELEMENT + taps(kernel) * TAP,
    }
}

fn taps(kernel: &Kernel) -> u32 {
    let (rows, cols) = match kernel {
        Kernel::Conv(_, layer) => (layer.field.rows, layer.field.cols),
        Kernel::Depthwise(_, layer) => (layer.field.rows, layer.field.cols),
        Kernel::MaxPool(layer) => (layer.window.rows, layer.window.cols),
        Kernel::AveragePool(layer) => (layer.window.rows, layer.window.cols),
        Kernel::Features(layer) => (layer.rows, layer.cols),
        Kernel::Sparse(_) | Kernel::Quads(_) | Kernel::ExitSums(..) => return 0,
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
