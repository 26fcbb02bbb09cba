//! Convolutions: depthwise ones directly, the others as products with unfolded patches.

use super::{overlap, product};
use crate::graph::{Conv, Shape};

/// Computes all channels of `out`; `patches` is working memory.
pub fn run(op: &Conv, x: &[f32], from: Shape, out: &mut [f32], to: Shape, patches: &mut Vec<f32>) {
    let plane = to.h * to.w;
    for (channel, &bias) in out.chunks_exact_mut(plane).zip(&op.bias) {
        channel.fill(bias);
    }
    let (outs, ins, ..) = op.weight.dim();
    if ins == 1 && outs == op.groups {
        return depthwise(op, x, from, out, to);
    }
    let (group_outs, filter) = (outs / op.groups, op.weight.len() / outs.max(1));
    let weights: Vec<f32> = op.weight.iter().copied().collect();
    for group in 0..op.groups {
        let x = &x[group * ins * from.h * from.w..][..ins * from.h * from.w];
        unfold(op, x, from, to, patches);
        let weights = &weights[group * group_outs * filter..][..group_outs * filter];
        let out = &mut out[group * group_outs * plane..][..group_outs * plane];
        product::add_matrix(weights, patches, out, filter);
    }
}

/// One row per weight of a filter, one column per window: the element under the weight.
fn unfold(op: &Conv, x: &[f32], from: Shape, to: Shape, patches: &mut Vec<f32>) {
    let (_, ins, kh, kw) = op.weight.dim();
    patches.clear();
    patches.resize(ins * kh * kw * to.h * to.w, 0.0);
    let mut rows = patches.chunks_exact_mut(to.h * to.w);
    for x in x.chunks_exact(from.h * from.w).take(ins) {
        for tap in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
            let Some(row) = rows.next() else { return };
            under_tap(op, tap, from, to, |at, line, len| {
                let line = x[line..].iter().step_by(op.stride.1);
                row[at..at + len].iter_mut().zip(line).for_each(|(y, x)| *y = *x);
            });
        }
    }
}

fn depthwise(op: &Conv, x: &[f32], from: Shape, out: &mut [f32], to: Shape) {
    let (_, _, kh, kw) = op.weight.dim();
    let planes = out.chunks_exact_mut(to.h * to.w).zip(x.chunks_exact(from.h * from.w));
    for ((out, x), filter) in planes.zip(op.weight.outer_iter()) {
        for tap in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
            let weight = filter[[0, tap.0, tap.1]];
            under_tap(op, tap, from, to, |at, line, len| {
                let line = x[line..].iter().step_by(op.stride.1);
                out[at..at + len].iter_mut().zip(line).for_each(|(y, x)| *y += weight * x);
            });
        }
    }
}

/// Calls `each(at, line, len)` for every row of windows: the `len` windows from position `at`
/// have elements of the operand under `tap`, the first of them at position `line`.
fn under_tap(
    op: &Conv,
    tap: (usize, usize),
    from: Shape,
    to: Shape,
    mut each: impl FnMut(usize, usize, usize),
) {
    let (dy, dx) = (tap.0 * op.dilation.0, tap.1 * op.dilation.1);
    let (rows, top) = overlap(to.h, from.h, op.stride.0, dy, op.pad_rows.0);
    let (cols, left) = overlap(to.w, from.w, op.stride.1, dx, op.pad_cols.0);
    if cols.is_empty() {
        return;
    }
    for (k, row) in rows.enumerate() {
        let line = (top + k * op.stride.0) * from.w + left;
        each(row * to.w + cols.start, line, cols.len());
    }
}
