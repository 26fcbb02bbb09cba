//! Convolutions.

use ndarray::{Array2, Array4, ArrayD, Axis};
use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat};

use super::pool::window;
use crate::graph::{self, Op, Shape};
use crate::import::constant::Constant;
use crate::import::error::Refusal;
use crate::import::lower::{Lowering, Value};
use crate::import::map::{self, Map};

/// 1-D and 2-D convolutions of any stride, padding, dilation and group count.
pub fn lower(cx: &mut Lowering, node: &TypedNode, op: &Conv) -> Result<Value, Refusal> {
    let spec = &op.pool_spec;
    if op.q_params.is_some() || (op.group > 1 && op.kernel_fmt != KernelFormat::OIHW) {
        return Err(Refusal::new(
            "quantised or channels-last grouped Conv",
            "import the float32 channels-first model; quantisation is done here",
        ));
    }
    let view = cx.view(node, 0)?;
    let (c, hw) = map::axes(spec.data_format, view.shape.len());
    let operand = Map::new(cx, node, &view, &[c], &hw)?.unstrided(cx, node);
    let shape = Lowering::result_shape(node);
    let result: Vec<usize> =
        map::axes(spec.data_format, shape.len()).1.iter().map(|&a| shape[a]).collect();
    let (h, w) = operand.pair(&result, 1);
    let (kernel, stride, dilation) = (
        operand.pair(&spec.kernel_shape, 1),
        operand.pair(&spec.strides(), 1),
        operand.pair(&spec.dilations(), 1),
    );
    let pads: Vec<_> = spec
        .computed_padding(&hw.iter().map(|&a| view.shape[a]).collect::<Vec<_>>())
        .iter()
        .map(|pad| pad.pad_before)
        .collect();
    let (top, left) = operand.pair(&pads, 0);
    let conv = graph::Conv {
        weight: weight(&cx.constant(node, 1)?, op, kernel)?,
        bias: bias(&cx.constant(node, 2)?, spec.output_channels)?,
        stride,
        pad_rows: window(operand.shape.h, h, (kernel.0 - 1) * dilation.0 + 1, stride.0, top)?,
        pad_cols: window(operand.shape.w, w, (kernel.1 - 1) * dilation.1 + 1, stride.1, left)?,
        dilation,
        groups: op.group,
    };
    let of = Shape { c: spec.output_channels, h, w };
    let id = cx.push(node, Op::Conv(conv), vec![operand.node], of);
    Ok(Value::View(map::result(id, of, spec.data_format, shape)))
}

/// `[out, in / groups, rows, columns]` whatever order tract keeps the kernel in.
fn weight(kernel: &Constant, op: &Conv, (h, w): (usize, usize)) -> Result<Array4<f32>, Refusal> {
    let wrong = |_| Refusal::new("Conv with a kernel of the wrong size", "check the model");
    let array =
        ArrayD::from_shape_vec(kernel.shape.clone(), kernel.values.clone()).map_err(wrong)?;
    let rank = kernel.shape.len();
    let mut order: Vec<usize> = (0..rank).collect();
    match op.kernel_fmt {
        KernelFormat::OIHW => {}
        KernelFormat::OHWI => order[1..].rotate_right(1),
        KernelFormat::HWIO => {
            order.rotate_right(2);
            order.swap(0, 1);
        }
    }
    let flat: Vec<f32> = array.permuted_axes(order).iter().copied().collect();
    let (out, inputs) = (op.pool_spec.output_channels, op.pool_spec.input_channels / op.group);
    Array4::from_shape_vec((out, inputs, h, w), flat).map_err(wrong)
}

fn bias(bias: &Constant, channels: usize) -> Result<Vec<f32>, Refusal> {
    match bias.values[..] {
        [one] => Ok(vec![one; channels]),
        ref all if all.len() == channels => Ok(all.to_vec()),
        _ => Err(Refusal::new("Conv with a bias per position", "use one bias per channel")),
    }
}

/// A 1x1 convolution with the weights `[out, in]` and no bias.
pub fn pointwise(weight: &Array2<f32>, stride: (usize, usize)) -> graph::Conv {
    graph::Conv {
        weight: weight.to_owned().insert_axis(Axis(2)).insert_axis(Axis(3)),
        bias: vec![0.0; weight.nrows()],
        stride,
        pad_rows: (0, 0),
        pad_cols: (0, 0),
        dilation: (1, 1),
        groups: 1,
    }
}
