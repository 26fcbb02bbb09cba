//! Descriptors of kernels for tensors at given addresses.

use freeml_core::kernels::{
    Add, AveragePool, Conv, Depthwise, MaxPool, PoolWindow, Residual, Scratch, Sparse, Windows,
};
use freeml_core::{Output, Requantise, Tensor, Window};

use super::constants::{Constants, SparseLayer};
use super::cost;
use crate::error::Error;
use crate::graph::{self, Pool, PoolKind};
use crate::program::{Kernel, SparseKernel};
use crate::quantise::{QuantLayer, QuantOp, QuantTensor, Quantised};

/// Tables that the program puts in when a kernel runs.
const NO_TABLES: Requantise<'static> = Requantise { bias: &[], multiplier: &[], shift: 0 };

/// Byte offsets in the state.
pub struct Places {
    /// Of every tensor.
    pub tensors: Vec<u16>,
    /// Of every layer's scratch area, if it has one.
    pub scratch: Vec<u16>,
}

/// The kernels of `network`, its tensors lying at `at`.
pub fn layers(
    network: &Quantised,
    constants: &[Constants],
    at: &Places,
) -> Result<Vec<Kernel>, Error> {
    let place = |index: usize| tensor(&network.tensors[index], at.tensors[index]);
    let layers = network.layers.iter().zip(constants).zip(&at.scratch).enumerate();
    layers
        .map(|(index, ((layer, constants), &scratch))| {
            let operands: Vec<Tensor> =
                layer.operands.iter().map(|&operand| place(operand)).collect::<Result<_, _>>()?;
            let output =
                Output { tensor: place(index + 1)?, low: layer.low, high: layer.high, per_step: 1 };
            if let Constants::Sparse(sparse) = constants {
                return sparse_kernel(layer, sparse, &operands, output, scratch);
            }
            let mut kernel = kernel(layer, &operands, output)?;
            kernel.output_mut().per_step = cost::elements_per_step(&kernel);
            Ok(kernel)
        })
        .collect()
}

fn sparse_kernel(
    layer: &QuantLayer,
    sparse: &SparseLayer,
    operands: &[Tensor],
    mut output: Output,
    scratch: u16,
) -> Result<Kernel, Error> {
    let input = operands[0];
    let channels = usize::from(output.tensor.channels);
    output.per_step = to_u16("elements of a step", sparse.cut.positions * channels)?;
    let residual = match layer.op {
        QuantOp::Conv { residual, .. } | QuantOp::Dense { residual, .. } => residual,
        _ => None,
    };
    let scratch = Scratch { at: scratch, weights: sparse.listed };
    Ok(Kernel::Sparse(SparseKernel {
        input: input.kind,
        format: sparse.choice.format,
        windows: sparse.windows.map(|windows| Windows { scratch, ..windows }),
        layer: Sparse {
            origin: input.at.wrapping_sub(sparse.lead),
            span: sparse.span,
            windows: None,
            table: &[],
            part_channels: to_u16("channels", sparse.cut.channels)?,
            coding: sparse.choice.coding,
            scale: sparse.scale,
            residual: added(operands, residual),
            output,
        },
    }))
}

/// The last operand as a residual, if the layer has one.
fn added(operands: &[Tensor], multiplier: Option<i16>) -> Option<Residual> {
    let last = operands[operands.len() - 1];
    multiplier.map(|multiplier| Residual { at: last.at, kind: last.kind, multiplier })
}

/// A core tensor at `at`.
pub fn tensor(tensor: &QuantTensor, at: u16) -> Result<Tensor, Error> {
    let bytes = tensor.shape.len() * usize::from(tensor.kind.size());
    to_u16("tensor bytes", bytes)?;
    Ok(Tensor {
        at,
        height: to_u16("tensor rows", tensor.shape.h)?,
        width: to_u16("tensor columns", tensor.shape.w)?,
        channels: to_u16("tensor channels", tensor.shape.c)?,
        kind: tensor.kind,
    })
}

/// `value` as the device's index type.
pub fn to_u16(what: &str, value: usize) -> Result<u16, Error> {
    u16::try_from(value).map_err(|_| Error::index_too_large(what, value))
}

