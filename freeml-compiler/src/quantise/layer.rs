//! Integer form of one layer.

use freeml_core::{Kind, SHIFT_16, SHIFT_24};

use super::sparse::{self, OnGrid};
use super::weights::in_memory_order;
use super::{Filters, Grids, QuantTensor};
use crate::error::Error;
use crate::fuse::{Layer, LayerOp, is_depthwise};
use crate::graph::{Affine, Conv, Pool, PoolKind, Shape};

/// An integer layer.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantLayer {
    /// Name of the main operator's node.
    pub name: String,
    /// What it computes.
    pub op: QuantOp,
    /// Indices of the tensors it reads; a residual comes last.
    pub operands: Vec<usize>,
    /// Smallest value of the result.
    pub low: i16,
    /// Largest value of the result.
    pub high: i16,
}

/// What an integer layer computes.
#[derive(Debug, Clone, PartialEq)]
pub enum QuantOp {
    /// Convolution; `conv` gives the geometry only.
    Conv {
        /// Geometry.
        conv: Conv,
        /// Max pooling of the results.
        pool: Option<Pool>,
        /// Multiplier of a residual, [`Residual::multiplier`](freeml_core::kernels::Residual).
        residual: Option<i16>,
        /// Weights and requantisation.
        weights: LayerWeights,
    },
    /// Convolution with one filter per channel.
    Depthwise {
        /// Geometry.
        conv: Conv,
        /// Weights and requantisation.
        weights: LayerWeights,
    },
    /// Fully connected layer.
    Dense {
        /// Multiplier of a residual.
        residual: Option<i16>,
        /// Weights and requantisation.
        weights: LayerWeights,
    },
    /// Maximum over windows.
    MaxPool(Pool),
    /// Mean over windows.
    AveragePool(Pool, Tables),
    /// Sum of two tensors, with their multipliers.
    Add([i16; 2]),
    /// What an early exit looks at: maxima over windows, those that are chosen.
    Features(Features),
    /// An early exit: what its features add to the sums of the exit before, which come last.
    Exit(ExitWeights),
}

/// Elements of a pooled map.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Windows of the maximum, without padding. The last ones may reach beyond the edges.
    pub pool: Pool,
    /// Windows in a column and in a row.
    pub grid: (usize, usize),
    /// The elements that are features, by their number in the map (rows of columns of channels).
    pub chosen: Vec<usize>,
}

/// Weights of an early exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitWeights {
    /// Bias of every class.
    pub bias: Vec<i16>,
    /// For each class the weights of all features, by their number in
    /// [`EXIT_WEIGHTS`](freeml_core::kernels::EXIT_WEIGHTS).
    pub codes: Vec<Vec<u8>>,
    /// Power of two between the products here and the unit of the sums.
    pub shift: u8,
    /// How far the largest sum must exceed the second one for each of
    /// [`AGREEMENTS`](crate::exits::AGREEMENTS).
    pub margins: Vec<u32>,
    /// Validation samples that are classified as labelled.
    pub correct: usize,
    /// All of them.
    pub validation: usize,
}

/// Weights and requantisation of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerWeights {
    /// A byte for every weight, one multiplier per channel.
    Bytes(Tables),
    /// Powers of two, of which retraining kept some, one multiplier for all channels.
    Sparse(Filters),
}

/// Constant tables of a layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// Signed bytes in the order of the kernel; of a sparse layer all that its table holds.
    pub weights: Vec<u8>,
    /// Per channel, rounding included.
    pub bias: Vec<i32>,
    /// Per channel.
    pub multiplier: Vec<i16>,
    /// [`SHIFT_16`] or [`SHIFT_24`].
    pub shift: u8,
}

impl Tables {
    /// Bytes of all tables.
    pub fn bytes(&self) -> usize {
        self.weights.len() + 4 * self.bias.len() + 2 * self.multiplier.len()
    }
}

/// Float weights of a layer in the order of its kernel, with their channel count.
struct Linear {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    fn of_conv(conv: &Conv) -> Self {
        let (_, depth, rows, cols) = conv.weight.dim();
        let weights = in_memory_order(&conv.weight, depth, rows * cols);
        Linear { weights, bias: conv.bias.clone() }
    }
}

/// Largest multiplier that 16 bits hold.
pub const LARGEST_MULTIPLIER: f32 = 32_767.0;

