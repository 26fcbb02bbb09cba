//! From float layers to integer ones, after training.
//!
//! Weights are signed bytes with one scale per output channel, symmetric around 0.
//! Activations have one scale per tensor and no zero point, so that padding is 0 everywhere:
//! unsigned bytes where nothing is negative, signed bytes elsewhere. 16-bit words are used
//! where bytes lose what the arg-max sees: raw samples that come as 16 bits, and logits.

mod filters;
mod layer;
mod sparse;
mod weights;

use freeml_core::Kind;

use crate::calibrate::Calibration;
use crate::error::Error;
use crate::fuse::{Layer, LayerOp};
use crate::graph::{Graph, NodeId, Op, PoolKind, Shape};
use crate::train::{Levels, Steps};

pub use filters::{Filters, Tap};
pub use layer::{ExitWeights, Features, LayerWeights, QuantLayer, QuantOp, Tables};
pub use weights::memory_order;

/// Headroom of logits over the largest of the calibration samples.
const LOGIT_HEADROOM: f32 = 2.0;

/// A stored tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantTensor {
    /// Its extents.
    pub shape: Shape,
    /// How its elements are stored.
    pub kind: Kind,
    /// Real units of one step.
    pub scale: f32,
}

/// An integer network whose tensors have no place yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantised {
    /// Layers in running order.
    pub layers: Vec<QuantLayer>,
    /// The stored tensors: index 0 the input, `n + 1` the result of layer `n`.
    pub tensors: Vec<QuantTensor>,
}

/// Where the numbers of a quantisation come from.
#[derive(Debug, Clone, Copy)]
pub struct Numerics<'n> {
    /// Real units of one raw step of the input.
    pub input_scale: f32,
    /// Values of the tensors.
    pub calibration: &'n Calibration,
    /// Grids that weights and activations are on already.
    pub trained: Option<&'n Grids>,
}

/// Grids of a network that was trained on them, by node.
#[derive(Debug, Clone, PartialEq)]
pub struct Grids {
    /// Steps of results, where layers end.
    pub steps: Vec<Option<Steps>>,
    /// Largest magnitude of the weights of every output channel; none for nodes without grid.
    pub largest: Vec<Vec<f32>>,
    /// Magnitudes of weights.
    pub levels: Vec<Levels>,
}

/// Quantises `layers` of `graph`, whose raw samples are of kind `input`.
pub fn quantise(
    graph: &Graph,
    layers: &[Layer],
    numerics: &Numerics,
    input: Kind,
) -> Result<Quantised, Error> {
    let shape = graph.input_shape();
    let mut tensors = vec![QuantTensor { shape, kind: input, scale: numerics.input_scale }];
    let mut quantised = Vec::with_capacity(layers.len());
    for layer in layers {
        let operands: Vec<usize> = layer.inputs.iter().map(|&id| tensor_of(layers, id)).collect();
        let result = result_tensor(graph, layer, &operands, &tensors, numerics);
        let (op, result) = layer::quantise(layer, &operands, &tensors, result, numerics.trained)?;
        let (low, high) = integer_bounds(layer, &result);
        quantised.push(QuantLayer { name: layer.name.clone(), op, operands, low, high });
        tensors.push(result);
    }
    Ok(Quantised { layers: quantised, tensors })
}

/// Index in [`Quantised::tensors`] of the result of node `id`.
fn tensor_of(layers: &[Layer], id: NodeId) -> usize {
    layers.iter().position(|layer| layer.result == id).map_or(0, |index| index + 1)
}

fn result_tensor(
    graph: &Graph,
    layer: &Layer,
    operands: &[usize],
    tensors: &[QuantTensor],
    numerics: &Numerics,
) -> QuantTensor {
    let calibration = numerics.calibration;
    let shape = graph.nodes[layer.result].shape;
    if let LayerOp::Pool(pool) = &layer.op
        && pool.kind == PoolKind::Max
    {
        let QuantTensor { kind, scale, .. } = tensors[operands[0]];
        return QuantTensor { shape, kind, scale };
    }
    if layer.result == graph.output {
        let largest = (calibration.largest(layer.result) * LOGIT_HEADROOM).max(f32::MIN_POSITIVE);
        return QuantTensor { shape, kind: Kind::I16, scale: largest / f32::from(i16::MAX) };
    }
    let kind = result_kind(graph, layer.result);
    if let Some(steps) = numerics.trained.and_then(|grids| grids.steps[layer.result]) {
        return QuantTensor { shape, kind, scale: steps.scale };
    }
    let (_, levels) = kind.range();
    let scale = calibration.scale(layer.result, levels, layer.clamp.low, layer.clamp.high);
    QuantTensor { shape, kind, scale }
}

/// How the result of a layer that ends at node `id` is stored, unless it is the logits.
pub fn result_kind(graph: &Graph, id: NodeId) -> Kind {
    if is_non_negative(graph, id) { Kind::U8 } else { Kind::I8 }
}

/// Whether no value of node `id` can be negative, whatever the sample.
fn is_non_negative(graph: &Graph, id: NodeId) -> bool {
    let node = &graph.nodes[id];
    match &node.op {
        Op::Activation(bounds) => bounds.low >= 0.0,
        Op::Pool(_) | Op::Add => node.inputs.iter().all(|&input| is_non_negative(graph, input)),
        _ => false,
    }
}

/// The clamp in steps of the result.
fn integer_bounds(layer: &Layer, result: &QuantTensor) -> (i16, i16) {
    let (least, most) = result.kind.range();
    let bound = |real: f32| {
        let steps = (real / result.scale).round();
        #[allow(clippy::cast_possible_truncation, reason = "clamped to 16 bits; casts saturate")]
        let steps = steps.clamp(f32::from(least), f32::from(most)) as i16;
        steps
    };
    (bound(layer.clamp.low), bound(layer.clamp.high))
}
