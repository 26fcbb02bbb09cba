//! Lowering of tract's operators, one family per file.

mod axis;
mod binary;
mod conv;
mod einsum;
mod pool;
mod reduce;
mod softmax;

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::array::{MultiBroadcastTo, Slice};
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool, SumPool};
use tract_onnx::tract_core::ops::downsample::Downsample;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx::tract_core::ops::nn::{Reduce, Softmax};
use tract_onnx::tract_core::ops::source::TypedSource;

use super::error::Refusal;
use super::hints;
use super::lower::{Lowering, Value};

/// Lowers one node all of whose operands are known.
pub fn lower(cx: &mut Lowering, node: &TypedNode) -> Result<Value, Refusal> {
    if node.op_is::<TypedSource>() {
        axis::input(cx, node)
    } else if let Some(op) = node.op_as::<Conv>() {
        conv::lower(cx, node, op)
    } else if let Some(op) = node.op_as::<EinSum>() {
        einsum::lower(cx, node, op)
    } else if let Some(op) = node.op_as::<MaxPool>() {
        pool::max(cx, node, op)
    } else if let Some(op) = node.op_as::<SumPool>() {
        pool::average(cx, node, op)
    } else if let Some(op) = node.op_as::<Reduce>() {
        reduce::lower(cx, node, op)
    } else if let Some(op) = node.op_as::<TypedBinOp>() {
        binary::lower(cx, node, op)
    } else if let Some(op) = node.op_as::<AxisOp>() {
        axis::change(cx, node, op)
    } else if let Some(op) = node.op_as::<Downsample>() {
        axis::downsample(cx, node, op)
    } else if let Some(op) = node.op_as::<Slice>() {
        axis::slice(cx, node, op)
    } else if let Some(op) = node.op_as::<Softmax>() {
        softmax::lower(cx, node, op)
    } else if node.op.name() == "Ln" {
        softmax::logarithm(cx, node)
    } else if node.op_is::<Identity>() {
        Ok(cx.operand(node, 0).clone())
    } else if node.op_is::<MultiBroadcastTo>() {
        axis::broadcast(cx, node)
    } else {
        let name = node.op.name();
        Err(Refusal::new(&*name, hints::nearest(&name)))
    }
}
