//! Nodes with some of their channels.

use ndarray::{Array, Axis, RemoveAxis};

use crate::fuse::is_depthwise;
use crate::graph::{Graph, Node, Op};

/// What is left of the weights of a node, seen as `[rows, columns, taps]`.
struct Selection<'k> {
    rows: &'k [usize],
    columns: Vec<usize>,
}

/// Leaves to each node the channels `kept`; returns the former indices of the parameters left.
pub fn channels(graph: &mut Graph, kept: &[Vec<usize>]) -> Vec<usize> {
    let mut parameters = Vec::new();
    let mut start = 0;
    for id in 0..graph.nodes.len() {
        let node = &graph.nodes[id];
        let columns = columns(graph, node, kept);
        let selection = Selection { rows: &kept[id], columns };
        start = selection.indices(&node.op, start, &mut parameters);
        let node = &mut graph.nodes[id];
        node.shape.c = selection.rows.len();
        selection.cut(&mut node.op);
    }
    parameters
}

fn columns(graph: &Graph, node: &Node, kept: &[Vec<usize>]) -> Vec<usize> {
    match &node.op {
        Op::Conv(conv) if conv.groups == 1 => kept[node.inputs[0]].clone(),
        Op::Conv(conv) => (0..conv.weight.dim().1).collect(),
        Op::Dense(_) => {
            let shape = graph.nodes[node.inputs[0]].shape;
            let plane = shape.h * shape.w;
            kept[node.inputs[0]].iter().flat_map(|c| c * plane..(c + 1) * plane).collect()
        }
        Op::Affine(_) => vec![0],
        Op::Input | Op::Pool(_) | Op::Add | Op::Activation(_) => Vec::new(),
    }
}

impl Selection<'_> {
    /// Lists what is left of the parameters of `op`, which start at `start`; returns their end.
    fn indices(&self, op: &Op, start: usize, parameters: &mut Vec<usize>) -> usize {
        let (rows, columns, taps) = match op {
            Op::Conv(conv) => {
                let (rows, columns, kh, kw) = conv.weight.dim();
                (rows, columns, kh * kw)
            }
            Op::Dense(dense) => (dense.weight.nrows(), dense.weight.ncols(), 1),
            Op::Affine(map) => (map.scale.len(), 1, 1),
            Op::Input | Op::Pool(_) | Op::Add | Op::Activation(_) => return start,
        };
        for row in self.rows {
            for column in &self.columns {
                let first = start + (row * columns + column) * taps;
                parameters.extend(first..first + taps);
            }
        }
        let biases = start + rows * columns * taps;
        parameters.extend(self.rows.iter().map(|row| biases + row));
        biases + rows
    }

    fn cut(&self, op: &mut Op) {
        match op {
            Op::Conv(conv) => {
                if is_depthwise(conv) {
                    conv.groups = self.rows.len();
                }
                conv.weight = self.select(&conv.weight);
                conv.bias = self.take(&conv.bias);
            }
            Op::Dense(dense) => {
                dense.weight = self.select(&dense.weight);
                dense.bias = self.take(&dense.bias);
            }
            Op::Affine(map) => {
                map.scale = self.take(&map.scale);
                map.shift = self.take(&map.shift);
            }
            Op::Input | Op::Pool(_) | Op::Add | Op::Activation(_) => {}
        }
    }

    fn select<D: RemoveAxis>(&self, weight: &Array<f32, D>) -> Array<f32, D> {
        let left = weight.select(Axis(0), self.rows).select(Axis(1), &self.columns);
        // Selected columns lie one after the other.
        left.as_standard_layout().into_owned()
    }

    fn take(&self, values: &[f32]) -> Vec<f32> {
        self.rows.iter().map(|&row| values[row]).collect()
    }
}
