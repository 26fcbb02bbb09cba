//! Dense layers.

use super::product;
use crate::graph::Dense;

/// `out = weight . x + bias`.
pub fn run(op: &Dense, x: &[f32], out: &mut [f32]) {
    let weight = op.weight.as_standard_layout();
    let rows = weight.as_slice().unwrap_or(&[]).chunks_exact(x.len());
    for (out, (row, bias)) in out.iter_mut().zip(rows.zip(&op.bias)) {
        *out = bias + product::dot(row, x);
    }
}
