//! Integer steps of activations.

use crate::calibrate::Calibration;
use crate::fuse::{LayerOp, fuse};
use crate::graph::{Graph, PoolKind};
use crate::quantise::result_kind;
use crate::train::Steps;

/// For every node at which a layer ends, the steps its results are rounded to, from the values
/// on `samples`; none for logits, whose steps are far smaller than what matters, and for maxima,
/// which have the steps of their operand.
pub fn activation_steps(graph: &Graph, samples: &[Vec<f32>]) -> Vec<Option<Steps>> {
    let layers = fuse(graph);
    let results: Vec<usize> = layers.iter().map(|layer| layer.result).collect();
    let calibration = Calibration::collect(graph, samples, &results);
    let mut steps = vec![None; graph.nodes.len()];
    for layer in &layers {
        let maxima = matches!(&layer.op, LayerOp::Pool(pool) if pool.kind == PoolKind::Max);
        if layer.result == graph.output || maxima {
            continue;
        }
        let (low, high) = result_kind(graph, layer.result).range();
        let scale = calibration.scale(layer.result, high, layer.clamp.low, layer.clamp.high);
        steps[layer.result] = Some(Steps { scale, low, high });
    }
    steps
}
