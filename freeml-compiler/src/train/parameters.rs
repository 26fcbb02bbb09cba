//! All parameters of a graph in one flat buffer.

use std::ops::Range;

use crate::graph::{Graph, NodeId, Op};

/// Where the parameters of one node lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerParameters {
    /// The node.
    pub node: NodeId,
    /// Output channels: weights of one channel are neighbours.
    pub channels: usize,
    /// Weights in the order of the node's array, or the scale of an affine map.
    pub weight: Range<usize>,
    /// Biases, or the shift of an affine map.
    pub bias: Range<usize>,
    /// Whether the weights may be pruned and rounded: true but for affine maps.
    pub prunable: bool,
}

/// Order of the parameters of a graph in a flat buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    layers: Vec<LayerParameters>,
    len: usize,
}

impl Layout {
    /// The layout of `graph`: nodes in their order, weights before biases.
    pub fn of(graph: &Graph) -> Self {
        let mut layers = Vec::new();
        let mut len = 0;
        for (node, (weight, bias)) in graph.nodes.iter().map(|node| lengths(&node.op)).enumerate() {
            if bias > 0 {
                let prunable = !matches!(graph.nodes[node].op, Op::Affine(_));
                let weight = len..len + weight;
                let range = weight.end..weight.end + bias;
                len = range.end;
                layers.push(LayerParameters {
                    node,
                    channels: bias,
                    weight,
                    bias: range,
                    prunable,
                });
            }
        }
        Layout { layers, len }
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the graph has no parameters.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Nodes with parameters, in order.
    pub fn layers(&self) -> &[LayerParameters] {
        &self.layers
    }

    /// Layers whose weights may be pruned and rounded.
    pub fn prunable(&self) -> impl Iterator<Item = &LayerParameters> {
        self.layers.iter().filter(|layer| layer.prunable)
    }

    /// Number of weights that may be pruned.
    pub fn prunable_weights(&self) -> usize {
        self.prunable().map(|layer| layer.weight.len()).sum()
    }

    /// The parameters of `node`, `None` if it has none.
    pub fn layer(&self, node: NodeId) -> Option<&LayerParameters> {
        self.layers.iter().find(|layer| layer.node == node)
    }

    /// Reads the parameters of `graph`, whose layout this is.
    pub fn gather(&self, graph: &Graph) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.len);
        for layer in &self.layers {
            match &graph.nodes[layer.node].op {
                Op::Conv(op) => values.extend(op.weight.iter().chain(&op.bias)),
                Op::Dense(op) => values.extend(op.weight.iter().chain(&op.bias)),
                Op::Affine(op) => values.extend(op.scale.iter().chain(&op.shift)),
                _ => {}
            }
        }
        values
    }

    /// Writes parameters back into `graph`, whose layout this is.
    pub fn scatter(&self, values: &[f32], graph: &mut Graph) {
        for layer in &self.layers {
            let weight = &values[layer.weight.clone()];
            let bias = &values[layer.bias.clone()];
            match &mut graph.nodes[layer.node].op {
                Op::Conv(op) => {
                    op.weight.iter_mut().zip(weight).for_each(|(to, from)| *to = *from);
                    op.bias.copy_from_slice(bias);
                }
                Op::Dense(op) => {
                    op.weight.iter_mut().zip(weight).for_each(|(to, from)| *to = *from);
                    op.bias.copy_from_slice(bias);
                }
                Op::Affine(op) => {
                    op.scale.copy_from_slice(weight);
                    op.shift.copy_from_slice(bias);
                }
                _ => {}
            }
        }
    }
}

/// Numbers of weights and biases.
fn lengths(op: &Op) -> (usize, usize) {
    match op {
        Op::Conv(op) => (op.weight.len(), op.bias.len()),
        Op::Dense(op) => (op.weight.len(), op.bias.len()),
        Op::Affine(op) => (op.scale.len(), op.shift.len()),
        Op::Input | Op::Pool(_) | Op::Add | Op::Activation(_) => (0, 0),
    }
}
