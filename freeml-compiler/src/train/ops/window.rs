//! Which elements of a plane lie under the taps of a sliding window.

use std::ops::Range;

use crate::graph::{Conv, Pool, Shape};

/// Neighbouring windows of one row that have elements of the operand under one tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Number of the tap, row by row.
    pub tap: usize,
    /// Position of the first window in the plane of results.
    pub to: usize,
    /// Position of its element in the plane of the operand.
    pub from: usize,
    /// Number of windows.
    pub len: usize,
}

/// A window that slides over planes.
#[derive(Debug, Clone)]
pub struct Windows {
    /// All runs, tap by tap.
    pub runs: Vec<Run>,
    /// Number of taps.
    pub taps: usize,
    /// Distance in the operand between the elements of a run.
    pub stride: usize,
    /// Whether every tap has an element under it in every window.
    pub full: bool,
}

impl Windows {
    /// The window of a convolution from planes like `from` to planes like `to`.
    pub fn of_conv(op: &Conv, from: Shape, to: Shape) -> Self {
        let (_, _, rows, cols) = op.weight.dim();
        let before = (op.pad_rows.0, op.pad_cols.0);
        Windows::new((rows, cols), op.stride, op.dilation, before, from, to)
    }

    /// The window of a pool from planes like `from` to planes like `to`.
    pub fn of_pool(op: &Pool, from: Shape, to: Shape) -> Self {
        let before = (op.pad_rows.0, op.pad_cols.0);
        Windows::new(op.kernel, op.stride, (1, 1), before, from, to)
    }

    fn new(
        kernel: (usize, usize),
        stride: (usize, usize),
        dilation: (usize, usize),
        before: (usize, usize),
        from: Shape,
        to: Shape,
    ) -> Self {
        let taps = kernel.0 * kernel.1;
        let mut runs = Vec::new();
        for tap in 0..taps {
            let (y, x) = (tap / kernel.1 * dilation.0, tap % kernel.1 * dilation.1);
            let (rows, top) = overlap(to.h, from.h, stride.0, y, before.0);
            let (cols, left) = overlap(to.w, from.w, stride.1, x, before.1);
            if cols.is_empty() {
                continue;
            }
            runs.extend(rows.enumerate().map(|(index, row)| Run {
                tap,
                to: row * to.w + cols.start,
                from: (top + index * stride.0) * from.w + left,
                len: cols.len(),
            }));
        }
        let covered: usize = runs.iter().map(|run| run.len).sum();
        Windows { runs, taps, stride: stride.1, full: covered == taps * to.h * to.w }
    }

    /// Calls `each` with every one of `results` and the element of `x` under a tap, `x` starting
    /// with that of the first.
    #[inline]
    pub fn zip<R>(
        &self,
        results: impl IntoIterator<Item = R>,
        x: &[f32],
        mut each: impl FnMut(R, f32),
    ) {
        let results = results.into_iter();
        // A stride that the compiler knows can be vectorised.
        if self.stride == 1 {
            results.zip(x).for_each(|(result, x)| each(result, *x));
        } else {
            results.zip(x.iter().step_by(self.stride)).for_each(|(result, x)| each(result, *x));
        }
    }

    /// Whether results lie where their only elements lie.
    pub fn is_identity(&self) -> bool {
        self.taps == 1 && self.stride == 1 && self.full && self.runs.iter().all(|r| r.to == r.from)
    }
}

/// The positions `o` below `outputs` at which `o * stride + offset - before` lies within `len`,
/// and that expression for the first of them.
fn overlap(
    outputs: usize,
    len: usize,
    stride: usize,
    offset: usize,
    before: usize,
) -> (Range<usize>, usize) {
    let first = before.saturating_sub(offset).div_ceil(stride);
    let end = (len + before).saturating_sub(offset).div_ceil(stride).min(outputs);
    let range = first..end.max(first);
    (range, (first * stride + offset).saturating_sub(before))
}
