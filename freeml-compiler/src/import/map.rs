//! Operands of spatial operators: tensors that lie over a node as a map of rows and columns.

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::error::Refusal;
use super::lower::{Lowering, dims};
use super::view::View;
use crate::graph::{NodeId, Op, Pool, PoolKind, Shape};

/// A tensor as channels, rows and columns of a node.
#[derive(Debug, Clone, Copy)]
pub struct Map {
    /// The node.
    pub node: NodeId,
    /// Extents of the tensor, which are smaller than the node's if `stride` is not 1.
    pub shape: Shape,
    /// Rows and columns of the node between two elements of the tensor.
    pub stride: (usize, usize),
    /// Whether the single spatial axis of a 1-D signal lies along the rows of the node.
    along_rows: bool,
}

/// Positions of the channel and of the spatial axes in tensors of `rank` axes.
pub fn axes(format: DataFormat, rank: usize) -> (usize, Vec<usize>) {
    let first = usize::from(format.has_n());
    if format.c_is_last() {
        (rank - 1, (first..rank - 1).collect())
    } else {
        (first, (first + 1..rank).collect())
    }
}

impl Map {
    /// Reads `view` as a map whose channels and positions are the given axes; the other axes
    /// must have one element.
    pub fn new(
        cx: &mut Lowering,
        op: &TypedNode,
        view: &View,
        channels: &[usize],
        spatial: &[usize],
    ) -> Result<Self, Refusal> {
        let refuse = |form: String, hint: &str| Err(Refusal::new(form, hint));
        let name = op.op.name();
        if !(1..=2).contains(&spatial.len()) {
            let form = format!("{name} with {} spatial axes", spatial.len());
            return refuse(form, "one or two spatial axes are supported");
        }
        let used = |axis: &usize| channels.contains(axis) || spatial.contains(axis);
        let others: Vec<usize> = (0..view.shape.len()).filter(|axis| !used(axis)).collect();
        let order: Vec<usize> = [&others, channels, spatial].concat();
        if others.iter().any(|&axis| view.shape[axis] != 1) {
            return refuse(format!("{name} of several samples"), "the batch must be 1");
        }

        let held = cx.nodes[view.node].shape;
        let along_rows = spatial.len() == 1 && held.h > 1 && held.w == 1;
        let extents: Vec<usize> = spatial.iter().map(|&axis| view.shape[axis]).collect();
        let (h, w) = pair(&extents, along_rows, 1);
        let shape = Shape { c: channels.iter().map(|&axis| view.shape[axis]).product(), h, w };
        let seen = view.transpose(&order).reshape(vec![shape.c, h, w]);
        if let Some(stride) = seen.strides(held) {
            return Ok(Map { node: view.node, shape, stride, along_rows });
        }
        // A flat or mono-channel channels-last sample is in the right order under another shape.
        if view.node == 0 && cx.nodes.len() == 1 && seen.in_order() && shape.len() == held.len() {
            cx.nodes[0].shape = shape;
            return Ok(Map { node: 0, shape, stride: (1, 1), along_rows });
        }
        refuse(
            format!("{name} of a reshaped or transposed tensor of {}", dims(&view.shape)),
            if view.node == 0 {
                "the input must be channels-first: export it as NCHW (tf2onnx --inputs-as-nchw)"
            } else {
                "keep tensors channels-first (NCHW), without reshapes, up to the dense layers"
            },
        )
    }

    /// The same tensor as a node of its own, without stride.
    pub fn unstrided(self, cx: &mut Lowering, of: &TypedNode) -> Self {
        if self.stride == (1, 1) {
            return self;
        }
        let pool = Pool {
            kind: PoolKind::Max,
            kernel: (1, 1),
            stride: self.stride,
            pad_rows: (0, 0),
            pad_cols: (0, 0),
        };
        let node = cx.push(of, Op::Pool(pool), vec![self.node], self.shape);
        Map { node, stride: (1, 1), ..self }
    }

    /// `(rows, columns)` of a parameter with one value per spatial axis; `unit` is the value
    /// for the axis that a 1-D signal lacks.
    pub fn pair<T: Copy>(&self, per_axis: &[T], unit: T) -> (T, T) {
        pair(per_axis, self.along_rows, unit)
    }
}

fn pair<T: Copy>(per_axis: &[T], along_rows: bool, unit: T) -> (T, T) {
    match *per_axis {
        [rows, cols] => (rows, cols),
        [only] if along_rows => (only, unit),
        [only] => (unit, only),
        _ => (unit, unit),
    }
}

/// The result of a spatial operator as a tensor of `shape` in `format`.
pub fn result(node: NodeId, of: Shape, format: DataFormat, shape: Vec<usize>) -> View {
    let whole = View::whole(node, vec![of.c, of.h, of.w]);
    let ordered = if format.c_is_last() { whole.transpose(&[1, 2, 0]) } else { whole };
    ordered.reshape(shape)
}
