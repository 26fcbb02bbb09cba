//! Channels that the output depends on.

use crate::graph::{Graph, Node, NodeId, Op};

/// Whether the output depends on each channel of each node.
pub fn of(graph: &Graph) -> Vec<Vec<bool>> {
    let mut used: Vec<Vec<bool>> =
        graph.nodes.iter().map(|node| vec![false; node.shape.c]).collect();
    used[graph.output].fill(true);
    for (id, node) in graph.nodes.iter().enumerate().rev() {
        let (before, rest) = used.split_at_mut(id);
        read(graph, node, &rest[0], before);
    }
    used
}

/// Marks the channels that the used results of `node` depend on.
fn read(graph: &Graph, node: &Node, results: &[bool], used: &mut [Vec<bool>]) {
    match &node.op {
        Op::Input => {}
        Op::Conv(conv) => {
            let operand = &mut used[node.inputs[0]];
            let (out, inputs, ..) = conv.weight.dim();
            for (o, filter) in conv.weight.outer_iter().enumerate().filter(|(o, _)| results[*o]) {
                let first = o / (out / conv.groups) * inputs;
                for (used, taps) in operand[first..].iter_mut().zip(filter.outer_iter()) {
                    *used |= taps.iter().any(|&w| w != 0.0);
                }
            }
        }
        Op::Dense(dense) => {
            let operand = &mut used[node.inputs[0]];
            let shape = graph.nodes[node.inputs[0]].shape;
            let plane = shape.h * shape.w;
            for (_, row) in dense.weight.outer_iter().enumerate().filter(|(o, _)| results[*o]) {
                for (i, _) in row.iter().enumerate().filter(|(_, w)| **w != 0.0) {
                    operand[i / plane] = true;
                }
            }
        }
        Op::Pool(_) | Op::Add | Op::Activation(_) => {
            for &input in &node.inputs {
                mark(&mut used[input], results.iter().copied());
            }
        }
        Op::Affine(map) => {
            let results = results.iter().zip(&map.scale);
            let reads = results.map(|(&used, &scale)| used && scale != 0.0);
            mark(&mut used[node.inputs[0]], reads);
        }
    }
}

fn mark(operand: &mut [bool], reads: impl Iterator<Item = bool>) {
    operand.iter_mut().zip(reads).for_each(|(used, reads)| *used |= reads);
}

/// Sets the parameters of results without use to 0, as not all of them are removed.
pub fn clear_unused(graph: &mut Graph, used: &[Vec<bool>]) {
    for (node, used) in graph.nodes.iter_mut().zip(used) {
        let unused = |o: &NodeId| !used[*o];
        match &mut node.op {
            Op::Conv(conv) => {
                for o in (0..conv.bias.len()).filter(unused) {
                    conv.weight.index_axis_mut(ndarray::Axis(0), o).fill(0.0);
                    conv.bias[o] = 0.0;
                }
            }
            Op::Dense(dense) => {
                for o in (0..dense.bias.len()).filter(unused) {
                    dense.weight.row_mut(o).fill(0.0);
                    dense.bias[o] = 0.0;
                }
            }
            _ => {}
        }
    }
}
