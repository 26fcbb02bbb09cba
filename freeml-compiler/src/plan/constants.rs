//! What layers compute with: which kernel, and its tables.

use freeml_core::kernels::{Conv, Depthwise, PreparedQuads, Sparse, Walk, Windows};
use freeml_core::{DeviceBytes, LayerScale, Tensor};

use super::cost::sparse::{self, Cut};
use super::exits;
use super::quads::{self, QuadLayer};
use super::windows::{self, View};
use crate::encode::{self, Choice, Objective};
use crate::error::Error;
use crate::quantise::{Filters, LayerWeights, QuantLayer, QuantOp, Tables};

/// Constants of one layer.
pub enum Constants {
    /// Of a dense kernel, or of one without tables.
    Dense(Tables),
    /// Of the sparse kernel.
    Sparse(SparseLayer),
    /// Of the kernel for four windows at a time.
    Quads(QuadLayer),
}

impl Constants {
    /// Bytes of the longest list of weights that is decoded at once.
    pub fn scratch_bytes(&self) -> usize {
        match self {
            Constants::Dense(_) => 0,
            Constants::Sparse(sparse) => 4 * usize::from(sparse.listed),
            Constants::Quads(quads) => quads.layer.area.bytes().into(),
        }
    }
}

/// What the sparse kernel needs, apart from addresses.
pub struct SparseLayer {
    /// How windows move; `None` if there is one, of taps side by side.
    pub windows: Option<Windows>,
    /// Bytes from a window's first tap to the end of its last.
    pub span: u16,
    /// Bytes from the first window's first tap to the operand.
    pub lead: u16,
    /// Weights of the longest row, if rows are decoded into a list.
    pub listed: u16,
    /// Encoding.
    pub choice: Choice,
    /// Table in this encoding.
    pub table: Vec<u8>,
    /// Blocks and parts.
    pub cut: Cut,
    /// From sums to output units.
    pub scale: LayerScale,
    /// Multiply-accumulates.
    pub macs: u32,
}

/// The constants of `layer`, which reads `input` and stores `output`; neither has a place yet.
pub fn of(layer: &QuantLayer, input: &Tensor, output: &Tensor) -> Result<Constants, Error> {
    match &layer.op {
        QuantOp::Conv { weights, .. }
        | QuantOp::Depthwise { weights, .. }
        | QuantOp::Dense { weights, .. } => match weights {
            LayerWeights::Bytes(tables) => Ok(Constants::Dense(tables.clone())),
            LayerWeights::Sparse(filters) => smallest(layer, filters, input, output),
        },
        QuantOp::AveragePool(_, tables) => Ok(Constants::Dense(tables.clone())),
        QuantOp::MaxPool(_) | QuantOp::Add(_) => Ok(Constants::Dense(Tables::default())),
        QuantOp::Features(features) => Ok(bytes(exits::gaps(&features.chosen))),
        QuantOp::Exit(weights) => Ok(bytes(exits::table(weights))),
    }
}

/// A table of bytes alone.
fn bytes(weights: Vec<u8>) -> Constants {
    Constants::Dense(Tables { weights, ..Tables::default() })
}

/// Sparse weights as they are, or as bytes if these are fewer.
fn smallest(
    layer: &QuantLayer,
    filters: &Filters,
    input: &Tensor,
    output: &Tensor,
) -> Result<Constants, Error> {
    let view = windows::view(layer, input)?;
    let quads = quads::of(layer, filters, &view, input, output)?;
    let (bytes, constants) = if let Some(quads) = quads {
        (quads.choice.bytes + PreparedQuads::DEVICE_BYTES, Constants::Quads(quads))
    } else {
        let sparse = sparse(filters, &view, input, output)?;
        let windows = sparse.windows.map_or(0, |_| Windows::DEVICE_BYTES);
        (sparse.choice.bytes + Sparse::DEVICE_BYTES + windows, Constants::Sparse(sparse))
    };
    Ok(match encode::dense(filters, view.taps()) {
        Some(tables) if tables.bytes() + dense_descriptor(layer) < bytes => {
            Constants::Dense(tables)
        }
        _ => constants,
    })
}

/// Bytes of the descriptor of the dense kernel.
fn dense_descriptor(layer: &QuantLayer) -> usize {
    match layer.op {
        QuantOp::Depthwise { .. } => Depthwise::DEVICE_BYTES,
        _ => Conv::DEVICE_BYTES,
    }
}

fn sparse(
    filters: &Filters,
    view: &View,
    input: &Tensor,
    output: &Tensor,
) -> Result<SparseLayer, Error> {
    let [height, width] = [output.height, output.width].map(usize::from);
    let kept: Vec<usize> = filters.rows.iter().map(Vec::len).collect();
    let pooled = usize::from(view.pool.rows) * usize::from(view.pool.cols);
    let cut = sparse::cut(&kept, [height, width], pooled);
    let choice = encode::choose(filters, cut.channels, Objective::Size);
    let listed =
        if cut.positions * pooled == 1 { 0 } else { kept.iter().copied().max().unwrap_or(0) };
    let windows = view.windows()?;
    let one_run = windows.walk == Walk::SIDE_BY_SIDE && windows.group_step == 0;
    let single = height * width * pooled == 1 && one_run;
    let macs = filters.kept() * height * width * pooled;
    Ok(SparseLayer {
        windows: (!single).then_some(windows),
        span: view.span()?,
        lead: input.at.wrapping_sub(view.field.at),
        listed: super::geometry::to_u16("weights of a channel", listed)?,
        choice,
        table: encode::table(filters, cut.channels, choice),
        cut,
        scale: LayerScale {
            rounding: filters.rounding,
            multiplier: filters.multiplier,
            bias_shift: filters.bias_shift,
            shift: filters.shift,
        },
        macs: u32::try_from(macs).unwrap_or(u32::MAX),
    })
}
