//! Folding of per-channel affine maps, what batch normalisations are, into their neighbours.

use super::{Affine, Conv, Dense, Graph, Node, NodeId, Op, Pool, PoolKind};

/// Folds affine maps into the convolutions and dense layers around them wherever that is exact,
/// and removes nodes without use.
///
/// A map is absorbed by the layer before it, or by the layer after it unless that one pads what
/// the map shifts; it moves across pools that it commutes with to get there, and merges with
/// other maps. It stays where its operand or its result has another reader.
pub fn fold_affine(graph: &mut Graph) {
    // Every step removes a map or moves it next to a layer that absorbs it, so this ends.
    while (1..graph.nodes.len()).any(|id| step(graph, id)) {
        graph.prune();
    }
    graph.prune();
}

/// Lets `graph` take samples `x` of which it took `scale * x + shift` before, per channel.
pub fn scale_input(graph: &mut Graph, scale: Vec<f32>, shift: Vec<f32>) {
    for node in &mut graph.nodes[1..] {
        node.inputs.iter_mut().for_each(|input| *input += 1);
    }
    let node = Node {
        name: "input scale".into(),
        op: Op::Affine(Affine { scale, shift }),
        inputs: vec![0],
        shape: graph.input_shape(),
    };
    graph.nodes.insert(1, node);
    graph.output += 1;
    fold_affine(graph);
}

/// Applies one rule to the map `id`; false if it is no map or has to stay.
fn step(graph: &mut Graph, id: NodeId) -> bool {
    let Op::Affine(map) = &graph.nodes[id].op else {
        return false;
    };
    let map = map.clone();
    let before = graph.nodes[id].inputs[0];
    if is_identity(&map) {
        graph.replace(id, before);
        return true;
    }
    if let Op::Affine(first) = &graph.nodes[before].op {
        graph.nodes[id].op = Op::Affine(compose(first, &map));
        graph.nodes[id].inputs = vec![graph.nodes[before].inputs[0]];
        return true;
    }
    before_it(graph, id, before, &map) || after_it(graph, id, &map)
}

fn before_it(graph: &mut Graph, id: NodeId, before: NodeId, map: &Affine) -> bool {
    if graph.sole_consumer(before) != Some(id) {
        return false;
    }
    match &mut graph.nodes[before].op {
        Op::Conv(conv) => conv_then(conv, map),
        Op::Dense(dense) => dense_then(dense, map),
        Op::Pool(pool) if commutes(pool, map) => {
            let source = graph.nodes[before].inputs[0];
            let linear =
                matches!(graph.nodes[source].op, Op::Conv(_) | Op::Dense(_) | Op::Affine(_));
            if !linear || graph.sole_consumer(source) != Some(before) {
                return false;
            }
            graph.swap(before, id);
            graph.nodes[before].shape = graph.nodes[source].shape;
            return true;
        }
        _ => return false,
    }
    graph.replace(id, before);
    true
}

fn after_it(graph: &mut Graph, id: NodeId, map: &Affine) -> bool {
    let Some(after) = graph.sole_consumer(id) else {
        return false;
    };
    let plane = graph.nodes[id].shape.h * graph.nodes[id].shape.w;
    let absorbed = match &mut graph.nodes[after].op {
        Op::Conv(conv) => then_conv(map, conv),
        Op::Dense(dense) => then_dense(map, dense, plane),
        Op::Pool(pool) if commutes(pool, map) => {
            if !graph.sole_consumer(after).is_some_and(|next| absorbs(&graph.nodes[next].op, map)) {
                return false;
            }
            graph.swap(id, after);
            graph.nodes[id].shape = graph.nodes[after].shape;
            return true;
        }
        _ => false,
    };
    if absorbed {
        graph.replace(id, graph.nodes[id].inputs[0]);
    }
    absorbed
}

/// Exact up to the rounding of a factor and its reciprocal, such as in a mean.
fn is_identity(map: &Affine) -> bool {
    map.scale.iter().all(|s| (s - 1.0).abs() <= f32::EPSILON) && no_shift(map)
}

fn no_shift(map: &Affine) -> bool {
    map.shift.iter().all(|&s| s == 0.0)
}

/// Whether `op` takes in a map of its operand.
fn absorbs(op: &Op, map: &Affine) -> bool {
    match op {
        Op::Conv(conv) => no_shift(map) || !pads(conv),
        Op::Dense(_) | Op::Affine(_) => true,
        _ => false,
    }
}

pub(super) fn pads(conv: &Conv) -> bool {
    (conv.pad_rows, conv.pad_cols) != ((0, 0), (0, 0))
}

/// Whether pooling the mapped operand is mapping the pooled operand.
fn commutes(pool: &Pool, map: &Affine) -> bool {
    match pool.kind {
        PoolKind::Max => map.scale.iter().all(|&s| s > 0.0),
        PoolKind::Average => true,
        PoolKind::AveragePadded => {
            no_shift(map) || (pool.pad_rows, pool.pad_cols) == ((0, 0), (0, 0))
        }
    }
}

fn compose(first: &Affine, then: &Affine) -> Affine {
    let scale = first.scale.iter().zip(&then.scale).map(|(a, b)| a * b).collect();
    let shift = first.shift.iter().zip(then.scale.iter().zip(&then.shift));
    Affine { scale, shift: shift.map(|(b, (scale, shift))| b * scale + shift).collect() }
}

fn conv_then(conv: &mut Conv, map: &Affine) {
    for (mut filter, scale) in conv.weight.outer_iter_mut().zip(&map.scale) {
        filter *= *scale;
    }
    map_bias(&mut conv.bias, map);
}

fn dense_then(dense: &mut Dense, map: &Affine) {
    for (mut row, scale) in dense.weight.outer_iter_mut().zip(&map.scale) {
        row *= *scale;
    }
    map_bias(&mut dense.bias, map);
}

fn map_bias(bias: &mut [f32], map: &Affine) {
    for (b, (scale, shift)) in bias.iter_mut().zip(map.scale.iter().zip(&map.shift)) {
        *b = *b * scale + shift;
    }
}

fn then_conv(map: &Affine, conv: &mut Conv) -> bool {
    if pads(conv) && !no_shift(map) {
        return false;
    }
    let (out, inputs) = (conv.weight.dim().0, conv.weight.dim().1);
    for (o, mut filter) in conv.weight.outer_iter_mut().enumerate() {
        let first = o / (out / conv.groups) * inputs;
        let mut bias = f64::from(conv.bias[o]);
        for (i, mut taps) in filter.outer_iter_mut().enumerate() {
            bias += f64::from(map.shift[first + i]) * sum(&taps);
            taps *= map.scale[first + i];
        }
        conv.bias[o] = narrow(bias);
    }
    true
}

fn then_dense(map: &Affine, dense: &mut Dense, plane: usize) -> bool {
    for (o, mut row) in dense.weight.outer_iter_mut().enumerate() {
        let mut bias = f64::from(dense.bias[o]);
        for (i, weight) in row.iter_mut().enumerate() {
            bias += f64::from(map.shift[i / plane]) * f64::from(*weight);
            *weight *= map.scale[i / plane];
        }
        dense.bias[o] = narrow(bias);
    }
    true
}

fn sum(taps: &ndarray::ArrayViewMut2<f32>) -> f64 {
    taps.iter().map(|&w| f64::from(w)).sum()
}

#[allow(clippy::cast_possible_truncation)]
pub(super) fn narrow(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests;
