//! Element-wise sum of two tensors.

use super::residual::{Residual, round_high};
use crate::tensor::Positions;
use crate::{Memory, Output};

/// `clamp(a + b)`, each operand brought to the output's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Add {
    /// The operands.
    pub operands: [Residual; 2],
    /// The result.
    pub output: Output,
}

/// Computes step `step` of an element-wise sum.
#[inline(never)]
pub fn add<M: Memory>(layer: &Add, memory: &mut M, step: u16) {
    let output = &layer.output;
    let [a, b] = &layer.operands;
    let mut index = step.wrapping_mul(output.per_step);
    for position in Positions::of_step(&output.tensor, output.per_step, step) {
        let sum = a.scaled(memory, index).wrapping_add(b.scaled(memory, index));
        output.tensor.kind.store(memory, position.at, output.clamp(round_high(sum)));
        index = index.wrapping_add(1);
    }
}
