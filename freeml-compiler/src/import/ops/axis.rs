//! Operators that move no data: they change the view only.

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::internal::DimLike;
use tract_onnx::tract_core::ops::array::Slice;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::downsample::Downsample;

use crate::graph::{Op, Shape};
use crate::import::error::Refusal;
use crate::import::lower::{Lowering, Value, dims};
use crate::import::view::View;

/// The sample: a vector, a 1-D signal or a map, without the batch axis.
pub fn input(cx: &mut Lowering, node: &TypedNode) -> Result<Value, Refusal> {
    let shape = Lowering::result_shape(node);
    let sample = match shape[..] {
        [1, n] => Shape::vector(n),
        [1, c, w] => Shape { c, h: 1, w },
        [1, c, h, w] => Shape { c, h, w },
        _ => {
            return Err(Refusal::new(
                format!("input of shape {}", dims(&shape)),
                "the input must be 1 x channels x rows x columns, 1 x channels x time or 1 x n",
            ));
        }
    };
    let id = cx.push(node, Op::Input, Vec::new(), sample);
    Ok(Value::View(View::whole(id, shape)))
}

/// Transposes and reshapes.
pub fn change(cx: &mut Lowering, node: &TypedNode, op: &AxisOp) -> Result<Value, Refusal> {
    let shape = Lowering::result_shape(node);
    let apply = |view: &View| match op {
        AxisOp::Move(from, to) => {
            let mut order: Vec<usize> = (0..view.shape.len()).collect();
            let axis = order.remove(*from);
            order.insert(*to, axis);
            view.transpose(&order)
        }
        AxisOp::Add(_) | AxisOp::Rm(_) | AxisOp::Reshape(..) => view.clone().reshape(shape.clone()),
    };
    match cx.operand(node, 0) {
        Value::Probabilities(view) => Ok(Value::Probabilities(apply(view))),
        _ => Ok(Value::View(apply(&cx.view(node, 0)?))),
    }
}

/// Every `stride`-th element of one axis.
pub fn downsample(cx: &mut Lowering, node: &TypedNode, op: &Downsample) -> Result<Value, Refusal> {
    let view = cx.view(node, 0)?;
    let Ok(step @ 1..) = usize::try_from(op.stride) else {
        return Err(Refusal::new("slice with a negative step", "slices must step forwards"));
    };
    let count = Lowering::result_shape(node)[op.axis];
    Ok(Value::View(view.select(op.axis, op.modulo, step, count)))
}

/// A range of one axis.
pub fn slice(cx: &mut Lowering, node: &TypedNode, op: &Slice) -> Result<Value, Refusal> {
    let view = cx.view(node, 0)?;
    let start = op.start.to_usize().map_err(|_| {
        Refusal::new("slice that starts at a computed position", "slices must have fixed bounds")
    })?;
    let count = Lowering::result_shape(node)[op.axis];
    Ok(Value::View(view.select(op.axis, start, 1, count)))
}

/// A broadcast that changes nothing, as exporters leave behind.
pub fn broadcast(cx: &mut Lowering, node: &TypedNode) -> Result<Value, Refusal> {
    let view = cx.view(node, 0)?;
    if view.shape != Lowering::result_shape(node) {
        return Err(Refusal::new("Expand", "only constants can be broadcast"));
    }
    Ok(Value::View(view))
}