/// Multiplier of a term of a sum that has the result's scale.
const TERM_ONE: f32 = 1_024.0;

/// Smallest multiplier of a 24-bit shift: 8 bits of precision.
const LEAST_MULTIPLIER: f32 = 256.0;

/// Quantises `layer` for a result like `result`; the scale of the result grows where the
/// multipliers would not fit otherwise.
pub fn quantise(
    layer: &Layer,
    operands: &[usize],
    tensors: &[QuantTensor],
    mut result: QuantTensor,
    grids: Option<&Grids>,
) -> Result<(QuantOp, QuantTensor), Error> {
    let input = &tensors[operands[0]];
    for &term in terms(layer, operands) {
        result.scale = result.scale.max(tensors[term].scale * TERM_ONE / LARGEST_MULTIPLIER);
    }
    let grid = grids.map(|grids| (&grids.largest[layer.node], grids.levels[layer.node]));
    let mut weights = |linear: &Linear| match grid {
        Some((largest, levels)) if !largest.is_empty() => {
            let Linear { weights, bias } = linear;
            let on_grid = OnGrid { name: &layer.name, weights, bias, largest, levels };
            sparse::filters(&on_grid, input, &mut result).map(LayerWeights::Sparse)
        }
        _ => tables(layer, linear, input, &mut result).map(LayerWeights::Bytes),
    };
    let op = match &layer.op {
        LayerOp::Conv { conv, .. } if is_depthwise(conv) => {
            let linear = Linear::of_conv(conv);
            QuantOp::Depthwise { conv: conv.clone(), weights: weights(&linear)? }
        }
        LayerOp::Conv { conv, pool, residual } => {
            let linear = Linear::of_conv(conv);
            let weights = weights(&linear)?;
            let residual = residual_multiplier(layer, *residual, operands, tensors, &result)?;
            QuantOp::Conv { conv: conv.clone(), pool: pool.clone(), residual, weights }
        }
        LayerOp::Dense { dense, residual } => {
            let Shape { c, h, w } = input.shape;
            let columns = in_memory_order(&dense.weight, c, h * w);
            let weights = weights(&Linear { weights: columns, bias: dense.bias.clone() })?;
            let residual = residual_multiplier(layer, *residual, operands, tensors, &result)?;
            QuantOp::Dense { residual, weights }
        }
        LayerOp::Affine(Affine { scale, shift }) => {
            let conv = pointwise(scale);
            let linear = Linear { weights: scale.clone(), bias: shift.clone() };
            QuantOp::Depthwise { conv, weights: weights(&linear)? }
        }
        LayerOp::Pool(pool) if pool.kind == PoolKind::Max => QuantOp::MaxPool(pool.clone()),
        LayerOp::Pool(pool) => {
            QuantOp::AveragePool(pool.clone(), mean(layer, pool, input, &mut result)?)
        }
        LayerOp::Add => QuantOp::Add([
            operand_multiplier(layer, &tensors[operands[0]], &result)?,
            operand_multiplier(layer, &tensors[operands[1]], &result)?,
        ]),
    };
    Ok((op, result))
}

/// A convolution of one tap per channel.
fn pointwise(scale: &[f32]) -> Conv {
    Conv {
        weight: ndarray::Array4::from_shape_fn((scale.len(), 1, 1, 1), |(c, ..)| scale[c]),
        bias: vec![0.0; scale.len()],
        stride: (1, 1),
        pad_rows: (0, 0),
        pad_cols: (0, 0),
        dilation: (1, 1),
        groups: scale.len(),
    }
}

