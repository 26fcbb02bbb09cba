//! Dense layers.

use ndarray::linalg::general_mat_vec_mul;
use ndarray::{ArrayView1, ArrayViewMut1};

use crate::graph::Dense;

/// `out = weight . x + bias`.
pub fn run(op: &Dense, x: &[f32], out: &mut [f32]) {
    out.copy_from_slice(&op.bias);
    general_mat_vec_mul(1.0, &op.weight, &ArrayView1::from(x), 1.0, &mut ArrayViewMut1::from(out));
}
