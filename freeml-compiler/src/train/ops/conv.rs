//! Convolutions as products with unfolded patches.

use std::ops::Range;

use ndarray::{ArrayView2, Axis, Slice};

use super::window::{Run, Windows};
use super::{Extent, Gradients, Linear, depthwise};
use crate::graph::Conv;
use crate::train::batch::Scratch;
use crate::train::matrix::{add_product, product, sum, view, view_mut};

/// Elements of patches that are unfolded at a time: they stay in the cache of a core.
const PATCHES: usize = 1 << 18;

/// Computes `out` from `x`.
pub fn forward(
    op: &Conv,
    linear: Linear,
    x: &[f32],
    extent: Extent,
    out: &mut [f32],
    scratch: &mut Scratch,
) {
    let work = Work::new(op, extent);
    for (channel, &bias) in out.chunks_exact_mut(work.columns).zip(linear.bias) {
        channel.fill(bias);
    }
    if work.is_depthwise() {
        return depthwise::forward(&work.windows, linear.weight, x, extent, out);
    }
    for (group, samples) in work.parts() {
        let weight = work.filters(linear.weight, group);
        let patches = work.patches(x, group, &samples, scratch.one(work.patches_len(&samples)));
        let mut out = view_mut(&mut out[work.results(group)], work.filters, work.columns);
        add_product(&weight, &patches, &mut out.slice_axis_mut(Axis(1), work.columns(&samples)));
    }
}

/// Adds to the gradients by weights and biases, and by `x` if wanted, given those by the result.
pub fn backward(
    op: &Conv,
    weight: &[f32],
    x: &[f32],
    extent: Extent,
    by_out: &[f32],
    by: Gradients,
    scratch: &mut Scratch,
) {
    let Gradients { weight: by_weight, bias: by_bias, x: mut by_x } = by;
    let work = Work::new(op, extent);
    for (bias, channel) in by_bias.iter_mut().zip(by_out.chunks_exact(work.columns)) {
        *bias += sum(channel);
    }
    if work.is_depthwise() {
        return depthwise::backward(&work.windows, weight, x, extent, by_out, by_weight, by_x);
    }
    for (group, samples) in work.parts() {
        let len = work.patches_len(&samples);
        let (patches, by_patches) = scratch.two(len, if by_x.is_some() { len } else { 0 });
        let patches = work.patches(x, group, &samples, patches);
        let by_out = view(&by_out[work.results(group)], work.filters, work.columns);
        let by_out = by_out.slice_axis(Axis(1), work.columns(&samples));
        let by_filters = &mut by_weight[work.weights(group)];
        let mut by_filters = view_mut(by_filters, work.filters, work.depth());
        // Transposed, the product has the longer dimension in its rows.
        add_product(&patches, &by_out.t(), &mut by_filters.view_mut().reversed_axes());
        if let Some(by_x) = &mut by_x {
            let weight = work.filters(weight, group);
            let mut by_patches = view_mut(by_patches, work.depth(), patches.ncols());
            product(&weight.t(), &by_out, &mut by_patches);
            work.add_patches(by_patches.as_slice().unwrap_or(&[]), by_x, group, &samples);
        }
    }
}

/// Sizes of a convolution and the parts that it is computed in.
struct Work {
    windows: Windows,
    extent: Extent,
    groups: usize,
    /// Input channels of a group.
    inputs: usize,
    /// Output channels of a group.
    filters: usize,
    /// Results of one channel for all samples.
    columns: usize,
}

impl Work {
    fn new(op: &Conv, extent: Extent) -> Self {
        let (outs, inputs, ..) = op.weight.dim();
        Work {
            windows: Windows::of_conv(op, extent.from, extent.to),
            extent,
            groups: op.groups,
            inputs,
            filters: outs / op.groups,
            columns: extent.samples * extent.to.h * extent.to.w,
        }
    }

    fn is_depthwise(&self) -> bool {
        self.inputs == 1 && self.filters == 1
    }

    /// Weights of one filter.
    fn depth(&self) -> usize {
        self.inputs * self.windows.taps
    }