fn tables(
    layer: &Layer,
    linear: &Linear,
    input: &QuantTensor,
    result: &mut QuantTensor,
) -> Result<Tables, Error> {
    let channels = linear.bias.len();
    let per_channel = linear.weights.len() / channels.max(1);
    let filters = || linear.weights.chunks(per_channel.max(1));
    let largest = |filter: &[f32]| filter.iter().fold(0f32, |max, weight| weight.abs().max(max));
    let scales: Vec<f32> = filters().map(|filter| largest(filter) / 127.0).collect();
    // A factor of 1/2 is the largest that a 16-bit multiplier holds.
    let widest = scales.iter().fold(0f32, |max, scale| scale.max(max)) * input.scale;
    result.scale = result.scale.max(widest * 2.0 * (1.0 + f32::EPSILON));
    let shift = if widest / result.scale * 2f32.powi(24) < LARGEST_MULTIPLIER {
        SHIFT_24
    } else {
        SHIFT_16
    };
    let one = 2f32.powi(shift.into());
    let least = LEAST_MULTIPLIER / 2f32.powi(24) * result.scale / input.scale;
    let mut tables =
        Tables { weights: Vec::new(), bias: Vec::new(), multiplier: Vec::new(), shift };
    let (_, most) = input.kind.range();
    for (channel, (filter, scale)) in filters().zip(&scales).enumerate() {
        let wanted = scale.max(least) * input.scale / result.scale * one;
        let multiplier = wanted.ceil().clamp(1.0, LARGEST_MULTIPLIER);
        // The weights take the scale that the rounded multiplier stands for, so rounding it does
        // not change the channel's gain; rounded up, it keeps the weights within 8 bits.
        let unit = f64::from(multiplier) * f64::from(result.scale) / f64::from(one);
        let scale = unit / f64::from(input.scale);
        let bias = f64::from(linear.bias[channel]) / unit + f64::from(one / 2.0 / multiplier);
        let quantised =
            filter.iter().map(|&weight| (f64::from(weight) / scale).round().clamp(-127.0, 127.0));
        let reach = quantised.clone().map(f64::abs).sum::<f64>() * f64::from(most) + bias.abs();
        if reach >= f64::from(i32::MAX) {
            return Err(Error::sum_overflow(&layer.name, channel));
        }
        #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
        {
            tables.weights.extend(quantised.map(|weight| (weight as i8).cast_unsigned()));
            tables.bias.push(bias.round() as i32);
            tables.multiplier.push(multiplier as i16);
        }
    }
    Ok(tables)
}

fn mean(
    layer: &Layer,
    pool: &Pool,
    input: &QuantTensor,
    result: &mut QuantTensor,
) -> Result<Tables, Error> {
    let taps = (pool.kernel.0 * pool.kernel.1).max(1);
    // A window over the edge is stretched to a full one before it is scaled.
    let stretched = if pool.kind == PoolKind::Average { taps } else { 1 };
    let (_, most) = input.kind.range();
    if taps * stretched >= i32::MAX as usize / 2 / usize::from(most.unsigned_abs()) {
        return Err(Error::sum_overflow(&layer.name, 0));
    }
    #[allow(clippy::cast_precision_loss, reason = "window sizes are small")]
    let unit = input.scale / taps as f32;
    result.scale = result.scale.max(unit * 2.0 * (1.0 + f32::EPSILON));
    let factor = unit / result.scale;
    let shift = if factor * 2f32.powi(24) < LARGEST_MULTIPLIER { SHIFT_24 } else { SHIFT_16 };
    let one = 2f32.powi(shift.into());
    let multiplier = (factor * one).round().clamp(1.0, LARGEST_MULTIPLIER);
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    Ok(Tables {
        weights: Vec::new(),
        bias: vec![(one / 2.0 / multiplier).round() as i32],
        multiplier: vec![multiplier as i16],
        shift,
    })
}

/// Operands that are added as they are, apart from their scale.
fn terms<'a>(layer: &Layer, operands: &'a [usize]) -> &'a [usize] {
    match &layer.op {
        LayerOp::Add => operands,
        LayerOp::Conv { residual: true, .. } | LayerOp::Dense { residual: true, .. } => {
            &operands[operands.len() - 1..]
        }
        _ => &[],
    }
}

fn residual_multiplier(
    layer: &Layer,
    has_residual: bool,
    operands: &[usize],
    tensors: &[QuantTensor],
    result: &QuantTensor,
) -> Result<Option<i16>, Error> {
    match operands.last() {
        Some(&last) if has_residual => operand_multiplier(layer, &tensors[last], result).map(Some),
        _ => Ok(None),
    }
}

/// `round(operand scale / result scale * 2^10)`.
fn operand_multiplier(
    layer: &Layer,
    operand: &QuantTensor,
    result: &QuantTensor,
) -> Result<i16, Error> {
    if operand.kind == Kind::I16 {
        return Err(Error::wide_operand(&layer.name));
    }
    let multiplier = (operand.scale / result.scale * TERM_ONE).round();
    #[allow(clippy::cast_possible_truncation, reason = "clamped")]
    Ok(multiplier.clamp(0.0, LARGEST_MULTIPLIER) as i16)
}
