//! Element-wise clamps.

use super::when;
use crate::graph::Activation;

/// Clamps `x` into `out`.
pub fn forward(op: Activation, x: &[f32], out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = x.max(op.low).min(op.high);
    }
}

/// Adds to the gradients by `x` where it is strictly within the bounds.
pub fn backward(op: Activation, x: &[f32], by_out: &[f32], by_x: &mut [f32]) {
    for ((by_x, x), by) in by_x.iter_mut().zip(x).zip(by_out) {
        *by_x += when(*x > op.low, when(*x < op.high, *by));
    }
}
