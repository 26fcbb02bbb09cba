//! Products with a constant: dense layers and pointwise convolutions.

use ndarray::Array2;
use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::axes::Axis;
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::conv::pointwise;
use crate::graph::{Dense, Op, Shape};
use crate::import::constant::Constant;
use crate::import::error::Refusal;
use crate::import::lower::{Lowering, Value};
use crate::import::map::Map;
use crate::import::view::{View, row_major};

/// Largest dense matrix that is built.
const MAX_WEIGHTS: usize = 1 << 24;

/// One letter of the einsum: its extent and its position in each tensor.
struct Label {
    extent: usize,
    operand: Option<usize>,
    weight: Option<usize>,
    result: Option<usize>,
}

/// Lowers a product of a tensor and a constant.
pub fn lower(cx: &mut Lowering, node: &TypedNode, op: &EinSum) -> Result<Value, Refusal> {
    if op.q_params.is_some() || node.inputs.len() != 2 {
        return Err(Refusal::new(
            "quantised product",
            "import the float32 model; quantisation is done here",
        ));
    }
    let (x, w) = match (cx.operand(node, 0), cx.operand(node, 1)) {
        (_, Value::Constant(_)) => (0, 1),
        (Value::Constant(_), _) => (1, 0),
        _ => {
            return Err(Refusal::new(
                "MatMul of two computed tensors",
                "one operand must be a constant",
            ));
        }
    };
    let (view, weight) = (cx.view(node, x)?, cx.constant(node, w)?);
    let shape = Lowering::result_shape(node);
    let labels = op
        .axes
        .iter_all_axes()
        .map(|axis| label(axis, [x, w], &view.shape, &weight.shape))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| unsupported(op))?;
    let large = |l: &&Label| l.extent > 1;
    let kept: Vec<&Label> =
        labels.iter().filter(large).filter(|l| l.operand.is_some() && l.result.is_some()).collect();
    if kept.is_empty() {
        return dense(cx, node, &view, &weight, &labels, shape);
    }
    if kept.iter().any(|l| l.weight.is_some()) {
        return Err(unsupported(op));
    }
    convolution(cx, node, &view, &weight, &labels, shape)
}

fn label(axis: &Axis, [x, w]: [usize; 2], view: &[usize], weight: &[usize]) -> Option<Label> {
    let single = |positions: &[usize]| match *positions {
        [] => Some(None),
        [one] => Some(Some(one)),
        _ => None,
    };
    let (operand, weight_at) = (single(&axis.inputs[x])?, single(&axis.inputs[w])?);
    let extents = [operand.map(|a| view[a]), weight_at.map(|a| weight[a])];
    let extent = extents.iter().flatten().copied().max().unwrap_or(1);
    let alike = extents.iter().flatten().all(|&e| e == extent);
    let result = single(&axis.outputs[0])?;
    alike.then_some(Label { extent, operand, weight: weight_at, result })
}

fn unsupported(op: &EinSum) -> Refusal {
    Refusal::new(
        format!("product {}", op.axes),
        "use Gemm or MatMul with a constant matrix, or Conv",
    )
}

/// Every result depends on the whole operand.
fn dense(
    cx: &mut Lowering,
    node: &TypedNode,
    view: &View,
    weight: &Constant,
    labels: &[Label],
    shape: Vec<usize>,
) -> Result<Value, Refusal> {
    let (out, inputs) = (shape.iter().product(), cx.nodes[view.node].shape.len());
    if inputs.saturating_mul(out) > MAX_WEIGHTS {
        return Err(Refusal::new(
            format!("dense layer of {out} x {inputs} weights"),
            "it cannot fit a small device: pool the features before it",
        ));
    }
    let steps = [row_major(&view.shape), row_major(&weight.shape), row_major(&shape)];
    let mut matrix = Array2::zeros((out, inputs));
    for [x, w, o] in positions(labels, &steps) {
        matrix[[o, view.index[x] as usize]] += weight.values[w];
    }
    let op = Op::Dense(Dense { weight: matrix, bias: vec![0.0; out] });
    let id = cx.push(node, op, vec![view.node], Shape::vector(out));
    Ok(Value::View(View::whole(id, shape)))
}

/// Every result depends on all channels at one position: a 1x1 convolution.
fn convolution(
    cx: &mut Lowering,
    node: &TypedNode,
    view: &View,
    weight: &Constant,
    labels: &[Label],
    shape: Vec<usize>,
) -> Result<Value, Refusal> {
    let channels: Vec<usize> =
        labels.iter().filter(|l| l.result.is_none()).filter_map(|l| l.operand).collect();
    let mut spatial: Vec<(usize, usize)> = labels
        .iter()
        .filter(|l| l.extent > 1)
        .filter_map(|l| Some((l.operand?, l.result?)))
        .collect();
    spatial.sort_unstable();
    let axes: Vec<usize> = spatial.iter().map(|&(axis, _)| axis).collect();
    let operand = Map::new(cx, node, view, &channels, &axes)?;

    let outs: Vec<usize> =
        labels.iter().filter(|l| l.operand.is_none()).filter_map(|l| l.result).collect();
    let inner = |axes: &[usize], extents: &[usize]| {
        let picked: Vec<usize> = axes.iter().map(|&a| extents[a]).collect();
        let mut steps = vec![0; extents.len()];
        axes.iter().zip(row_major(&picked)).for_each(|(&a, step)| steps[a] = step);
        (picked.iter().product::<usize>(), steps)
    };
    let (inputs, in_steps) = inner(&channels, &view.shape);
    let (out, out_steps) = inner(&outs, &shape);
    let mut matrix = Array2::zeros((out, inputs));
    let inside = labels.iter().filter(|l| l.operand.is_none() || l.result.is_none());
    for [x, w, o] in positions(inside, &[in_steps, row_major(&weight.shape), out_steps]) {
        matrix[[o, x]] += weight.values[w];
    }

    let of = Shape { c: out, ..operand.shape };
    let op = Op::Conv(pointwise(&matrix, operand.stride));
    let id = cx.push(node, op, vec![operand.node], of);

    // The result holds [outs.., positions..]; put its axes where the einsum wants them.
    let order: Vec<usize> = outs.iter().copied().chain(spatial.iter().map(|&(_, o)| o)).collect();
    let held = View::whole(id, order.iter().map(|&axis| shape[axis]).collect());
    let mut ranked: Vec<usize> = (0..order.len()).collect();
    ranked.sort_unstable_by_key(|&k| order[k]);
    Ok(Value::View(held.transpose(&ranked).reshape(shape)))
}

/// Positions in operand, weight and result of every combination of the labels.
fn positions<'l>(
    labels: impl IntoIterator<Item = &'l Label>,
    steps: &[Vec<usize>; 3],
) -> Vec<[usize; 3]> {
    let mut all = vec![[0; 3]];
    for label in labels {
        let at = |axis: Option<usize>, steps: &[usize]| axis.map_or(0, |a| steps[a]);
        let step = [
            at(label.operand, &steps[0]),
            at(label.weight, &steps[1]),
            at(label.result, &steps[2]),
        ];
        all = all
            .iter()
            .flat_map(|&p| (0..label.extent).map(move |i| [0, 1, 2].map(|t| p[t] + i * step[t])))
            .collect();
    }
    all
}
