//! Per-channel affine maps.

use super::{Gradients, Linear};
use crate::train::matrix::{dot, sum};

/// `out = scale * x + shift`, channel by channel.
pub fn forward(linear: Linear, x: &[f32], out: &mut [f32]) {
    let len = (x.len() / linear.bias.len()).max(1);
    let parameters = linear.weight.iter().zip(linear.bias);
    let channels = out.chunks_exact_mut(len).zip(x.chunks_exact(len));
    for ((scale, shift), (out, x)) in parameters.zip(channels) {
        out.iter_mut().zip(x).for_each(|(out, x)| *out = scale * x + shift);
    }
}

/// Adds to the gradients by scale and shift, and by `x` if wanted.
pub fn backward(scale: &[f32], x: &[f32], by_out: &[f32], by: Gradients) {
    let Gradients { weight: by_weight, bias: by_bias, x: by_x } = by;
    let len = (x.len() / scale.len()).max(1);
    let channels = || by_out.chunks_exact(len);
    for ((by_scale, x), by_out) in by_weight.iter_mut().zip(x.chunks_exact(len)).zip(channels()) {
        *by_scale += dot(x, by_out);
    }
    for (by_shift, by_out) in by_bias.iter_mut().zip(channels()) {
        *by_shift += sum(by_out);
    }
    let Some(by_x) = by_x else { return };
    for ((by_x, scale), by_out) in by_x.chunks_exact_mut(len).zip(scale).zip(channels()) {
        by_x.iter_mut().zip(by_out).for_each(|(by_x, by)| *by_x += scale * by);
    }
}
