//! Forward and backward passes of the operators, one file each.
//!
//! Tensors are in `C x N x H x W` order. Backward passes add to the gradients they are given.

pub mod activation;
pub mod add;
pub mod affine;
pub mod conv;
pub mod dense;
mod depthwise;
pub mod pool;
mod window;

use crate::graph::Shape;

/// Extents of an operator's operand and result.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Shape of one sample of the (first) operand.
    pub from: Shape,
    /// Shape of one sample of the result.
    pub to: Shape,
    /// Number of samples.
    pub samples: usize,
}

/// Weights and biases of an operator.
#[derive(Debug, Clone, Copy)]
pub struct Linear<'p> {
    /// Weights, or the scale of an affine map.
    pub weight: &'p [f32],
    /// Biases, or its shift.
    pub bias: &'p [f32],
}

/// `value` if `condition` holds, else 0, without a jump: none of these conditions can be predicted,
/// and a jump taken wrongly costs more than all the rest.
#[inline]
pub fn when(condition: bool, value: f32) -> f32 {
    f32::from_bits(value.to_bits() & u32::from(condition).wrapping_neg())
}

/// Gradients that a backward pass adds to.
#[derive(Debug)]
pub struct Gradients<'g> {
    /// By the weights.
    pub weight: &'g mut [f32],
    /// By the biases.
    pub bias: &'g mut [f32],
    /// By the operand, if wanted.
    pub x: Option<&'g mut [f32]>,
}
