//! Pooling.

use crate::graph::{Pool, PoolKind, Shape};

/// Computes all channels of `out`.
pub fn run(op: &Pool, x: &[f32], from: Shape, out: &mut [f32], to: Shape) {
    let planes = out.chunks_exact_mut(to.h * to.w).zip(x.chunks_exact(from.h * from.w));
    for (out, x) in planes {
        for (oy, line) in out.chunks_exact_mut(to.w).enumerate() {
            let rows = window(oy, op.stride.0, op.kernel.0, op.pad_rows.0, from.h);
            for (ox, y) in line.iter_mut().enumerate() {
                let cols = window(ox, op.stride.1, op.kernel.1, op.pad_cols.0, from.w);
                *y = reduce(op, rows.clone().map(|r| &x[r * from.w..][cols.clone()]));
            }
        }
    }
}

/// Elements of the operand inside window `o`.
fn window(
    o: usize,
    stride: usize,
    kernel: usize,
    before: usize,
    len: usize,
) -> std::ops::Range<usize> {
    let start = (o * stride).saturating_sub(before);
    let end = (o * stride + kernel).saturating_sub(before).min(len);
    start.min(end)..end
}

#[allow(clippy::cast_precision_loss)]
fn reduce<'x>(op: &Pool, lines: impl Iterator<Item = &'x [f32]>) -> f32 {
    match op.kind {
        PoolKind::Max => lines.flatten().copied().fold(f32::NEG_INFINITY, f32::max),
        PoolKind::Average => {
            let (sum, count) = lines.fold((0.0, 0), |(sum, count), line| {
                (sum + line.iter().sum::<f32>(), count + line.len())
            });
            sum / count as f32
        }
        PoolKind::AveragePadded => {
            let sum: f32 = lines.map(|line| line.iter().sum::<f32>()).sum();
            sum / (op.kernel.0 * op.kernel.1) as f32
        }
    }
}
