//! Pooling.

use super::window::Windows;
use super::{Extent, when};
use crate::graph::{Pool, PoolKind};

/// Computes `out` from `x`.
pub fn forward(op: &Pool, x: &[f32], extent: Extent, out: &mut [f32]) {
    let windows = Windows::of_pool(op, extent.from, extent.to);
    let (from, to) = planes(extent);
    if op.kind == PoolKind::Max {
        let planes = out.chunks_exact_mut(to).zip(x.chunks_exact(from));
        return planes.for_each(|(out, x)| maxima(&windows, x, out));
    }
    let factors = factors(op, &windows, extent);
    for (out, x) in out.chunks_exact_mut(to).zip(x.chunks_exact(from)) {
        out.fill(0.0);
        for run in &windows.runs {
            windows.zip(&mut out[run.to..run.to + run.len], &x[run.from..], |out, x| *out += x);
        }
        out.iter_mut().zip(&factors).for_each(|(out, factor)| *out *= factor);
    }
}

/// Adds to the gradients by `x`.
pub fn backward(op: &Pool, x: &[f32], extent: Extent, by_out: &[f32], by_x: &mut [f32]) {
    let windows = Windows::of_pool(op, extent.from, extent.to);
    if op.kind == PoolKind::Max {
        return backward_maxima(&windows, x, extent, by_out, by_x);
    }
    let (from, to) = planes(extent);
    let factors = factors(op, &windows, extent);
    for (by_x, by_out) in by_x.chunks_exact_mut(from).zip(by_out.chunks_exact(to)) {
        for run in &windows.runs {
            let by_x = by_x[run.from..].iter_mut().step_by(windows.stride);
            let range = run.to..run.to + run.len;
            let shares = by_out[range.clone()].iter().zip(&factors[range]);
            by_x.zip(shares).for_each(|(by_x, (by, factor))| *by_x += by * factor);
        }
    }
}

/// Largest elements of the windows of one plane.
fn maxima(windows: &Windows, x: &[f32], out: &mut [f32]) {
    out.fill(f32::NEG_INFINITY);
    for run in &windows.runs {
        let larger = |out: &mut f32, x: f32| *out = if x > *out { x } else { *out };
        windows.zip(&mut out[run.to..run.to + run.len], &x[run.from..], larger);
    }
}

/// Gives the gradient of a maximum in equal parts to all elements that are as large, whichever
/// comes first.
#[allow(clippy::float_cmp, reason = "a maximum is one of the elements")]
fn backward_maxima(windows: &Windows, x: &[f32], extent: Extent, by_out: &[f32], by_x: &mut [f32]) {
    let (from, to) = planes(extent);
    let (mut out, mut shares) = (vec![0.0; to], vec![0.0; to]);
    let operands = x.chunks_exact(from).zip(by_x.chunks_exact_mut(from));
    for (by_out, (x, by_x)) in by_out.chunks_exact(to).zip(operands) {
        maxima(windows, x, &mut out);
        shares.fill(0.0);
        for run in &windows.runs {
            let range = run.to..run.to + run.len;
            let count = |(share, out): (&mut f32, &f32), x: f32| {
                *share += when(x == *out, 1.0);
            };
            windows.zip(shares[range.clone()].iter_mut().zip(&out[range]), &x[run.from..], count);
        }
        for (share, by) in shares.iter_mut().zip(by_out) {
            *share = by / share.max(1.0);
        }
        for run in &windows.runs {
            let range = run.to..run.to + run.len;
            let results = shares[range.clone()].iter().zip(&out[range]);
            let by_x = by_x[run.from..].iter_mut().step_by(windows.stride);
            windows.zip(results.zip(by_x), &x[run.from..], |((share, out), by_x), x| {
                *by_x += when(x == *out, *share);
            });
        }
    }
}

/// What the sum over each window of a plane is multiplied by.
#[allow(clippy::cast_precision_loss, reason = "window sizes are small")]
fn factors(op: &Pool, windows: &Windows, extent: Extent) -> Vec<f32> {
    let (_, to) = planes(extent);
    let mut counts = vec![if op.kind == PoolKind::Average { 0 } else { windows.taps }; to];
    if op.kind == PoolKind::Average {
        for run in &windows.runs {
            counts[run.to..run.to + run.len].iter_mut().for_each(|count| *count += 1);
        }
    }
    counts.into_iter().map(|count| 1.0 / count.max(1) as f32).collect()
}

/// Elements of one plane of operand and result.
fn planes(extent: Extent) -> (usize, usize) {
    (extent.from.h * extent.from.w, extent.to.h * extent.to.w)
}
