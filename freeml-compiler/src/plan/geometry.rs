//! Descriptors of kernels for tensors at given addresses.

use freeml_core::kernels::{Add, AveragePool, Conv, Depthwise, MaxPool, PoolWindow, Residual};
use freeml_core::{Output, Requantise, Tensor, Window};

use super::cost;
use crate::error::Error;
use crate::graph::{self, Pool, PoolKind};
use crate::program::Kernel;
use crate::quantise::{QuantLayer, QuantOp, QuantTensor, Quantised};

/// Tables that the program puts in when a kernel runs.
const NO_TABLES: Requantise<'static> = Requantise { bias: &[], multiplier: &[], shift: 0 };

/// The kernels of `network`, its tensors lying at `at`.
pub fn layers(network: &Quantised, at: &[u16]) -> Result<Vec<Kernel>, Error> {
    let place = |index: usize| tensor(&network.tensors[index], at[index]);
    network
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| {
            let operands: Vec<Tensor> =
                layer.operands.iter().map(|&operand| place(operand)).collect::<Result<_, _>>()?;
            let output =
                Output { tensor: place(index + 1)?, low: layer.low, high: layer.high, per_step: 1 };
            let mut kernel = kernel(layer, &operands, output)?;
            kernel.output_mut().per_step = cost::elements_per_step(&kernel);
            Ok(kernel)
        })
        .collect()
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

fn kernel(layer: &QuantLayer, operands: &[Tensor], output: Output) -> Result<Kernel, Error> {
    let input = operands[0];
    let residual = |multiplier: Option<i16>| {
        let last = operands[operands.len() - 1];
        multiplier.map(|multiplier| Residual { at: last.at, kind: last.kind, multiplier })
    };
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
            residual: residual(*multiplier),
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
            residual: residual(*multiplier),
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
fn is_padded(conv: &graph::Conv) -> bool {
    conv.pad_rows != (0, 0) || conv.pad_cols != (0, 0)
}

/// The whole tensor as the channels of one position.
fn flat(tensor: Tensor) -> Tensor {
    Tensor { height: 1, width: 1, channels: tensor.len(), ..tensor }
}

fn conv_window(conv: &graph::Conv) -> Result<Window, Error> {
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

fn pool_window(pool: &Pool) -> Result<PoolWindow, Error> {
    let Window { rows, cols, row_stride, col_stride, .. } = window(pool)?;
    Ok(PoolWindow { rows, cols, row_stride, col_stride })
}