/// `value` in a byte.
pub fn to_u8(what: &str, value: u16) -> Result<u8, Error> {
    u8::try_from(value).map_err(|_| Error::byte_too_large(what, value))
}

fn kernel(layer: &QuantLayer, operands: &[Tensor], output: Output) -> Result<Kernel, Error> {
    let input = operands[0];
    Ok(match &layer.op {
        QuantOp::Conv { conv, pool, residual: multiplier, .. } => Kernel::Conv(Conv {
            input,
            window: conv_window(conv)?,
            padded: is_padded(conv),
            depth: to_u16("channels", conv.weight.dim().1)?,
            group_outputs: output.tensor.channels / to_u16("groups", conv.groups.max(1))?,
            pool: pool.as_ref().map_or(Ok(PoolWindow::POINT), pool_window)?,
            weights: &[],
            requantise: NO_TABLES,
            residual: added(operands, *multiplier),
            output,
        }),
        QuantOp::Dense { residual: multiplier, .. } => Kernel::Conv(Conv {
            input: flat(input),
            window: Window::POINT,
            padded: false,
            depth: input.len(),
            group_outputs: output.tensor.channels,
            pool: PoolWindow::POINT,
            weights: &[],
            requantise: NO_TABLES,
            residual: added(operands, *multiplier),
            output,
        }),
        QuantOp::Depthwise { conv, .. } => Kernel::Depthwise(Depthwise {
            input,
            window: conv_window(conv)?,
            weights: &[],
            requantise: NO_TABLES,
            output,
        }),
        QuantOp::MaxPool(pool) => Kernel::MaxPool(MaxPool { input, window: window(pool)?, output }),
        QuantOp::AveragePool(pool, _) => Kernel::AveragePool(AveragePool {
            input,
            window: window(pool)?,
            inside_only: pool.kind == PoolKind::Average,
            requantise: NO_TABLES,
            output,
        }),
        QuantOp::Add([a, b]) => {
            let term = |tensor: Tensor, multiplier: i16| Residual {
                at: tensor.at,
                kind: tensor.kind,
                multiplier,
            };
            Kernel::Add(Add { operands: [term(input, *a), term(operands[1], *b)], output })
        }
    })
}

/// Whether windows of `conv` reach beyond its operand. Padding that no window reads is gone
/// after the import.
pub fn is_padded(conv: &graph::Conv) -> bool {
    conv.pad_rows != (0, 0) || conv.pad_cols != (0, 0)
}

/// The whole tensor as the channels of one position.
pub fn flat(tensor: Tensor) -> Tensor {
    Tensor { height: 1, width: 1, channels: tensor.len(), ..tensor }
}

pub fn conv_window(conv: &graph::Conv) -> Result<Window, Error> {
    let (_, _, rows, cols) = conv.weight.dim();
    Ok(Window {
        rows: to_u16("kernel rows", rows)?,
        cols: to_u16("kernel columns", cols)?,
        row_stride: to_u16("stride", conv.stride.0)?,
        col_stride: to_u16("stride", conv.stride.1)?,
        top: to_u16("padding", conv.pad_rows.0)?,
        left: to_u16("padding", conv.pad_cols.0)?,
        row_dilation: to_u16("dilation", conv.dilation.0)?,
        col_dilation: to_u16("dilation", conv.dilation.1)?,
    })
}

fn window(pool: &Pool) -> Result<Window, Error> {
    Ok(Window {
        rows: to_u16("pool rows", pool.kernel.0)?,
        cols: to_u16("pool columns", pool.kernel.1)?,
        row_stride: to_u16("stride", pool.stride.0)?,
        col_stride: to_u16("stride", pool.stride.1)?,
        top: to_u16("padding", pool.pad_rows.0)?,
        left: to_u16("padding", pool.pad_cols.0)?,
        ..Window::POINT
    })
}

pub fn pool_window(pool: &Pool) -> Result<PoolWindow, Error> {
    let Window { rows, cols, row_stride, col_stride, .. } = window(pool)?;
    Ok(PoolWindow { rows, cols, row_stride, col_stride })
}
