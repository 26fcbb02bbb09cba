//! The network in bytes: small types of its own, so that the format changes only on purpose.

use freeml_core::Kind;
use ndarray::Array4;
use serde::{Deserialize, Serialize};

use super::{Artefact, Defect};
use crate::compress::Summary;
use crate::graph::{Conv, Pool, PoolKind, Shape};
use crate::quantise::{QuantLayer, QuantOp, QuantTensor, Quantised, Tables};

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

#[derive(Serialize, Deserialize)]
enum OpBody {
    Conv { conv: ConvBody, pool: Option<PoolBody>, residual: Option<i16>, tables: TablesBody },
    Depthwise { conv: ConvBody, tables: TablesBody },
    Dense { residual: Option<i16>, tables: TablesBody },
    MaxPool(PoolBody),
    AveragePool(PoolBody, TablesBody),
    Add([i16; 2]),
}

/// The geometry of a convolution.
#[derive(Serialize, Deserialize)]
struct ConvBody {
    weight: (usize, usize, usize, usize),
    stride: (usize, usize),
    pad_rows: (usize, usize),
    pad_cols: (usize, usize),
    dilation: (usize, usize),
    groups: usize,
}

#[derive(Serialize, Deserialize)]
struct PoolBody {
    #[serde(with = "PoolKindBody")]
    kind: PoolKind,
    kernel: (usize, usize),
    stride: (usize, usize),
    pad_rows: (usize, usize),
    pad_cols: (usize, usize),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PoolKind")]
enum PoolKindBody {
    Max,
    Average,
    AveragePadded,
}

#[derive(Serialize, Deserialize)]
struct TablesBody {
    weights: Vec<u8>,
    bias: Vec<i32>,
    multiplier: Vec<i16>,
    shift: u8,
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
    postcard::to_stdvec(&body).expect("memory is enough for a network that is already in it")
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

/// Whether every layer reads tensors that exist when it runs.
fn is_sound(network: &Quantised) -> bool {
    let operands = |op: &QuantOp| match op {
        QuantOp::Conv { residual, .. } | QuantOp::Dense { residual, .. } => {
            1 + usize::from(residual.is_some())
        }
        QuantOp::Add(_) => 2,
        _ => 1,
    };
    network.tensors.len() == network.layers.len() + 1
        && !network.layers.is_empty()
        && network.layers.iter().enumerate().all(|(index, layer)| {
            layer.operands.len() == operands(&layer.op)
                && layer.operands.iter().all(|&operand| operand <= index)
        })
}

/// Whether these extents can be those of something on the device.
fn in_range(extents: &[usize]) -> bool {
    extents.iter().all(|&extent| extent <= LARGEST)
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

impl From<&QuantOp> for OpBody {
    fn from(op: &QuantOp) -> Self {
        match op {
            QuantOp::Conv { conv, pool, residual, tables } => OpBody::Conv {
                conv: conv.into(),
                pool: pool.as_ref().map(PoolBody::from),
                residual: *residual,
                tables: tables.into(),
            },
            QuantOp::Depthwise { conv, tables } => {
                OpBody::Depthwise { conv: conv.into(), tables: tables.into() }
            }
            QuantOp::Dense { residual, tables } => {
                OpBody::Dense { residual: *residual, tables: tables.into() }
            }
            QuantOp::MaxPool(pool) => OpBody::MaxPool(pool.into()),
            QuantOp::AveragePool(pool, tables) => OpBody::AveragePool(pool.into(), tables.into()),
            QuantOp::Add(multipliers) => OpBody::Add(*multipliers),
        }
    }
}

impl OpBody {
    fn op(self) -> Option<QuantOp> {
        Some(match self {
            OpBody::Conv { conv, pool, residual, tables } => QuantOp::Conv {
                conv: conv.conv()?,
                pool: match pool {
                    Some(pool) => Some(pool.pool()?),
                    None => None,
                },
                residual,
                tables: tables.into(),
            },
            OpBody::Depthwise { conv, tables } => {
                QuantOp::Depthwise { conv: conv.conv()?, tables: tables.into() }
            }
            OpBody::Dense { residual, tables } => {
                QuantOp::Dense { residual, tables: tables.into() }
            }
            OpBody::MaxPool(pool) => QuantOp::MaxPool(pool.pool()?),
            OpBody::AveragePool(pool, tables) => QuantOp::AveragePool(pool.pool()?, tables.into()),
            OpBody::Add(multipliers) => QuantOp::Add(multipliers),
        })
    }
}

impl From<&Conv> for ConvBody {
    fn from(conv: &Conv) -> Self {
        let Conv { weight, bias: _, stride, pad_rows, pad_cols, dilation, groups } = conv;
        ConvBody {
            weight: weight.dim(),
            stride: *stride,
            pad_rows: *pad_rows,
            pad_cols: *pad_cols,
            dilation: *dilation,
            groups: *groups,
        }
    }
}

impl ConvBody {
    /// The geometry, all weights being 0.
    fn conv(self) -> Option<Conv> {
        let ConvBody { weight, stride, pad_rows, pad_cols, dilation, groups } = self;
        let (outputs, depth, rows, cols) = weight;
        let filter = depth.checked_mul(rows)?.checked_mul(cols)?;
        if !in_range(&[outputs, filter, stride.0, stride.1, groups]) || groups == 0 {
            return None;
        }
        let bias = vec![0.0; outputs];
        let weight = Array4::zeros(weight);
        Some(Conv { weight, bias, stride, pad_rows, pad_cols, dilation, groups })
    }
}

impl From<&Pool> for PoolBody {
    fn from(pool: &Pool) -> Self {
        let Pool { kind, kernel, stride, pad_rows, pad_cols } = *pool;
        PoolBody { kind, kernel, stride, pad_rows, pad_cols }
    }
}

impl PoolBody {
    fn pool(self) -> Option<Pool> {
        let PoolBody { kind, kernel, stride, pad_rows, pad_cols } = self;
        in_range(&[kernel.0, kernel.1, stride.0, stride.1]).then_some(Pool {
            kind,
            kernel,
            stride,
            pad_rows,
            pad_cols,
        })
    }
}

impl From<&Tables> for TablesBody {
    fn from(tables: &Tables) -> Self {
        let Tables { weights, bias, multiplier, shift } = tables.clone();
        TablesBody { weights, bias, multiplier, shift }
    }
}

impl From<TablesBody> for Tables {
    fn from(tables: TablesBody) -> Self {
        let TablesBody { weights, bias, multiplier, shift } = tables;
        Tables { weights, bias, multiplier, shift }
    }
}
