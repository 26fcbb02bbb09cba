//! Checks of the ONNX file itself, before tract sees it.

use std::collections::BTreeSet;

use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
    tensor_proto::{DataLocation, DataType},
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};
use tract_onnx::prelude::Framework;

use super::error::{ImportError, Unsupported};
use super::hints::{CONSTANT_OPS, SUPPORTED_OPS, nearest};

/// Largest tensor that a file may claim to hold.
const MAX_ELEMENTS: i64 = 1 << 26;

/// Largest kernel, stride, dilation, padding or group count.
const MAX_EXTENT: i64 = 1 << 16;

/// Decodes the bytes of a file.
pub fn decode(mut bytes: &[u8]) -> Result<ModelProto, ImportError> {
    let proto = tract_onnx::onnx()
        .proto_model_for_read(&mut bytes)
        .map_err(|e| ImportError::NotOnnx(format!("{e:#}")))?;
    match &proto.graph {
        Some(graph) if !graph.node.is_empty() => Ok(proto),
        _ => Err(ImportError::NotOnnx("there is no graph with nodes in it".into())),
    }
}

/// Sets the batch size to 1 and lists what is unsupported, as far as the file alone tells.
pub fn check(proto: &mut ModelProto) -> Result<Vec<Unsupported>, ImportError> {
    let Some(graph) = &mut proto.graph else {
        return Err(ImportError::NotOnnx("there is no graph".into()));
    };
    check_names(graph)?;
    check_tensors(graph)?;
    check_attributes(graph)?;
    let mut issues = check_interface(graph);
    issues.extend(check_operators(graph));
    // What the exporter says of inner shapes holds for its own batch size.
    graph.value_info.clear();
    Ok(issues)
}

/// Names of the nodes; those without one go by their first output, as in tract.
pub fn node_name(node: &NodeProto) -> &str {
    match node.output.first() {
        Some(output) if node.name.is_empty() => output,
        _ => &node.name,
    }
}

/// Every value that is read or returned must be computed once.
fn check_names(graph: &GraphProto) -> Result<(), ImportError> {
    let malformed = |why| Err(ImportError::Malformed(why));
    let initial = graph.initializer.iter().map(|t| t.name.as_str()).collect::<BTreeSet<_>>();
    let mut known = initial.clone();
    known.extend(graph.input.iter().map(|i| i.name.as_str()));
    for node in &graph.node {
        for output in node.output.iter().filter(|o| !o.is_empty()) {
            if !known.insert(output) {
                return malformed(format!("`{output}` is computed twice"));
            }
        }
    }
    for node in &graph.node {
        if let Some(input) = node.input.iter().find(|i| !i.is_empty() && !known.contains(&***i)) {
            let name = node_name(node);
            return malformed(format!("node `{name}` reads `{input}`, which nothing computes"));
        }
    }
    match graph.output.iter().find(|o| !known.contains(&*o.name)) {
        Some(output) => malformed(format!("nothing computes the output `{}`", output.name)),
        None => Ok(()),
    }
}

/// Tensors must be in the file, whole, and of a plausible size.
fn check_tensors(graph: &GraphProto) -> Result<(), ImportError> {
    let attributes = graph.node.iter().flat_map(|n| &n.attribute).filter_map(|a| a.t.as_ref());
    let all: Vec<&TensorProto> = graph.initializer.iter().chain(attributes).collect();
    let external: Vec<String> = all
        .iter()
        .filter(|t| t.data_location == Some(DataLocation::External as i32))
        .map(|t| format!("`{}`", t.name))
        .collect();
    if !external.is_empty() {
        return Err(ImportError::ExternalData(external));
    }
    for tensor in all {
        let len = tensor.dims.iter().try_fold(1_i64, |n, &d| n.checked_mul(d).filter(|_| d >= 0));
        let plausible = len.is_some_and(|n| n <= MAX_ELEMENTS);
        let float = tensor.data_type == DataType::Float as i32;
        let held = match tensor.raw_data.len() {
            0 => tensor.float_data.len(),
            bytes => bytes / 4,
        };
        if !plausible || (float && len != i64::try_from(held).ok()) {
            return Err(ImportError::Malformed(format!(
                "tensor `{}` claims {:?} elements but does not hold them",
                tensor.name, tensor.dims
            )));
        }
    }
    Ok(())
}

/// Sizes and orders must be plausible: tract computes with whatever it is given.
fn check_attributes(graph: &GraphProto) -> Result<(), ImportError> {
    for node in &graph.node {
        for attribute in &node.attribute {
            let one = [attribute.i];
            let values = if attribute.name == "group" { &one } else { &*attribute.ints };
            let within = |least: i64| values.iter().all(|i| (least..=MAX_EXTENT).contains(i));
            let sound = match &*attribute.name {
                "kernel_shape" | "strides" | "dilations" | "group" => within(1),
                "pads" => within(0),
                "perm" => (0_i64..).zip(values).all(|(axis, _)| values.contains(&axis)),
                _ => true,
            };
            if !sound {
                return Err(ImportError::Malformed(format!(
                    "`{}` of node `{}` is {values:?}",
                    attribute.name,
                    node_name(node),
                )));
            }
        }
    }
    Ok(())
}

