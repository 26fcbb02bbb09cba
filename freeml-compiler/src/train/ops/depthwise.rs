//! Convolutions with one filter per channel, without patches.

use super::Extent;
use super::window::Windows;

/// Adds the weighted elements to `out`, which holds the biases.
pub fn forward(windows: &Windows, weight: &[f32], x: &[f32], extent: Extent, out: &mut [f32]) {
    let (from, to) = planes(extent);
    for (index, (out, x)) in out.chunks_exact_mut(to).zip(x.chunks_exact(from)).enumerate() {
        let filter = &weight[index / extent.samples * windows.taps..][..windows.taps];
        for run in &windows.runs {
            let weight = filter[run.tap];
            let x = x[run.from..].iter().step_by(windows.stride);
            let out = &mut out[run.to..run.to + run.len];
            out.iter_mut().zip(x).for_each(|(out, x)| *out += weight * x);
        }
    }
}

/// Adds to the gradients by weights, and by `x` if wanted.
pub fn backward(
    windows: &Windows,
    weight: &[f32],
    x: &[f32],
    extent: Extent,
    by_out: &[f32],
    by_weight: &mut [f32],
    mut by_x: Option<&mut [f32]>,
) {
    let (from, to) = planes(extent);
    for (index, (by_out, x)) in by_out.chunks_exact(to).zip(x.chunks_exact(from)).enumerate() {
        let first = index / extent.samples * windows.taps;
        for run in &windows.runs {
            let x = x[run.from..].iter().step_by(windows.stride);
            let by_out = &by_out[run.to..run.to + run.len];
            by_weight[first + run.tap] += by_out.iter().zip(x).map(|(by, x)| by * x).sum::<f32>();
            if let Some(by_x) = &mut by_x {
                let weight = weight[first + run.tap];
                let by_x = by_x[index * from + run.from..].iter_mut().step_by(windows.stride);
                by_x.zip(by_out).for_each(|(by_x, by)| *by_x += weight * by);
            }
        }
    }
}

/// Elements of one plane of operand and result.
fn planes(extent: Extent) -> (usize, usize) {
    (extent.from.h * extent.from.w, extent.to.h * extent.to.w)
}
