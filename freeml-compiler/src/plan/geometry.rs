//! Descriptors of kernels for tensors at given addresses.

use freeml_core::kernels::{
    Add, Area, AveragePool, Conv, Depthwise, ExitSums, Features, MaxPool, PoolWindow, Quads,
    Residual, Scratch, Sparse, Windows,
};
use freeml_core::{Field, Frame, Output, Requantise, Tensor, Window};

use super::constants::{Constants, SparseLayer};
use super::cost;
use super::quads::QuadLayer;
use crate::error::Error;
use crate::graph::{self, Pool, PoolKind};
use crate::program::{Kernel, QuadsKernel, SparseKernel};
use crate::quantise::{QuantLayer, QuantOp, QuantTensor, Quantised};

/// Tables that the program puts in when a kernel runs.
const NO_TABLES: Requantise<'static> = Requantise { bias: &[], multiplier: &[], shift: 0 };

/// The kernels of `network` on `tensors`, the input and each layer's result, with scratch areas
/// at `scratch`, one for each layer.
pub fn layers(
    network: &Quantised,
    constants: &[Constants],
    tensors: &[Tensor],
    scratch: &[u16],
) -> Result<Vec<Kernel>, Error> {
    let layers = network.layers.iter().zip(constants).zip(scratch).enumerate();
    layers
        .map(|(index, ((layer, constants), &scratch))| {
            let operands: Vec<Tensor> =
                layer.operands.iter().map(|&operand| tensors[operand]).collect();
            let tensor = tensors[index + 1];
            let output = Output { tensor, low: layer.low, high: layer.high, per_step: 1 };
            match constants {
                Constants::Sparse(sparse) => {
                    return sparse_kernel(layer, sparse, &operands, output, scratch);
                }
                Constants::Quads(quads) => {
                    return Ok(quads_kernel(quads, &operands[0], output, scratch));
                }
                Constants::Dense(_) => {}
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

fn quads_kernel(quads: &QuadLayer, input: &Tensor, output: Output, at: u16) -> Kernel {
    let layer = quads.layer;
    Kernel::Quads(QuadsKernel {
        input: input.kind,
        format: quads.choice.format,
        layer: Quads {
            origin: input.at.wrapping_sub(layer.origin),
            area: Area { at, ..layer.area },
            output,
            ..layer
        },
    })
}

/// The last operand as a residual, if the layer has one.
fn added(operands: &[Tensor], multiplier: Option<i16>) -> Option<Residual> {
    multiplier.map(|multiplier| residual(&operands[operands.len() - 1], multiplier))
}

/// A core tensor whose frame begins at 0.
pub fn tensor(tensor: &QuantTensor, frame: Frame) -> Result<Tensor, Error> {
    let side = usize::from(frame.side);
    let row = (tensor.shape.w + side) * tensor.shape.c;
    let rows = tensor.shape.h + usize::from(frame.top) + usize::from(frame.bottom);
    let elements = rows * row + side * tensor.shape.c;
    to_u16("tensor bytes", elements * usize::from(tensor.kind.size()))?;
    let unplaced = Tensor {
        at: 0,
        height: to_u16("tensor rows", tensor.shape.h)?,
        width: to_u16("tensor columns", tensor.shape.w)?,
        channels: to_u16("tensor channels", tensor.shape.c)?,
        frame,
        kind: tensor.kind,
    };
    Ok(Tensor { at: unplaced.lead_bytes(), ..unplaced })
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
        QuantOp::Conv { conv, pool, residual: multiplier, .. } => Kernel::Conv(
            input.kind,
            Conv {
                field: Field::new(&input, &conv_window(conv)?),
                depth: to_u16("channels", conv.weight.dim().1)?,
                group_outputs: output.tensor.channels / to_u16("groups", conv.groups.max(1))?,
                pool: pool.as_ref().map_or(Ok(PoolWindow::POINT), pool_window)?,
                weights: &[],
                requantise: NO_TABLES,
                residual: added(operands, *multiplier),
                output,
            },
        ),
        QuantOp::Dense { residual: multiplier, .. } => {
            let (field, depth) = whole(&input);
            Kernel::Conv(
                input.kind,
                Conv {
                    field,
                    depth,
                    group_outputs: output.tensor.channels,
                    pool: PoolWindow::POINT,
                    weights: &[],
                    requantise: NO_TABLES,
                    residual: added(operands, *multiplier),
                    output,
                },
            )
        }
        QuantOp::Depthwise { conv, .. } => Kernel::Depthwise(
            input.kind,
            Depthwise {
                field: Field::new(&input, &conv_window(conv)?),
                weights: &[],
                requantise: NO_TABLES,
                output,
            },
        ),
        QuantOp::MaxPool(pool) => Kernel::MaxPool(MaxPool { input, window: window(pool)?, output }),
        QuantOp::AveragePool(pool, _) => Kernel::AveragePool(AveragePool {
            input,
            window: window(pool)?,
            inside_only: pool.kind == PoolKind::Average,
            requantise: NO_TABLES,
            output,
        }),
        QuantOp::Add([a, b]) => {
            let operands = [residual(&input, *a), residual(&operands[1], *b)];
            Kernel::Add(Add { operands, output })
        }
        QuantOp::Features(features) => Kernel::Features(Features {
            input,
            window: window(&features.pool)?,
            cols: to_u16("windows in a row", features.grid.1)?,
            gaps: &[],
            output,
        }),
        QuantOp::Exit(weights) => Kernel::ExitSums(
            input.kind,
            ExitSums {
                features: input.at,
                count: input.channels,
                before: operands.get(1).map_or(0, |before| before.at),
                table: &[],
                shift: weights.shift,
                output,
            },
        ),
    })
}

fn residual(tensor: &Tensor, multiplier: i16) -> Residual {
    Residual { at: tensor.at, gap: tensor.gap_bytes(), kind: tensor.kind, multiplier }
}

/// The whole tensor as one window, and the channels of a tap: all elements are those of one
/// position unless a frame lies between the rows.
pub fn whole(tensor: &Tensor) -> (Field, u16) {
    let Tensor { height: rows, width: cols, channels, frame, .. } = *tensor;
    if frame.side != 0 {
        let window = Window { rows, cols, ..Window::POINT };
        return (Field::new(tensor, &window), channels);
    }
    let vector = Tensor { height: 1, width: 1, channels: tensor.len(), ..*tensor };
    (Field::new(&vector, &Window::POINT), vector.channels)
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