    fn plane(&self) -> usize {
        self.extent.to.h * self.extent.to.w
    }

    /// Groups, and samples whose patches are unfolded together.
    fn parts(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let samples = self.extent.samples;
        let step = if self.windows.is_identity() {
            samples.max(1)
        } else {
            (PATCHES / (self.depth() * self.plane()).max(1)).clamp(1, samples.max(1))
        };
        let parts =
            move || (0..samples).step_by(step).map(move |start| start..(start + step).min(samples));
        (0..self.groups).flat_map(move |group| parts().map(move |samples| (group, samples)))
    }

    fn columns(&self, samples: &Range<usize>) -> Slice {
        Slice::from(samples.start * self.plane()..samples.end * self.plane())
    }

    fn weights(&self, group: usize) -> Range<usize> {
        let len = self.filters * self.depth();
        group * len..(group + 1) * len
    }

    fn filters<'w>(&self, weight: &'w [f32], group: usize) -> ArrayView2<'w, f32> {
        view(&weight[self.weights(group)], self.filters, self.depth())
    }

    fn results(&self, group: usize) -> Range<usize> {
        let len = self.filters * self.columns;
        group * len..(group + 1) * len
    }

    /// Elements of the operand's channels that belong to `group`.
    fn operand(&self, group: usize) -> Range<usize> {
        let len = self.inputs * self.extent.samples * self.extent.from.h * self.extent.from.w;
        group * len..(group + 1) * len
    }

    fn patches_len(&self, samples: &Range<usize>) -> usize {
        self.depth() * samples.len() * self.plane()
    }

    /// One row per weight of a filter, one column per window: the element under the weight.
    fn patches<'p>(
        &self,
        x: &'p [f32],
        group: usize,
        samples: &Range<usize>,
        patches: &'p mut [f32],
    ) -> ArrayView2<'p, f32> {
        let x = &x[self.operand(group)];
        let columns = samples.len() * self.plane();
        if self.windows.is_identity() {
            return view(x, self.inputs, columns);
        }
        if !self.windows.full {
            patches.fill(0.0);
        }
        let stride = self.windows.stride;
        self.each_run(samples, |run, at, from| {
            let to = &mut patches[at..at + run.len];
            if stride == 1 {
                to.iter_mut().zip(&x[from..]).for_each(|(to, from)| *to = *from);
            } else {
                let from = x[from..].iter().step_by(stride);
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
        });
        view(patches, self.depth(), columns)
    }

    /// Adds what [`Work::patches`] has unfolded back to where it came from.
    fn add_patches(&self, patches: &[f32], x: &mut [f32], group: usize, samples: &Range<usize>) {
        let x = &mut x[self.operand(group)];
        if self.windows.is_identity() {
            return x.iter_mut().zip(patches).for_each(|(x, patch)| *x += patch);
        }
        let stride = self.windows.stride;
        self.each_run(samples, |run, at, to| {
            let from = &patches[at..at + run.len];
            if stride == 1 {
                x[to..].iter_mut().zip(from).for_each(|(to, from)| *to += from);
            } else {
                let to = x[to..].iter_mut().step_by(stride);
                to.zip(from).for_each(|(to, from)| *to += from);
            }
        });
    }

    /// Calls `each(run, at, from)`: the run starts at `at` in the patches, at `from` in the
    /// operand's channels of the group.
    fn each_run(&self, samples: &Range<usize>, mut each: impl FnMut(&Run, usize, usize)) {
        let (plane, taps) = (self.plane(), self.windows.taps);
        let from_plane = self.extent.from.h * self.extent.from.w;
        let columns = samples.len() * plane;
        for channel in 0..self.inputs {
            for (index, sample) in samples.clone().enumerate() {
                let from = (channel * self.extent.samples + sample) * from_plane;
                for run in &self.windows.runs {
                    let row = channel * taps + run.tap;
                    each(run, row * columns + index * plane + run.to, from + run.from);
                }
            }
        }
    }
}
