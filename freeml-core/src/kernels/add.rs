//! Element-wise sum of two tensors.

use super::residual::{Residual, round_high};
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
    let mut cursor = output.cursor(memory, step);
    while cursor.left != 0 {
        let sum = a.scaled(memory, &cursor).wrapping_add(b.scaled(memory, &cursor));
        output.put(memory, cursor.at, round_high(sum));
        cursor.advance(memory, &output.tensor);
    }
}
