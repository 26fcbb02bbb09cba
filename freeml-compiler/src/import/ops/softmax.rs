//! Softmax at the end of the network, which arg-max does not need.

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::nn::Softmax;

use crate::import::error::Refusal;
use crate::import::hints::nearest;
use crate::import::lower::{Lowering, Value};

/// Softmax over all elements; anything that reads the result is refused.
pub fn lower(cx: &mut Lowering, node: &TypedNode, op: &Softmax) -> Result<Value, Refusal> {
    let view = cx.view(node, 0)?;
    let over_all = (0..view.shape.len()).all(|k| view.shape[k] == 1 || op.axes.contains(&k));
    if !over_all {
        return Err(Refusal::new(
            format!("{} over a part of the tensor", node.op.name()),
            "a softmax is supported over all classes, as the last operator",
        ));
    }
    Ok(Value::Probabilities(view))
}

/// The logarithm that makes a softmax a log-softmax; any other one is refused.
pub fn logarithm(cx: &mut Lowering, node: &TypedNode) -> Result<Value, Refusal> {
    match cx.operand(node, 0) {
        probabilities @ Value::Probabilities(_) => Ok(probabilities.clone()),
        _ => Err(Refusal::new("Log", nearest("Log"))),
    }
}
