//! Dense layers.

use super::{Extent, Gradients, Linear};
use crate::train::batch::Scratch;
use crate::train::matrix::{add_product, product, sum, view, view_mut};

/// Computes `out`, one row per output, from `x`.
pub fn forward(linear: Linear, x: &[f32], extent: Extent, out: &mut [f32], scratch: &mut Scratch) {
    let (inputs, outputs, samples) = (extent.from.len(), extent.to.len(), extent.samples);
    for (row, &bias) in out.chunks_exact_mut(samples).zip(linear.bias) {
        row.fill(bias);
    }
    let columns = columns(x, extent, scratch.one(x.len()));
    let weight = view(linear.weight, outputs, inputs);
    add_product(&weight, &view(columns, inputs, samples), &mut view_mut(out, outputs, samples));
}

/// Adds to the gradients by weights and biases, and by `x` if wanted, given those by the result.
pub fn backward(
    weight: &[f32],
    x: &[f32],
    extent: Extent,
    by_out: &[f32],
    by: Gradients,
    scratch: &mut Scratch,
) {
    let Gradients { weight: by_weight, bias: by_bias, x: by_x } = by;
    let (inputs, outputs, samples) = (extent.from.len(), extent.to.len(), extent.samples);
    for (bias, row) in by_bias.iter_mut().zip(by_out.chunks_exact(samples)) {
        *bias += sum(row);
    }
    let (buffer, by_columns) = scratch.two(x.len(), x.len());
    let columns = view(columns(x, extent, buffer), inputs, samples);
    let by_out = view(by_out, outputs, samples);
    add_product(&by_out, &columns.t(), &mut view_mut(by_weight, outputs, inputs));
    let Some(by_x) = by_x else { return };
    let weight = view(weight, outputs, inputs);
    product(&weight.t(), &by_out, &mut view_mut(by_columns, inputs, samples));
    let plane = extent.from.h * extent.from.w;
    for (row, by_row) in by_columns.chunks_exact(samples).enumerate() {
        let first = row / plane * plane * samples + row % plane;
        let by_x = by_x[first..].iter_mut().step_by(plane);
        by_x.zip(by_row).for_each(|(by_x, by)| *by_x += by);
    }
}

/// `x` with one row per element of a sample and one column per sample.
fn columns<'x>(x: &'x [f32], extent: Extent, buffer: &'x mut [f32]) -> &'x [f32] {
    let plane = extent.from.h * extent.from.w;
    if plane == 1 {
        return x;
    }
    for (row, columns) in buffer.chunks_exact_mut(extent.samples).enumerate() {
        let first = row / plane * plane * extent.samples + row % plane;
        let x = x[first..].iter().step_by(plane);
        columns.iter_mut().zip(x).for_each(|(to, from)| *to = *from);
    }
    buffer
}
