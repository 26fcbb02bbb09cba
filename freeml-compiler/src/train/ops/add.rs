//! Sums of two tensors.

/// `out = a + b`
pub fn forward(a: &[f32], b: &[f32], out: &mut [f32]) {
    for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        *out = a + b;
    }
}

/// Adds to the gradients by one of the operands.
pub fn backward(by_out: &[f32], by_operand: &mut [f32]) {
    by_operand.iter_mut().zip(by_out).for_each(|(by_operand, by)| *by_operand += by);
}
