//! From tract's decluttered graph to ours, node by node.

use std::collections::BTreeSet;

use tract_onnx::prelude::{TypedModel, TypedNode};
use tract_onnx::tract_core::internal::OutletId;

use super::constant::Constant;
use super::error::{ImportError, Refusal, Unsupported};
use super::ops;
use super::view::View;
use crate::graph::{Graph, Node, NodeId, Op, Shape};

/// Largest tensor that is looked at; no supported device holds a millionth of it.
const MAX_ELEMENTS: usize = 1 << 24;

/// What one tensor of the ONNX graph is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Known while compiling.
    Constant(Constant),
    /// Elements of a node.
    View(View),
    /// Softmax of elements of a node: only allowed as the result of the network.
    Probabilities(View),
    /// Result of a node that is reported already.
    Unknown,
}

/// The graph under construction.
pub struct Lowering<'m> {
    model: &'m TypedModel,
    names: &'m BTreeSet<String>,
    /// Nodes lowered so far; node 0 is the input.
    pub nodes: Vec<Node>,
    values: Vec<Vec<Value>>,
}

/// Lowers a whole model; `names` are those of the ONNX nodes.
pub fn lower(model: &TypedModel, names: &BTreeSet<String>) -> Result<Graph, ImportError> {
    let order = model.eval_order().map_err(|e| ImportError::Analysis(format!("{e:#}")))?;
    let mut cx =
        Lowering { model, names, nodes: Vec::new(), values: vec![Vec::new(); model.nodes().len()] };
    let mut issues = Vec::new();
    // The input comes first whatever the order of evaluation, which may begin with constants.
    let source = model.input_outlets().ok().and_then(|outlets| outlets.first().copied());
    for id in source.iter().map(|o| o.node).chain(order) {
        let node = model.node(id);
        if !cx.values[id].is_empty() {
            continue;
        }
        let value = cx.node(node).unwrap_or_else(|refusal| {
            issues.push(cx.unsupported(node, refusal));
            Value::Unknown
        });
        cx.values[id] = vec![value; node.outputs.len().max(1)];
    }
    let result = cx.result().map_err(|(node, refusal)| issues.push(cx.unsupported(node, refusal)));
    match result {
        Ok((output, softmax)) if issues.is_empty() => {
            Ok(Graph { nodes: cx.nodes, output, softmax })
        }
        _ => Err(ImportError::Unsupported(issues)),
    }
}

impl<'m> Lowering<'m> {
    fn node(&mut self, node: &TypedNode) -> Result<Value, Refusal> {
        let known = |outlet: &OutletId| !matches!(self.of(*outlet), Value::Unknown);
        if !node.inputs.iter().all(known) {
            return Ok(Value::Unknown);
        }
        for fact in node.outputs.iter().map(|o| &o.fact) {
            let len = fact.shape.as_concrete().map(|dims| {
                dims.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)).unwrap_or(usize::MAX)
            });
            if !len.is_some_and(|n| (1..=MAX_ELEMENTS).contains(&n)) {
                return Err(Refusal::new(
                    format!("{} with a result of {:?} elements", node.op.name(), fact.shape),
                    "all sizes but the batch must be fixed, not zero, and fit a small device",
                ));
            }
        }
        if let [output] = node.outputs.as_slice()
            && let Some(tensor) = &output.fact.konst
        {
            return Constant::new(tensor).map(Value::Constant);
        }
        ops::lower(self, node)
    }

    /// Value of an outlet of a node that is lowered already.
    fn of(&self, outlet: OutletId) -> &Value {
        self.values[outlet.node].get(outlet.slot).unwrap_or(&Value::Unknown)
    }

    /// Value of the `i`-th operand.
    pub fn operand(&self, node: &TypedNode, i: usize) -> &Value {
        node.inputs.get(i).map_or(&Value::Unknown, |&outlet| self.of(outlet))
    }

    /// The `i`-th operand, which must depend on the input.
    pub fn view(&self, node: &TypedNode, i: usize) -> Result<View, Refusal> {
        match self.operand(node, i) {
            Value::View(view) => Ok(view.clone()),
            Value::Probabilities(_) => Err(Refusal::new(
                format!("{} after a softmax", node.op.name()),
                "a softmax is supported as the last operator only",
            )),
            Value::Constant(_) | Value::Unknown => Err(Refusal::new(
                format!("{} of a constant", node.op.name()),
                "fold constants before the export (onnxsim)",
            )),
        }
    }

    /// The `i`-th operand, which must not depend on the input.
    pub fn constant(&self, node: &TypedNode, i: usize) -> Result<Constant, Refusal> {
        match self.operand(node, i) {
            Value::Constant(constant) => Ok(constant.clone()),
            _ => Err(Refusal::new(
                format!("{} with parameters computed from the input", node.op.name()),
                "weights must be initialisers of the model",
            )),
        }
    }

    /// Extents of the first result.
    pub fn result_shape(node: &TypedNode) -> Vec<usize> {
        node.outputs[0].fact.shape.as_concrete().unwrap_or_default().to_vec()
    }

    /// Appends a node to the graph.
    pub fn push(&mut self, of: &TypedNode, op: Op, inputs: Vec<NodeId>, shape: Shape) -> NodeId {
        let name = onnx_name(&of.name, self.names).to_owned();
        self.nodes.push(Node { name, op, inputs, shape });
        self.nodes.len() - 1
    }

    /// Node that holds the logits, and whether a softmax follows it.
    fn result(&self) -> Result<(NodeId, bool), (&'m TypedNode, Refusal)> {
        let outlet = self.model.output_outlets().ok().and_then(|outlets| outlets.first().copied());
        let outlet = outlet.unwrap_or(OutletId::new(0, 0));
        let (view, softmax) = match self.of(outlet) {
            Value::View(view) => (view, false),
            Value::Probabilities(view) => (view, true),
            Value::Unknown => return Ok((0, false)),
            Value::Constant(_) => {
                let refusal = Refusal::new(
                    "output that does not depend on the input",
                    "the output must be the logits",
                );
                return Err((self.model.node(outlet.node), refusal));
            }
        };
        let shape = self.nodes[view.node].shape;
        if view.node == 0
            || shape.c != shape.len()
            || shape.c != view.index.len()
            || !view.in_order()
        {
            let refusal = Refusal::new(
                format!("output of shape {}", dims(&view.shape)),
                "the output must be one vector of logits, computed by the last layer",
            );
            return Err((self.model.node(outlet.node), refusal));
        }
        Ok((view.node, softmax))
    }

    fn unsupported(&self, node: &TypedNode, refusal: Refusal) -> Unsupported {
        let shape = |outlet: &OutletId| {
            let fact = &self.model.node(outlet.node).outputs[outlet.slot].fact;
            fact.shape.as_concrete().map_or_else(|| format!("{:?}", fact.shape), dims)
        };
        Unsupported {
            node: onnx_name(&node.name, self.names).to_owned(),
            op: refusal.form,
            shapes: node.inputs.iter().map(shape).collect::<Vec<_>>().join(", "),
            hint: refusal.hint,
        }
    }
}

/// `1x16x8x8`.
pub fn dims(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}

/// Name of the ONNX node that a tract node comes from: tract appends `.suffixes` to it.
fn onnx_name<'n>(tract: &'n str, names: &BTreeSet<String>) -> &'n str {
    std::iter::successors(Some(tract), |name| name.rsplit_once('.').map(|(stem, _)| stem))
        .find(|&name| names.contains(name))
        .unwrap_or(tract)
}
