//! The float network, one sample at a time: the reference of everything that comes after it.

mod conv;
mod dense;
mod pool;
mod product;

use crate::graph::{Affine, Graph, Node, Op};

/// Runs a graph and keeps the result of every node, as calibration wants them.
#[derive(Debug, Clone)]
pub struct Executor<'g> {
    graph: &'g Graph,
    outputs: Vec<Vec<f32>>,
    patches: Vec<f32>,
}

impl<'g> Executor<'g> {
    /// An executor of `graph` that reuses its buffers from sample to sample.
    pub fn new(graph: &'g Graph) -> Self {
        let outputs = graph.nodes.iter().map(|node| vec![0.0; node.shape.len()]).collect();
        Executor { graph, outputs, patches: Vec::new() }
    }

    /// Results of all nodes for one sample, each in `C x H x W` order.
    ///
    /// # Panics
    /// If the sample has not the size of the graph's input.
    pub fn run(&mut self, sample: &[f32]) -> &[Vec<f32>] {
        for (id, node) in self.graph.nodes.iter().enumerate() {
            let (before, rest) = self.outputs.split_at_mut(id);
            let operands: Vec<&[f32]> = node.inputs.iter().map(|&i| &*before[i]).collect();
            let from = node.inputs.first().map_or(node.shape, |&i| self.graph.nodes[i].shape);
            let out = &mut rest[0];
            match &node.op {
                Op::Input => out.copy_from_slice(sample),
                Op::Conv(op) => {
                    conv::run(op, operands[0], from, out, node.shape, &mut self.patches);
                }
                Op::Dense(op) => dense::run(op, operands[0], out),
                Op::Pool(op) => pool::run(op, operands[0], from, out, node.shape),
                Op::Add => {
                    for (y, (a, b)) in out.iter_mut().zip(operands[0].iter().zip(operands[1])) {
                        *y = a + b;
                    }
                }
                Op::Activation(op) => {
                    for (y, x) in out.iter_mut().zip(operands[0]) {
                        *y = x.max(op.low).min(op.high);
                    }
                }
                Op::Affine(op) => affine(op, operands[0], out, node),
            }
        }
        &self.outputs
    }

    /// Logits of the last sample that was run.
    pub fn logits(&self) -> &[f32] {
        &self.outputs[self.graph.output]
    }
}

fn affine(op: &Affine, x: &[f32], out: &mut [f32], node: &Node) {
    let plane = node.shape.h * node.shape.w;
    for (c, (y, x)) in out.chunks_exact_mut(plane).zip(x.chunks_exact(plane)).enumerate() {
        for (y, x) in y.iter_mut().zip(x) {
            *y = op.scale[c] * x + op.shift[c];
        }
    }
}

/// The positions `o` of `outputs` at which `o * stride + offset - before` lies within `len`,
/// and that expression for the first of them.
fn overlap(
    outputs: usize,
    len: usize,
    stride: usize,
    offset: usize,
    before: usize,
) -> (std::ops::Range<usize>, usize) {
    let first = before.saturating_sub(offset).div_ceil(stride);
    let end = (len + before).saturating_sub(offset).div_ceil(stride).min(outputs);
    let range = first..end.max(first);
    (range, (first * stride + offset).saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_what_counting_says() {
        for (len, stride, offset, before) in
            [(5, 1, 0, 1), (5, 2, 2, 1), (4, 3, 0, 2), (1, 2, 4, 2), (6, 2, 1, 0), (3, 1, 5, 1)]
        {
            let inside = |o: &usize| (before..len + before).contains(&(o * stride + offset));
            let counted: Vec<usize> = (0..7).filter(inside).collect();
            let (range, from) = overlap(7, len, stride, offset, before);
            assert_eq!(range.clone().collect::<Vec<_>>(), counted);
            if let Some(first) = counted.first() {
                assert_eq!(from, first * stride + offset - before);
            }
        }
    }
}
