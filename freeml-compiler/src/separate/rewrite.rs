//! Graphs with one layer separated.

use ndarray::{Array2, Array4, Axis};

use super::tucker::Tucker;
use super::{Ranks, svd, tucker};
use crate::graph::{Conv, Dense, Graph, Node, NodeId, Op, Shape};

/// `graph` with the layer `node` as a chain of smaller ones, named after it with `.in`, `.core`
/// and `.out`; the last takes its place before all readers.
///
/// Ranks above the full one are the full one, 0 is 1. A chain of one layer of full rank is the
/// layer itself.
///
/// `None` if the node is no dense layer or convolution with one group, if `ranks` are of another
/// kind of layer, or if its weights are not finite.
pub fn apply(graph: &Graph, node: NodeId, ranks: Ranks) -> Option<Graph> {
    let layer = graph.nodes.get(node)?;
    let operand = graph.nodes[*layer.inputs.first()?].shape;
    let chain = match (&layer.op, ranks) {
        (Op::Dense(dense), Ranks::Matrix(rank)) => split_dense(dense, layer.shape, rank)?,
        (Op::Conv(conv), Ranks::Matrix(rank)) if is_pointwise(conv) => {
            split_pointwise(conv, layer.shape, rank)?
        }
        (Op::Conv(conv), Ranks::Tucker { input, output }) if conv.groups == 1 => {
            split_kernels(conv, operand, layer.shape, input, output)?
        }
        _ => return None,
    };
    Some(replaced(graph, node, chain))
}

/// Whether kernels have one tap, so that they are a matrix.
pub fn is_pointwise(conv: &Conv) -> bool {
    let (.., rows, columns) = conv.weight.dim();
    (conv.groups, rows, columns) == (1, 1, 1)
}

/// One layer of a chain: what follows the name, operator, shape of the result.
type Link = (&'static str, Op, Shape);

fn split_dense(dense: &Dense, shape: Shape, rank: usize) -> Option<Vec<Link>> {
    let (left, right) = svd::split(&dense.weight.mapv(f64::from), rank.max(1))?;
    let rank = right.nrows();
    let first = Dense { weight: narrow(&right), bias: vec![0.0; rank] };
    let second = Dense { weight: narrow(&left), bias: dense.bias.clone() };
    Some(vec![(".in", Op::Dense(first), Shape::vector(rank)), (".out", Op::Dense(second), shape)])
}

fn split_pointwise(conv: &Conv, shape: Shape, rank: usize) -> Option<Vec<Link>> {
    let (left, right) = svd::split(&matrix(conv), rank.max(1))?;
    let rank = right.nrows();
    // Strides come first, so that the narrow tensor is the small one.
    let first = Conv { weight: kernels(&right), bias: vec![0.0; rank], ..conv.clone() };
    let second = pointwise(&left, Some(&conv.bias));
    Some(vec![(".in", Op::Conv(first), Shape { c: rank, ..shape }), (".out", second, shape)])
}

fn split_kernels(
    conv: &Conv,
    operand: Shape,
    shape: Shape,
    input: usize,
    output: usize,
) -> Option<Vec<Link>> {
    let (outs, ins, rows, columns) = conv.weight.dim();
    let weight = conv.weight.as_standard_layout().mapv(f64::from);
    let taps = weight.into_shape_with_order((outs, ins, rows * columns)).ok()?;
    let Tucker { input, core, output } = tucker::decompose(&taps, input.max(1), output.max(1))?;
    let (core_outs, core_ins, _) = core.dim();
    let weight =
        core.mapv(to_f32).into_shape_with_order((core_outs, core_ins, rows, columns)).ok()?;
    let bias = if output.is_some() { vec![0.0; core_outs] } else { conv.bias.clone() };
    let suffix = if input.is_some() || output.is_some() { ".core" } else { "" };
    let mut chain = Vec::new();
    if let Some(input) = input {
        chain.push((".in", pointwise(&input, None), Shape { c: core_ins, ..operand }));
    }
    let core = Op::Conv(Conv { weight, bias, ..conv.clone() });
    chain.push((suffix, core, Shape { c: core_outs, ..shape }));
    if let Some(output) = output {
        chain.push((".out", pointwise(&output, Some(&conv.bias)), shape));
    }
    Some(chain)
}

/// `graph` with `chain` instead of `node`.
fn replaced(graph: &Graph, node: NodeId, chain: Vec<Link>) -> Graph {
    let more = chain.len() - 1;
    let moved = |id: NodeId| if id < node { id } else { id + more };
    let mut nodes = graph.nodes[..node].to_vec();
    let Node { name, inputs, .. } = &graph.nodes[node];
    for (suffix, op, shape) in chain {
        let inputs = if nodes.len() == node { inputs.clone() } else { vec![nodes.len() - 1] };
        nodes.push(Node { name: format!("{name}{suffix}"), op, inputs, shape });
    }
    nodes.extend(graph.nodes[node + 1..].iter().map(|node| {
        let inputs = node.inputs.iter().map(|&input| moved(input)).collect();
        Node { inputs, ..node.clone() }
    }));
    Graph { nodes, output: moved(graph.output), softmax: graph.softmax }
}

/// The weights of a pointwise convolution.
fn matrix(conv: &Conv) -> Array2<f64> {
    conv.weight.view().index_axis_move(Axis(3), 0).index_axis_move(Axis(2), 0).mapv(f64::from)
}

fn kernels(matrix: &Array2<f64>) -> Array4<f32> {
    narrow(matrix).insert_axis(Axis(2)).insert_axis(Axis(3))
}

fn pointwise(matrix: &Array2<f64>, bias: Option<&[f32]>) -> Op {
    Op::Conv(Conv {
        weight: kernels(matrix),
        bias: bias.map_or_else(|| vec![0.0; matrix.nrows()], <[f32]>::to_vec),
        stride: (1, 1),
        pad_rows: (0, 0),
        pad_cols: (0, 0),
        dilation: (1, 1),
        groups: 1,
    })
}

fn narrow(matrix: &Array2<f64>) -> Array2<f32> {
    matrix.as_standard_layout().mapv(to_f32)
}

#[allow(clippy::cast_possible_truncation, reason = "the precision of weights")]
fn to_f32(x: f64) -> f32 {
    x as f32
}
