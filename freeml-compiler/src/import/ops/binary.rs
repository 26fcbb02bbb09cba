//! Element-wise operators of two operands.

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::binary::TypedBinOp;

use crate::graph::{Activation, Affine, NodeId, Op};
use crate::import::constant::Constant;
use crate::import::error::Refusal;
use crate::import::lower::{Lowering, Value};
use crate::import::view::View;

/// Sums of two tensors; sums, products and bounds with constants.
pub fn lower(cx: &mut Lowering, node: &TypedNode, op: &TypedBinOp) -> Result<Value, Refusal> {
    let name = op.0.name();
    match (cx.operand(node, 0), cx.operand(node, 1)) {
        (_, Value::Constant(k)) => {
            let (k, view) = (k.clone(), cx.view(node, 0)?);
            with_constant(cx, node, name, view, &k, false)
        }
        (Value::Constant(k), _) => {
            let (k, view) = (k.clone(), cx.view(node, 1)?);
            with_constant(cx, node, name, view, &k, true)
        }
        _ => two_tensors(cx, node, name),
    }
}

fn two_tensors(cx: &mut Lowering, node: &TypedNode, name: &str) -> Result<Value, Refusal> {
    let (a, mut b) = (cx.view(node, 0)?, cx.view(node, 1)?);
    let shape = cx.nodes[a.node].shape;
    if name != "Add" && name != "Sub" {
        return Err(Refusal::new(
            format!("{name} of two tensors"),
            "two tensors can be added or subtracted; other operators need a constant operand",
        ));
    }
    if a.shape != b.shape || a.index != b.index || cx.nodes[b.node].shape != shape {
        return Err(Refusal::new(
            format!("{name} of two tensors of different layouts"),
            "both operands must have the same shape, without broadcast, slice or transpose",
        ));
    }
    if name == "Sub" {
        let minus = Affine { scale: vec![-1.0; shape.c], shift: vec![0.0; shape.c] };
        b.node = cx.push(node, Op::Affine(minus), vec![b.node], shape);
    }
    let id = cx.push(node, Op::Add, vec![a.node, b.node], shape);
    Ok(Value::View(View { node: id, ..a }))
}

/// `view op k`, or `k op view` if `swapped`.
fn with_constant(
    cx: &mut Lowering,
    node: &TypedNode,
    name: &str,
    view: View,
    k: &Constant,
    swapped: bool,
) -> Result<Value, Refusal> {
    let Some(k) = k.broadcast(&view.shape) else {
        return Err(Refusal::new(
            format!("{name} that broadcasts a tensor over a larger constant"),
            "the constant may not be larger than the tensor",
        ));
    };
    let (operand, op) = match (name, swapped) {
        ("Max", _) => clamp(cx, view.node, uniform(&k, name)?, f32::INFINITY),
        ("Min", _) => clamp(cx, view.node, f32::NEG_INFINITY, uniform(&k, name)?),
        ("Add", _) => (view.node, affine(cx, &view, |i| (1.0, k[i]))?),
        ("Sub", false) => (view.node, affine(cx, &view, |i| (1.0, -k[i]))?),
        ("Sub", true) => (view.node, affine(cx, &view, |i| (-1.0, k[i]))?),
        ("Mul", _) => (view.node, affine(cx, &view, |i| (k[i], 0.0))?),
        ("Div", false) => (view.node, affine(cx, &view, |i| (1.0 / k[i], 0.0))?),
        _ => {
            return Err(Refusal::new(
                format!("{name} with a constant"),
                "Add, Sub, Mul, Div, Min and Max with constants are supported",
            ));
        }
    };
    let shape = cx.nodes[view.node].shape;
    let id = cx.push(node, op, vec![operand], shape);
    Ok(Value::View(View { node: id, ..view }))
}

/// A clamp of `node`, or of what `node` clamps: one clamp does the work of two.
fn clamp(cx: &Lowering, node: NodeId, low: f32, high: f32) -> (NodeId, Op) {
    if let Op::Activation(first) = cx.nodes[node].op {
        let both = |bound: f32| bound.max(low).min(high);
        let op = Activation { low: both(first.low), high: both(first.high) };
        (cx.nodes[node].inputs[0], Op::Activation(op))
    } else {
        (node, Op::Activation(Activation { low, high }))
    }
}

fn uniform(k: &[f32], name: &str) -> Result<f32, Refusal> {
    let first = k[0];
    if first.is_nan() || k.iter().any(|&x| x.to_bits() != first.to_bits()) {
        return Err(Refusal::new(
            format!("{name} with several bounds, or NaN"),
            "one bound must hold for the whole tensor (Relu, Clip)",
        ));
    }
    Ok(first)
}

/// The `(scale, shift)` that `of` gives for each element, if it is one per channel. Channels
/// that the view leaves out stay as they are.
fn affine(cx: &Lowering, view: &View, of: impl Fn(usize) -> (f32, f32)) -> Result<Op, Refusal> {
    let shape = cx.nodes[view.node].shape;
    let mut channels = vec![None; shape.c];
    for (i, &element) in view.index.iter().enumerate() {
        let (scale, shift) = of(i);
        let bits = (scale.to_bits(), shift.to_bits());
        let known = channels[element as usize / (shape.h * shape.w)].get_or_insert(bits);
        if *known != bits {
            return Err(Refusal::new(
                "arithmetic with a constant per position",
                "use one constant per channel",
            ));
        }
    }
    let (scale, shift) = channels
        .into_iter()
        .map(|c| c.map_or((1.0, 0.0), |(a, b)| (f32::from_bits(a), f32::from_bits(b))))
        .unzip();
    Ok(Op::Affine(Affine { scale, shift }))
}
