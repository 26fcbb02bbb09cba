//! Pooling over windows.

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::cnn::{MaxPool, PaddingSpec, PoolSpec, SumPool};

use crate::graph::{Op, Pool, PoolKind, Shape};
use crate::import::error::Refusal;
use crate::import::lower::{Lowering, Value};
use crate::import::map::{self, Map};

/// Maximum over windows.
pub fn max(cx: &mut Lowering, node: &TypedNode, op: &MaxPool) -> Result<Value, Refusal> {
    if op.with_index_outputs.is_some() {
        return Err(Refusal::new("MaxPool whose indices are used", "use its first output only"));
    }
    lower(cx, node, &op.pool_spec, PoolKind::Max)
}

/// Mean over windows, with the padding counted or not.
pub fn average(cx: &mut Lowering, node: &TypedNode, op: &SumPool) -> Result<Value, Refusal> {
    if !op.normalize {
        return Err(Refusal::new("sum over windows", "use AveragePool and scale the result"));
    }
    let kind = if op.count_include_pad { PoolKind::AveragePadded } else { PoolKind::Average };
    lower(cx, node, &op.pool_spec, kind)
}

fn lower(
    cx: &mut Lowering,
    node: &TypedNode,
    spec: &PoolSpec,
    kind: PoolKind,
) -> Result<Value, Refusal> {
    if spec.dilations().iter().any(|&d| d != 1) {
        return Err(Refusal::new("pooling with dilation", "pool over windows without gaps"));
    }
    let view = cx.view(node, 0)?;
    let (c, hw) = map::axes(spec.data_format, view.shape.len());
    let operand = Map::new(cx, node, &view, &[c], &hw)?.unstrided(cx, node);
    let shape = Lowering::result_shape(node);
    let result: Vec<usize> =
        map::axes(spec.data_format, shape.len()).1.iter().map(|&a| shape[a]).collect();
    let (h, w) = operand.pair(&result, 1);
    let (kernel, stride) = (operand.pair(&spec.kernel_shape, 1), operand.pair(&spec.strides(), 1));
    let pads = spec.computed_padding(&hw.iter().map(|&a| view.shape[a]).collect::<Vec<_>>());
    let (top, left) = operand.pair(&pads.iter().map(|p| p.pad_before).collect::<Vec<_>>(), 0);
    let given = operand.pair(&pads.iter().map(|p| p.pad_after).collect::<Vec<_>>(), 0);
    if top >= kernel.0 || left >= kernel.1 {
        return Err(Refusal::new("pooling of nothing but padding", "pad less than the window"));
    }
    let pad_rows = window(operand.shape.h, h, kernel.0, stride.0, top)?;
    let pad_cols = window(operand.shape.w, w, kernel.1, stride.1, left)?;

    // ONNX divides the windows that ceil_mode adds by what lies inside the given padding.
    let overhang = matches!(spec.padding, PaddingSpec::ExplicitOnnxPool(_, _, true))
        && (pad_rows.1 > given.0 || pad_cols.1 > given.1);
    let kind = match kind {
        PoolKind::AveragePadded if pad_rows == (0, 0) && pad_cols == (0, 0) => PoolKind::Average,
        PoolKind::AveragePadded if overhang => {
            return Err(Refusal::new(
                "AveragePool with ceil_mode and count_include_pad",
                "use one of them only",
            ));
        }
        kind => kind,
    };
    let of = Shape { c: operand.shape.c, h, w };
    let pool = Pool { kind, kernel, stride, pad_rows, pad_cols };
    let id = cx.push(node, Op::Pool(pool), vec![operand.node], of);
    Ok(Value::View(map::result(id, of, spec.data_format, shape)))
}

/// Padding before and after an axis of `len` elements such that `windows` windows of `field`
/// elements every `stride` read all of it that they need and no more.
pub fn window(
    len: usize,
    windows: usize,
    field: usize,
    stride: usize,
    before: usize,
) -> Result<(usize, usize), Refusal> {
    let reach = (windows - 1) * stride + field;
    let after = reach.saturating_sub(len + before);
    // Windows that start beyond the operand would read nothing but padding.
    if (windows - 1) * stride >= len + before
        || (len + before + after - field) / stride + 1 != windows
    {
        return Err(Refusal::new(
            format!("{windows} windows of {field} every {stride} over {len} elements"),
            "windows must begin inside the padded operand",
        ));
    }
    Ok((before, after))
}
