//! What layers compute.

use ndarray::Array4;
use serde::{Deserialize, Serialize};

use super::LARGEST;
use super::filters::FiltersBody;
use crate::graph::{Conv, Pool, PoolKind};
use crate::quantise::{ExitWeights, Features, LayerWeights, QuantOp, Tables};

/// [`QuantOp`] as it is stored.
#[derive(Serialize, Deserialize)]
pub enum OpBody {
    Conv {
        conv: ConvBody,
        pool: Option<PoolBody>,
        residual: Option<i16>,
        weights: WeightsBody,
    },
    Depthwise {
        conv: ConvBody,
        weights: WeightsBody,
    },
    Dense {
        residual: Option<i16>,
        weights: WeightsBody,
    },
    MaxPool(PoolBody),
    AveragePool(PoolBody, TablesBody),
    Add([i16; 2]),
    Features {
        pool: PoolBody,
        grid: (usize, usize),
        chosen: Vec<usize>,
    },
    Exit {
        bias: Vec<i16>,
        codes: Vec<Vec<u8>>,
        shift: u8,
        margins: Vec<u32>,
        correct: usize,
        validation: usize,
    },
}

/// The geometry of a convolution.
#[derive(Serialize, Deserialize)]
pub struct ConvBody {
    weight: (usize, usize, usize, usize),
    stride: (usize, usize),
    pad_rows: (usize, usize),
    pad_cols: (usize, usize),
    dilation: (usize, usize),
    groups: usize,
}

#[derive(Serialize, Deserialize)]
pub struct PoolBody {
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
pub enum WeightsBody {
    Bytes(TablesBody),
    Sparse(FiltersBody),
}

#[derive(Serialize, Deserialize)]
pub struct TablesBody {
    weights: Vec<u8>,
    bias: Vec<i32>,
    multiplier: Vec<i16>,
    shift: u8,
}

impl From<&QuantOp> for OpBody {
    fn from(op: &QuantOp) -> Self {
        match op {
            QuantOp::Conv { conv, pool, residual, weights } => OpBody::Conv {
                conv: conv.into(),
                pool: pool.as_ref().map(PoolBody::from),
                residual: *residual,
                weights: weights.into(),
            },
            QuantOp::Depthwise { conv, weights } => {
                OpBody::Depthwise { conv: conv.into(), weights: weights.into() }
            }
            QuantOp::Dense { residual, weights } => {
                OpBody::Dense { residual: *residual, weights: weights.into() }
            }
            QuantOp::MaxPool(pool) => OpBody::MaxPool(pool.into()),
            QuantOp::AveragePool(pool, tables) => OpBody::AveragePool(pool.into(), tables.into()),
            QuantOp::Add(multipliers) => OpBody::Add(*multipliers),
            QuantOp::Features(Features { pool, grid, chosen }) => {
                OpBody::Features { pool: pool.into(), grid: *grid, chosen: chosen.clone() }
            }
            QuantOp::Exit(ExitWeights { bias, codes, shift, margins, correct, validation }) => {
                OpBody::Exit {
                    bias: bias.clone(),
                    codes: codes.clone(),
                    shift: *shift,
                    margins: margins.clone(),
                    correct: *correct,
                    validation: *validation,
                }
            }
        }
    }
}

impl OpBody {
    /// The operator, `None` if it cannot be one of a network.
    pub fn op(self) -> Option<QuantOp> {
        Some(match self {
            OpBody::Conv { conv, pool, residual, weights } => QuantOp::Conv {
                conv: conv.conv()?,
                pool: match pool {
                    Some(pool) => Some(pool.pool()?),
                    None => None,
                },
                residual,
                weights: weights.weights()?,
            },
            OpBody::Depthwise { conv, weights } => {
                QuantOp::Depthwise { conv: conv.conv()?, weights: weights.weights()? }
            }
            OpBody::Dense { residual, weights } => {
                QuantOp::Dense { residual, weights: weights.weights()? }
            }
            OpBody::MaxPool(pool) => QuantOp::MaxPool(pool.pool()?),
            OpBody::AveragePool(pool, tables) => QuantOp::AveragePool(pool.pool()?, tables.into()),
            OpBody::Add(multipliers) => QuantOp::Add(multipliers),
            OpBody::Features { pool, grid, chosen } => {
                QuantOp::Features(Features { pool: pool.pool()?, grid, chosen })
            }
            OpBody::Exit { bias, codes, shift, margins, correct, validation } => {
                QuantOp::Exit(ExitWeights { bias, codes, shift, margins, correct, validation })
            }
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
        let pads = [pad_rows.0, pad_rows.1, pad_cols.0, pad_cols.1];
        let others = [outputs, filter, stride.0, stride.1, dilation.0, dilation.1, groups];
        if !(in_range(&pads, 0) && in_range(&others, 1)) {
            return None;
        }
        let (weight, bias) = (Array4::zeros(weight), vec![0.0; outputs]);
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
        let pads = [pad_rows.0, pad_rows.1, pad_cols.0, pad_cols.1];
        let others = [kernel.0, kernel.1, stride.0, stride.1];
        let sound = in_range(&pads, 0) && in_range(&others, 1);
        sound.then_some(Pool { kind, kernel, stride, pad_rows, pad_cols })
    }
}

/// Whether all `extents` are at least `least` and what the device can hold.
fn in_range(extents: &[usize], least: usize) -> bool {
    extents.iter().all(|extent| (least..=LARGEST).contains(extent))
}

impl From<&LayerWeights> for WeightsBody {
    fn from(weights: &LayerWeights) -> Self {
        match weights {
            LayerWeights::Bytes(tables) => WeightsBody::Bytes(tables.into()),
            LayerWeights::Sparse(filters) => WeightsBody::Sparse(filters.into()),
        }
    }
}

impl WeightsBody {
    fn weights(self) -> Option<LayerWeights> {
        match self {
            WeightsBody::Bytes(tables) => Some(LayerWeights::Bytes(tables.into())),
            WeightsBody::Sparse(filters) => filters.filters().map(LayerWeights::Sparse),
        }
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
