//! The network in bytes: small types of its own, so that the format changes only on purpose.

mod filters;
mod op;

use freeml_core::Kind;
use serde::{Deserialize, Serialize};

use super::{Artefact, Defect};
use crate::compress::Summary;
use crate::graph::Shape;
use crate::quantise::{
    ExitWeights, Features, LayerWeights, QuantLayer, QuantOp, QuantTensor, Quantised, Tap,
};
use op::OpBody;

/// Largest extent of anything on the device.
const LARGEST: usize = u16::MAX as usize;

#[derive(Serialize, Deserialize)]
struct Body {
    #[serde(with = "SummaryBody")]
    summary: Summary,
    notes: Vec<String>,
    tensors: Vec<TensorBody>,
    layers: Vec<LayerBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Summary")]
struct SummaryBody {
    weights: usize,
    kept: usize,
    bytes: usize,
    validation: usize,
    float_correct: usize,
    correct: usize,
    separated: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct TensorBody {
    shape: (usize, usize, usize),
    #[serde(with = "KindBody")]
    kind: Kind,
    scale: f32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Kind")]
enum KindBody {
    U8,
    I8,
    I16,
}

#[derive(Serialize, Deserialize)]
struct LayerBody {
    name: String,
    op: OpBody,
    operands: Vec<usize>,
    low: i16,
    high: i16,
}

/// The bytes of `artefact`.
pub fn encode(artefact: &Artefact) -> Vec<u8> {
    let Artefact { network, summary, notes } = artefact;
    let body = Body {
        summary: summary.clone(),
        notes: notes.clone(),
        tensors: network.tensors.iter().map(TensorBody::from).collect(),
        layers: network.layers.iter().map(LayerBody::from).collect(),
    };
    postcard::to_stdvec(&body).expect("types without maps and of known lengths always encode")
}

/// The artefact of these bytes, if they are one that a plan can be made of.
pub fn decode(bytes: &[u8]) -> Result<Artefact, Defect> {
    let body: Body = postcard::from_bytes(bytes).map_err(|_| Defect::Damaged)?;
    let Body { summary, notes, tensors, layers } = body;
    let network = tensors
        .into_iter()
        .map(TensorBody::tensor)
        .collect::<Option<Vec<_>>>()
        .zip(layers.into_iter().map(LayerBody::layer).collect::<Option<Vec<_>>>())
        .map(|(tensors, layers)| Quantised { layers, tensors })
        .filter(is_sound)
        .ok_or(Defect::Damaged)?;
    Ok(Artefact { network, summary, notes })
}

/// Whether every layer reads tensors that exist when it runs, and has weights for them.
fn is_sound(network: &Quantised) -> bool {
    let Quantised { layers, tensors } = network;
    tensors.len() == layers.len() + 1
        && !layers.is_empty()
        && layers.iter().zip(&tensors[1..]).enumerate().all(|(index, (layer, result))| {
            operands_fit(layer)
                && layer.operands.iter().all(|&operand| operand <= index)
                && weights_fit(&layer.op, tensors[layer.operands[0]].shape, result.shape)
                && exit_tensors_fit(layer, tensors, result)
        })
}

/// Number of tensors that a layer reads.
fn operands(op: &QuantOp) -> usize {
    match op {
        QuantOp::Conv { residual, .. } | QuantOp::Dense { residual, .. } => {
            1 + usize::from(residual.is_some())
        }
        QuantOp::Add(_) => 2,
        _ => 1,
    }
}

/// Whether the layer reads as many tensors as its operator does: an exit perhaps the sums of the
/// one before, too.
fn operands_fit(layer: &QuantLayer) -> bool {
    let (count, more) = (layer.operands.len(), matches!(layer.op, QuantOp::Exit(_)));
    count == operands(&layer.op) || more && count == 2
}

/// Whether the filters of a sparse layer are as many and as large as its tensors say.
fn weights_fit(op: &QuantOp, input: Shape, result: Shape) -> bool {
    let (weights, taps) = match op {
        QuantOp::Conv { conv, weights, .. } | QuantOp::Depthwise { conv, weights } => {
            let (_, depth, rows, cols) = conv.weight.dim();
            (weights, depth * rows * cols)
        }
        QuantOp::Dense { weights, .. } => (weights, input.len()),
        QuantOp::Features(features) => return features_fit(features, input, result),
        QuantOp::Exit(weights) => return exit_fits(weights, input, result),
        _ => return true,
    };
    let LayerWeights::Sparse(filters) = weights else { return true };
    let inside = |row: &Vec<Tap>| row.iter().all(|tap| usize::from(tap.index) < taps);
    filters.rows.len() == result.c
        && filters.bias.len() == result.c
        && filters.rows.iter().all(inside)
}

/// Whether the features are elements of the grid, in order.
fn features_fit(features: &Features, input: Shape, result: Shape) -> bool {
    let Features { window: (rows, cols), chosen } = features;
    let elements = input.h.div_ceil(*rows) * input.w.div_ceil(*cols) * input.c;
    chosen.len() == result.len()
        && chosen.is_sorted_by(|a, b| a < b)
        && chosen.iter().all(|&index| index < elements)
}

/// Whether what belongs to an exit is stored as its kernels do: features like their map, sums as
/// words, as many before as after.
fn exit_tensors_fit(layer: &QuantLayer, tensors: &[QuantTensor], result: &QuantTensor) -> bool {
    match (&layer.op, &layer.operands[..]) {
        (QuantOp::Features(_), &[map]) => tensors[map].kind == result.kind,
        (QuantOp::Exit(_), &[_]) => result.kind == Kind::I16,
        (QuantOp::Exit(_), &[_, before]) => {
            let before = tensors[before];
            (before.kind, before.shape, result.kind) == (Kind::I16, result.shape, Kind::I16)
        }
        _ => true,
    }
}

/// Whether there are biases and weights for all sums.
fn exit_fits(weights: &ExitWeights, input: Shape, result: Shape) -> bool {
    let classes = weights.bias.len();
    let whole = |row: &Vec<u8>| row.len() == input.len() && row.iter().all(|&code| code < 16);
    2 * classes == result.len()
        && weights.codes.len() == classes
        && weights.codes.iter().all(whole)
        && weights.shift < 32
}

impl From<&QuantTensor> for TensorBody {
    fn from(tensor: &QuantTensor) -> Self {
        let QuantTensor { shape, kind, scale } = *tensor;
        TensorBody { shape: (shape.c, shape.h, shape.w), kind, scale }
    }
}

impl TensorBody {
    fn tensor(self) -> Option<QuantTensor> {
        let TensorBody { shape: (c, h, w), kind, scale } = self;
        let elements = c.checked_mul(h)?.checked_mul(w)?;
        (1..=LARGEST).contains(&elements).then_some(QuantTensor {
            shape: Shape { c, h, w },
            kind,
            scale,
        })
    }
}

impl From<&QuantLayer> for LayerBody {
    fn from(layer: &QuantLayer) -> Self {
        let QuantLayer { name, op, operands, low, high } = layer;
        LayerBody {
            name: name.clone(),
            op: op.into(),
            operands: operands.clone(),
            low: *low,
            high: *high,
        }
    }
}

impl LayerBody {
    fn layer(self) -> Option<QuantLayer> {
        let LayerBody { name, op, operands, low, high } = self;
        Some(QuantLayer { name, op: op.op()?, operands, low, high })
    }
}
