//! Pooling.

use super::Extent;
use super::window::Windows;
use crate::graph::{Pool, PoolKind};

/// Computes `out` from `x`; `winners` receives the positions of the maxima in their planes.
pub fn forward(op: &Pool, x: &[f32], extent: Extent, out: &mut [f32], winners: &mut Vec<u32>) {
    let windows = Windows::of_pool(op, extent.from, extent.to);
    if op.kind == PoolKind::Max {
        winners.clear();
        winners.resize(out.len(), 0);
        return maxima(&windows, x, extent, out, winners);
    }
    let factors = factors(op, &windows, extent);
    let (from, to) = planes(extent);
    for (out, x) in out.chunks_exact_mut(to).zip(x.chunks_exact(from)) {
        out.fill(0.0);
        for run in &windows.runs {
            let x = x[run.from..].iter().step_by(windows.stride);
            out[run.to..run.to + run.len].iter_mut().zip(x).for_each(|(out, x)| *out += x);
        }
        out.iter_mut().zip(&factors).for_each(|(out, factor)| *out *= factor);
    }
}

/// Adds to the gradients by `x`.
pub fn backward(op: &Pool, extent: Extent, by_out: &[f32], by_x: &mut [f32], winners: &[u32]) {
    let (from, to) = planes(extent);
    let planes = by_x.chunks_exact_mut(from).zip(by_out.chunks_exact(to));
    if op.kind == PoolKind::Max {
        for ((by_x, by_out), winners) in planes.zip(winners.chunks_exact(to)) {
            for (by, &winner) in by_out.iter().zip(winners) {
                by_x[winner as usize] += by;
            }
        }
        return;
    }
    let windows = Windows::of_pool(op, extent.from, extent.to);
    let factors = factors(op, &windows, extent);
    for (by_x, by_out) in planes {
        for run in &windows.runs {
            let by_x = by_x[run.from..].iter_mut().step_by(windows.stride);
            let range = run.to..run.to + run.len;
            let shares = by_out[range.clone()].iter().zip(&factors[range]);
            by_x.zip(shares).for_each(|(by_x, (by, factor))| *by_x += by * factor);
        }
    }
}

fn maxima(windows: &Windows, x: &[f32], extent: Extent, out: &mut [f32], winners: &mut [u32]) {
    let (from, to) = planes(extent);
    let results = out.chunks_exact_mut(to).zip(winners.chunks_exact_mut(to));
    for ((out, winners), x) in results.zip(x.chunks_exact(from)) {
        out.fill(f32::NEG_INFINITY);
        for run in &windows.runs {
            let range = run.to..run.to + run.len;
            let best = out[range.clone()].iter_mut().zip(&mut winners[range]);
            #[allow(clippy::cast_possible_truncation, reason = "planes are small")]
            let positions = (run.from as u32..).step_by(windows.stride);
            let x = x[run.from..].iter().step_by(windows.stride).zip(positions);
            for ((out, winner), (&x, position)) in best.zip(x) {
                let wins = x > *out;
                *out = if wins { x } else { *out };
                *winner = if wins { position } else { *winner };
            }
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
