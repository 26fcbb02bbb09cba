//! Reductions over spatial axes, which are pools as large as their operand.

use tract_onnx::prelude::TypedNode;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use crate::graph::{Affine, Op, Pool, PoolKind, Shape};
use crate::import::error::Refusal;
use crate::import::lower::{Lowering, Value};
use crate::import::map::Map;
use crate::import::view::View;

/// Sum (tract's form of a mean is a sum and a factor) or maximum.
pub fn lower(cx: &mut Lowering, node: &TypedNode, op: &Reduce) -> Result<Value, Refusal> {
    let kind = match op.reducer {
        Reducer::Sum => PoolKind::Average,
        Reducer::Max => PoolKind::Max,
        _ => {
            return Err(Refusal::new(
                node.op.name(),
                "ReduceMean, ReduceSum and ReduceMax over spatial axes are supported",
            ));
        }
    };
    let view = cx.view(node, 0)?;
    let shape = Lowering::result_shape(node);
    let large = |axis: &usize| view.shape[*axis] > 1;
    let (reduced, kept): (Vec<usize>, Vec<usize>) =
        (0..view.shape.len()).filter(large).partition(|axis| op.axes.contains(axis));
    if reduced.is_empty() {
        return Ok(Value::View(view.reshape(shape)));
    }
    let (channels, spatial) = match kept[..] {
        // One spatial axis survives: the other one is beside it, in the order of the tensor.
        [c, other] if reduced.len() == 1 => {
            (vec![c], vec![other.min(reduced[0]), other.max(reduced[0])])
        }
        _ => (kept.clone(), reduced.clone()),
    };
    let operand = Map::new(cx, node, &view, &channels, &spatial)?.unstrided(cx, node);
    let extents: Vec<usize> = spatial
        .iter()
        .map(|axis| if reduced.contains(axis) { view.shape[*axis] } else { 1 })
        .collect();
    let kernel = operand.pair(&extents, 1);
    let of =
        Shape { c: operand.shape.c, h: operand.shape.h / kernel.0, w: operand.shape.w / kernel.1 };
    let pool = Pool { kind, kernel, stride: kernel, pad_rows: (0, 0), pad_cols: (0, 0) };
    let mut id = cx.push(node, Op::Pool(pool), vec![operand.node], of);
    if kind == PoolKind::Average {
        #[allow(clippy::cast_precision_loss)]
        let count = (kernel.0 * kernel.1) as f32;
        let affine = Affine { scale: vec![count; of.c], shift: vec![0.0; of.c] };
        id = cx.push(node, Op::Affine(affine), vec![id], of);
    }
    Ok(Value::View(View::whole(id, shape)))
}
