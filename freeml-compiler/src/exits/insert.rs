//! Exits as layers of the network.

use freeml_core::Kind;

use super::SUFFIX;
use crate::graph::Shape;
use crate::quantise::{ExitWeights, Features, QuantLayer, QuantOp, QuantTensor, Quantised};

/// `network` with an exit behind each of the layers `taps`.
pub fn insert(
    network: &Quantised,
    taps: &[usize],
    exits: Vec<(Features, ExitWeights)>,
) -> Quantised {
    let mut result = Quantised {
        layers: Vec::new(),
        tensors: network.tensors.first().copied().into_iter().collect(),
    };
    let mut exits = taps.iter().zip(exits).peekable();
    // Where the tensors of the network are in the result.
    let mut places = vec![0];
    let mut sums = None;
    for (index, (layer, tensor)) in network.layers.iter().zip(&network.tensors[1..]).enumerate() {
        let operands = layer.operands.iter().map(|&operand| places[operand]).collect();
        let place = result.push(QuantLayer { operands, ..layer.clone() }, *tensor);
        places.push(place);
        if let Some((_, (features, weights))) = exits.next_if(|(tap, _)| **tap == index) {
            let of = vector(features.chosen.len(), tensor.kind, tensor.scale);
            let name = format!("{} features", layer.name);
            let features =
                result.push(unclamped(name, QuantOp::Features(features), vec![place], &of), of);
            let of = vector(2 * weights.bias.len(), Kind::I16, 1.0);
            let operands = [features].into_iter().chain(sums).collect();
            let name = format!("{}{SUFFIX}", layer.name);
            sums = Some(result.push(unclamped(name, QuantOp::Exit(weights), operands, &of), of));
        }
    }
    result
}

impl Quantised {
    /// Adds `layer` with its result; the number of that.
    fn push(&mut self, layer: QuantLayer, result: QuantTensor) -> usize {
        self.layers.push(layer);
        self.tensors.push(result);
        self.layers.len()
    }
}

fn vector(len: usize, kind: Kind, scale: f32) -> QuantTensor {
    QuantTensor { shape: Shape { c: len, h: 1, w: 1 }, kind, scale }
}

fn unclamped(name: String, op: QuantOp, operands: Vec<usize>, of: &QuantTensor) -> QuantLayer {
    let (low, high) = of.kind.range();
    QuantLayer { name, op, operands, low, high }
}
