//! From the bytes of an ONNX file to a [`Graph`].
//!
//! tract reads the file, infers shapes and simplifies the graph, so that the dialects of the
//! exporters collapse to a dozen operators; `lower` takes them one by one. Whatever cannot be
//! imported is reported at once.

mod analysis;
mod constant;
mod error;
mod hints;
mod lower;
mod map;
mod ops;
mod proto;
mod reference;
mod view;

use std::collections::BTreeSet;

use tract_onnx::pb::ModelProto;

pub use error::{ImportError, Unsupported};
pub use hints::SUPPORTED_OPS;
pub use reference::Reference;

use crate::graph::{Graph, Op, fold_affine};

/// Imports a network: one input, one vector of logits, whatever the batch axis.
///
/// Batch normalisations are folded into their neighbours, a final softmax is dropped and noted.
///
/// # Errors
/// If the bytes are no ONNX model, or the model cannot be expressed as a [`Graph`]; no input
/// makes it panic.
pub fn import(bytes: &[u8]) -> Result<Graph, ImportError> {
    from_proto(proto::decode(bytes)?)
}

fn from_proto(mut model: ModelProto) -> Result<Graph, ImportError> {
    let mut issues = proto::check(&mut model)?;
    let nodes = model.graph.iter().flat_map(|g| &g.node);
    let names: BTreeSet<String> = nodes.map(|n| proto::node_name(n).to_owned()).collect();
    let lowered = analysis::decluttered(&model)
        .and_then(|typed| analysis::guarded(|| Ok(lower::lower(&typed, &names)))?);
    if issues.is_empty() {
        let mut graph = lowered?;
        check_weights(&graph)?;
        fold_affine(&mut graph);
        return Ok(graph);
    }
    fill_shapes(&model, &mut issues);
    // What the lowering adds is worth telling too, unless it is about the same nodes.
    if let Err(ImportError::Unsupported(more)) = lowered {
        let told: BTreeSet<String> = issues.iter().map(|i| i.node.clone()).collect();
        issues.extend(more.into_iter().filter(|issue| !told.contains(&issue.node)));
    }
    Err(ImportError::Unsupported(issues))
}

/// Writes the shapes of their operands into issues found before shapes were known.
fn fill_shapes(model: &ModelProto, issues: &mut [Unsupported]) {
    let shapes = analysis::shapes(model);
    for issue in issues {
        let node = model.graph.iter().flat_map(|g| &g.node);
        let inputs = node.filter(|n| proto::node_name(n) == issue.node).flat_map(|n| &n.input);
        let known: Vec<&str> = inputs.filter_map(|i| shapes.get(i)).map(String::as_str).collect();
        issue.shapes = known.join(", ");
    }
}

/// NaN and infinities in the weights would poison every later stage.
fn check_weights(graph: &Graph) -> Result<(), ImportError> {
    let finite = |values: &[f32]| values.iter().all(|v| v.is_finite());
    let sound = |op: &Op| match op {
        Op::Conv(conv) => conv.weight.iter().all(|w| w.is_finite()) && finite(&conv.bias),
        Op::Dense(dense) => dense.weight.iter().all(|w| w.is_finite()) && finite(&dense.bias),
        Op::Affine(affine) => finite(&affine.scale) && finite(&affine.shift),
        Op::Activation(bounds) => !bounds.low.is_nan() && !bounds.high.is_nan(),
        Op::Input | Op::Pool(_) | Op::Add => true,
    };
    let bad: Vec<String> = graph
        .nodes
        .iter()
        .filter(|node| !sound(&node.op))
        .map(|node| format!("`{}`", node.name))
        .collect();
    if bad.is_empty() { Ok(()) } else { Err(ImportError::Weights(bad)) }
}

#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
