//! The graph computes the same before and after, and dead units are gone.

mod models;
mod random;
mod rules;

use super::{Reduced, remove_dead};
use crate::graph::testkit::Builder;
use crate::graph::{Graph, Op};
use crate::train::Layout;

/// Rows of the weights of node `id` become 0, and the biases `bias`.
fn clear_rows(graph: &mut Graph, id: usize, rows: &[usize], bias: f32) {
    for &row in rows {
        match &mut graph.nodes[id].op {
            Op::Conv(conv) => {
                conv.weight.index_axis_mut(ndarray::Axis(0), row).fill(0.0);
                conv.bias[row] = bias;
            }
            Op::Dense(dense) => {
                dense.weight.row_mut(row).fill(0.0);
                dense.bias[row] = bias;
            }
            op => panic!("no rows in {op:?}"),
        }
    }
}

/// Weights of node `id` that multiply elements of those channels of its operand become 0.
fn clear_columns(graph: &mut Graph, id: usize, channels: &[usize]) {
    let from = graph.nodes[graph.nodes[id].inputs[0]].shape;
    let plane = match graph.nodes[id].op {
        Op::Dense(_) => from.h * from.w,
        _ => 1,
    };
    clear_weights(graph, id, |_, column| channels.contains(&(column / plane)));
}

/// Weights of node `id` in the chosen rows and columns become 0.
fn clear_weights(graph: &mut Graph, id: usize, chosen: impl Fn(usize, usize) -> bool) {
    match &mut graph.nodes[id].op {
        Op::Conv(conv) => {
            for ((row, column, ..), weight) in conv.weight.indexed_iter_mut() {
                *weight = if chosen(row, column) { 0.0 } else { *weight };
            }
        }
        Op::Dense(dense) => {
            for ((row, column), weight) in dense.weight.indexed_iter_mut() {
                *weight = if chosen(row, column) { 0.0 } else { *weight };
            }
        }
        op => panic!("no weights in {op:?}"),
    }
}

/// Removes, and expects the result to be sound, to compute the same and to be left as it is by
/// another removal.
fn reduced(builder: &mut Builder) -> Reduced {
    let reduced = remove_dead(&builder.graph);
    builder.equals(&reduced.graph, 1e-5);
    expect_order(&reduced.graph);
    check_parameters(&builder.graph, &reduced);
    let again = remove_dead(&reduced.graph);
    assert_eq!(again.graph, reduced.graph);
    assert!(again.parameters.into_iter().eq(0..reduced.parameters.len()));
    reduced
}

/// Expects weights to lie in the order of rows.
fn expect_order(graph: &Graph) {
    for node in &graph.nodes {
        assert!(match &node.op {
            Op::Conv(conv) => conv.weight.is_standard_layout(),
            Op::Dense(dense) => dense.weight.is_standard_layout(),
            _ => true,
        });
    }
}

/// Expects weights to be those at the former indices unless they became 0.
fn check_parameters(before: &Graph, reduced: &Reduced) {
    let (from, to) = (Layout::of(before), Layout::of(&reduced.graph));
    let (old, new) = (from.gather(before), to.gather(&reduced.graph));
    assert_eq!(reduced.parameters.len(), new.len());
    for (a, b) in from.layers().iter().zip(to.layers()) {
        assert_eq!(a.node, b.node);
        for index in b.weight.clone() {
            let former = reduced.parameters[index];
            assert!(a.weight.contains(&former));
            let (before, after) = (old[former].to_bits(), new[index]);
            assert!(after == 0.0 || after.to_bits() == before, "{}", new[index]);
        }
        let biases = reduced.channels[b.node].iter().map(|channel| a.bias.start + channel);
        assert!(biases.eq(reduced.parameters[b.bias.clone()].iter().copied()));
    }
}

/// Channels of each node.
fn widths(graph: &Graph) -> Vec<usize> {
    graph.nodes.iter().map(|node| node.shape.c).collect()
}