/// One float32 input of fixed size with a batch of 1, and one output.
fn check_interface(graph: &mut GraphProto) -> Vec<Unsupported> {
    let initial: BTreeSet<String> = graph.initializer.iter().map(|t| t.name.clone()).collect();
    let mut issues = Vec::new();
    let inputs: Vec<&mut ValueInfoProto> =
        graph.input.iter_mut().filter(|i| !initial.contains(&i.name)).collect();
    if inputs.len() != 1 {
        let names: Vec<&str> = inputs.iter().map(|i| i.name.as_str()).collect();
        issues.push(interface(&names.join(", "), "inputs", "a network has one input"));
    }
    for input in inputs {
        issues.extend(fix_batch(input));
    }
    if graph.output.len() != 1 {
        let names: Vec<&str> = graph.output.iter().map(|o| o.name.as_str()).collect();
        issues.push(interface(&names.join(", "), "outputs", "export the logits as only output"));
    }
    issues
}

fn fix_batch(input: &mut ValueInfoProto) -> Option<Unsupported> {
    let name = input.name.clone();
    let refuse = |op: &str, hint: &str| Some(interface(&name, op, hint));
    let Some(type_proto::Value::TensorType(tensor)) =
        input.r#type.as_mut().and_then(|t| t.value.as_mut())
    else {
        return refuse("input without a tensor type", "export the input with its shape");
    };
    if tensor.elem_type != DataType::Float as i32 {
        let known = DataType::try_from(tensor.elem_type).map_or("unknown", |t| t.as_str_name());
        let hint = "export the model in float32; integer samples are scaled later";
        return refuse(&format!("input of type {known}"), hint);
    }
    let Some(shape) = tensor.shape.as_mut().filter(|s| (2..=4).contains(&s.dim.len())) else {
        let hint = "the input must be batch x channels x rows x columns, batch x channels x time \
                    or batch x n";
        return refuse("input of other than 2 to 4 axes", hint);
    };
    let size = |d: &Dimension| match d.value {
        Some(dimension::Value::DimValue(n)) if n > 0 => Some(n),
        _ => None,
    };
    if let Some(batch @ 2..) = size(&shape.dim[0]) {
        let hint = "export it with a dynamic batch, or a batch of 1";
        return refuse(&format!("fixed batch of {batch}"), hint);
    }
    shape.dim[0].value = Some(dimension::Value::DimValue(1));
    let len = shape.dim.iter().map(size).try_fold(1_i64, |n, d| n.checked_mul(d?));
    if len.is_none_or(|n| n > MAX_ELEMENTS) {
        let hint = "all sizes but the batch must be fixed";
        return refuse("input of dynamic or implausible size", hint);
    }
    None
}

fn interface(node: &str, op: &str, hint: &str) -> Unsupported {
    Unsupported { node: node.into(), op: op.into(), shapes: String::new(), hint: hint.into() }
}

/// Operators that are not supported whatever their operands.
fn check_operators(graph: &GraphProto) -> Vec<Unsupported> {
    let constant = constants(graph);
    let mut issues = Vec::new();
    for node in &graph.node {
        let standard = matches!(&*node.domain, "" | "ai.onnx");
        let op = node.op_type.as_str();
        let folded = CONSTANT_OPS.contains(&op)
            && node.output.iter().all(|o| o.is_empty() || constant.contains(&**o));
        let nested = |a: &AttributeProto| a.g.is_some() || !a.graphs.is_empty();
        let plain = !node.attribute.iter().any(nested);
        if standard && plain && (folded || SUPPORTED_OPS.contains(&op)) {
            continue;
        }
        issues.push(Unsupported {
            node: node_name(node).to_owned(),
            op: if standard { op.to_owned() } else { format!("{}::{op}", node.domain) },
            shapes: String::new(),
            hint: if standard { nearest(op) } else { "replace it with a standard operator" }.into(),
        });
    }
    issues
}

/// Values that do not depend on the elements of the input.
fn constants(graph: &GraphProto) -> BTreeSet<&str> {
    let mut known: BTreeSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    // Nodes may come in any order: repeat until nothing is learnt.
    loop {
        let before = known.len();
        for node in &graph.node {
            let shape_only = matches!(&*node.op_type, "Shape" | "Size");
            if shape_only || node.input.iter().all(|i| i.is_empty() || known.contains(&**i)) {
                known.extend(node.output.iter().map(String::as_str));
            }
        }
        if known.len() == before {
            return known;
        }
    }
}
