//! Groups graph nodes into layers, one kernel each.
//!
//! A convolution takes over the max pool, the residual sum and the clamp that follow it, so
//! that only what other layers read is ever stored. A clamp commutes with a maximum, so
//! their order does not matter.

use crate::graph::{Activation, Affine, Conv, Dense, Graph, Node, NodeId, Op, Pool, PoolKind};

/// One layer: a main operator and what it absorbed.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Name of the main operator's node.
    pub name: String,
    /// The main operator.
    pub op: LayerOp,
    /// The node of the main operator.
    pub node: NodeId,
    /// Nodes whose results it reads; a residual comes last.
    pub inputs: Vec<NodeId>,
    /// The node whose result it stores.
    pub result: NodeId,
    /// Bounds of the result in real units.
    pub clamp: Activation,
}

/// What a layer computes before the clamp.
#[derive(Debug, Clone, PartialEq)]
pub enum LayerOp {
    /// Convolution, of which `pool` keeps maxima or to which a residual is added.
    Conv {
        /// The convolution.
        conv: Conv,
        /// Max pooling of its results.
        pool: Option<Pool>,
        /// Whether the last input is added to the result.
        residual: bool,
    },
    /// Fully connected layer.
    Dense {
        /// The layer.
        dense: Dense,
        /// Whether the last input is added to the result.
        residual: bool,
    },
    /// A pool of its own; a clamp of its own is one over single elements.
    Pool(Pool),
    /// Sum of two tensors.
    Add,
    /// Per-channel affine map.
    Affine(Affine),
}

const UNBOUNDED: Activation = Activation { low: f32::NEG_INFINITY, high: f32::INFINITY };

const POINT: Pool = Pool {
    kind: PoolKind::Max,
    kernel: (1, 1),
    stride: (1, 1),
    pad_rows: (0, 0),
    pad_cols: (0, 0),
};

/// The layers of `graph`, in an order in which they can run.
pub fn fuse(graph: &Graph) -> Vec<Layer> {
    let mut absorbed = vec![false; graph.nodes.len()];
    let mut layers = Vec::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        if absorbed[id] {
            continue;
        }
        let Some(mut layer) = main_layer(id, node) else { continue };
        while let Some(next) = sole_consumer(graph, layer.result) {
            if !absorb(graph, &mut layer, id, next) {
                break;
            }
            absorbed[next] = true;
            layer.result = next;
        }
        layers.push(layer);
    }
    layers
}

fn main_layer(id: NodeId, node: &Node) -> Option<Layer> {
    let mut clamp = UNBOUNDED;
    let op = match &node.op {
        Op::Input => return None,
        Op::Conv(conv) => LayerOp::Conv { conv: conv.clone(), pool: None, residual: false },
        Op::Dense(dense) => LayerOp::Dense { dense: dense.clone(), residual: false },
        Op::Pool(pool) => LayerOp::Pool(pool.clone()),
        Op::Add => LayerOp::Add,
        Op::Affine(affine) => LayerOp::Affine(affine.clone()),
        Op::Activation(activation) => {
            clamp = *activation;
            LayerOp::Pool(POINT)
        }
    };
    Some(Layer {
        name: node.name.clone(),
        op,
        node: id,
        inputs: node.inputs.clone(),
        result: id,
        clamp,
    })
}

fn sole_consumer(graph: &Graph, id: NodeId) -> Option<NodeId> {
    let mut consumers = graph.consumers(id);
    let first = consumers.next()?;
    (consumers.next().is_none() && id != graph.output).then_some(first)
}

/// Lets `layer`, which starts at node `start`, take over node `next` if it can.
fn absorb(graph: &Graph, layer: &mut Layer, start: NodeId, next: NodeId) -> bool {
    let node = &graph.nodes[next];
    match (&node.op, &mut layer.op) {
        (Op::Activation(bounds), _) => {
            // Clamping to one interval and then to another is clamping to their
            // intersection, as long as they meet.
            let low = layer.clamp.low.max(bounds.low);
            let high = layer.clamp.high.min(bounds.high);
            let meet = low <= high;
            if meet {
                layer.clamp = Activation { low, high };
            }
            meet
        }
        (Op::Pool(next_pool), LayerOp::Conv { conv, pool: pool @ None, residual: false })
            if absorbs_pool(next_pool) && !is_depthwise(conv) =>
        {
            *pool = Some(next_pool.clone());
            true
        }
        (
            Op::Add,
            LayerOp::Conv { residual: residual @ false, pool: None, .. }
            | LayerOp::Dense { residual: residual @ false, .. },
        ) if layer.clamp == UNBOUNDED => {
            let other = node.inputs.iter().copied().find(|&input| input != layer.result);
            match other {
                // The other operand must exist when this layer runs.
                Some(other) if other < start => {
                    *residual = true;
                    layer.inputs.push(other);
                    true
                }
                _ => false,
            }
        }
        _ => false,
    }
}

fn absorbs_pool(pool: &Pool) -> bool {
    pool.kind == PoolKind::Max && pool.pad_rows == (0, 0) && pool.pad_cols == (0, 0)
}

/// Whether every channel has a filter of its own.
pub fn is_depthwise(conv: &Conv) -> bool {
    let (out, per_group, ..) = conv.weight.dim();
    conv.groups > 1 && per_group == 1 && out == conv.groups
}

/// Ends `graph` in an operator that can bring its result to a scale of its own, as logits
/// need one and a maximum has that of its operand.
pub fn rescale_output(graph: &mut Graph) {
    let mut end = graph.output;
    while let Op::Activation(_) = graph.nodes[end].op {
        end = graph.nodes[end].inputs[0];
    }
    let node = &graph.nodes[end];
    let keeps_scale = match &node.op {
        Op::Input => true,
        Op::Pool(pool) => pool.kind == PoolKind::Max,
        _ => false,
    };
    if keeps_scale {
        let shape = graph.nodes[graph.output].shape;
        let identity = Affine { scale: vec![1.0; shape.c], shift: vec![0.0; shape.c] };
        let name = format!("{}.logits", node.name);
        let inputs = vec![graph.output];
        graph.output = graph.nodes.len();
        graph.nodes.push(Node { name, op: Op::Affine(identity), inputs, shape });
    }
}
