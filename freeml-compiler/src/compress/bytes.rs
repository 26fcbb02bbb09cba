//! Bytes that a mask will take on the device, estimated while it changes.
//!
//! The estimate is that of the Rice encoding without alignment: per kept weight a Rice-coded gap
//! and a code of sign and magnitude, per row its count and bias. Units that no kept weight reads
//! or feeds cost nothing, as they leave the graph after pruning.

use std::ops::Range;

use crate::graph::{Graph, NodeId, Op, Shape};
use crate::quantise::memory_order;
use crate::train::{Layout, Levels, Mask};

/// Parameters of the Rice code that are tried.
const RICE: usize = 12;

/// Bits of a row besides its weights: count, bias, shift, and its share of a part's length.
const ROW_BITS: usize = 5 + 8 + 4 + 4;

/// Weights of the longest row in which errors of rounding do not average out.
const SHORT_ROW: usize = 16;

/// Magnitudes of a layer for which there are bytes to spare.
const FINER: Levels = Levels::Uniform(8);

/// The usual magnitudes of the weights of each node.
pub fn usual_levels(graph: &Graph, layout: &Layout) -> Vec<Levels> {
    let mut levels = vec![Levels::Uniform(1); graph.nodes.len()];
    for layer in layout.layers() {
        let row = layer.weight.len() / layer.channels;
        levels[layer.node] =
            if row <= SHORT_ROW { Levels::Uniform(4) } else { Levels::PowersOfTwo(4) };
    }
    levels
}

/// Twice as many magnitudes, a bit more per weight, for the layers with the fewest weights that `mask`
/// keeps, as long as that takes at most `spare` bytes.
pub fn finer_levels(levels: &mut [Levels], layout: &Layout, mask: &Mask, spare: usize) {
    let kept = |weights: &Range<usize>| mask.kept[weights.clone()].iter().filter(|k| **k).count();
    let mut layers: Vec<(usize, NodeId)> =
        layout.prunable().map(|layer| (kept(&layer.weight).div_ceil(8), layer.node)).collect();
    layers.sort_unstable();
    let mut taken = 0;
    for (bytes, node) in layers {
        taken += bytes;
        if taken > spare {
            break;
        }
        levels[node] = FINER;
    }
}

/// Estimates bytes of masks over the parameters of one graph.
#[derive(Debug)]
pub struct Bytes {
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// First weight in the layout.
    start: usize,
    rows: usize,
    /// Place in a row, in the order of the layout, of the weights in the order of the kernel.
    order: Vec<usize>,
    /// Input channel of each place of `order`.
    channel: Vec<u16>,
    /// Input channels of a row.
    channels: usize,
    /// Bits of sign and magnitude of a weight.
    code: usize,
}

impl Bytes {
    /// An estimate for `graph`, whose parameters `layout` orders, with the usual magnitudes.
    pub fn new(graph: &Graph, layout: &Layout) -> Self {
        Bytes::with_levels(graph, layout, &usual_levels(graph, layout))
    }

    /// The same with these magnitudes of each node's weights.
    pub fn with_levels(graph: &Graph, layout: &Layout, levels: &[Levels]) -> Self {
        let layers = layout
            .prunable()
            .map(|layer| {
                let node = &graph.nodes[layer.node];
                let from = graph.nodes[node.inputs[0]].shape;
                let order = memory_order(&node.op, from);
                let depth = depth(&node.op, from);
                Layer {
                    start: layer.weight.start,
                    rows: layer.channels,
                    channel: (0..order.len())
                        .map(|tap| u16::try_from(tap % depth).unwrap_or(u16::MAX))
                        .collect(),
                    code: 1 + levels[layer.node].magnitudes().ilog2() as usize,
                    order,
                    channels: depth,
                }
            })
            .collect();
        Bytes { layers }
    }

    /// Bits that each weight is worth under `mask`: its own and its share in what its row takes,
    /// or what it would take to keep it if it is given up. 0 for what may not be pruned.
    pub fn weights(&self, mask: &Mask) -> Vec<f32> {
        let mut bits = vec![0.0; mask.kept.len()];
        for layer in &self.layers {
            layer.weight_bits(&mask.kept, &mut bits);
        }
        bits
    }

    /// The estimate for `mask`.
    pub fn of(&self, mask: &Mask) -> usize {
        self.layers.iter().map(|layer| layer.bits(&mask.kept).div_ceil(8)).sum()
    }
}

impl Layer {
    #[allow(clippy::cast_precision_loss, reason = "numbers of weights")]
    fn weight_bits(&self, kept: &[bool], bits: &mut [f32]) {
        let len = self.order.len();
        let all = &kept[self.start..][..self.rows * len];
        let count = all.iter().filter(|kept| **kept).count().max(1);
        // The entropy of a position at this density, and the code.
        let own = (all.len() as f32 / count as f32).log2() + 1.5 + self.code as f32;
        for (row, bits) in all.chunks(len).zip(bits[self.start..].chunks_mut(len)) {
            let count = row.iter().filter(|kept| **kept).count();
            bits.fill(own + ROW_BITS as f32 / count.max(1) as f32);
        }
    }

    fn bits(&self, kept: &[bool]) -> usize {
        let len = self.order.len();
        let row = |row: usize| &kept[self.start + row * len..][..len];
        let mut read = vec![false; self.channels];
        for row in (0..self.rows).map(row) {
            for (&place, &channel) in self.order.iter().zip(&self.channel) {
                read[usize::from(channel)] |= row[place];
            }
        }
        let mut bits = 0;
        let mut unary = [0; RICE];
        for row in (0..self.rows).map(row) {
            let (mut gap, mut count) = (0usize, 0);
            for (&place, &channel) in self.order.iter().zip(&self.channel) {
                if row[place] {
                    unary.iter_mut().enumerate().for_each(|(k, sum)| *sum += (gap >> k) + 1 + k);
                    (gap, count) = (0, count + 1);
                } else {
                    gap += usize::from(read[usize::from(channel)]);
                }
            }
            if count > 0 {
                bits += ROW_BITS + count * self.code;
            }
        }
        bits + unary.into_iter().min().unwrap_or(0)
    }
}

/// Input channels of a row: neighbours in memory.
fn depth(op: &Op, from: Shape) -> usize {
    match op {
        Op::Conv(conv) => conv.weight.dim().1,
        _ => from.c,
    }
    .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testkit::Builder;

    #[test]
    fn spare_bytes_make_the_smallest_layers_finer() {
        // 40 x 8 weights in long rows, 8 x 2 in short ones: 40 and 2 bytes for another bit.
        let graph = Builder::new(40, 1, 1).dense(8).dense(2).graph;
        let layout = Layout::of(&graph);
        let mask = Mask::full(&layout);
        let usual = usual_levels(&graph, &layout);
        assert_eq!(usual[1..], [Levels::PowersOfTwo(4), Levels::Uniform(4)]);
        let finer = |spare| {
            let mut levels = usual.clone();
            finer_levels(&mut levels, &layout, &mask, spare);
            levels
        };
        assert_eq!(finer(1), usual);
        assert_eq!(finer(41)[1..], [Levels::PowersOfTwo(4), FINER]);
        assert_eq!(finer(42)[1..], [FINER, FINER]);
        let bytes = |levels: &[Levels]| Bytes::with_levels(&graph, &layout, levels).of(&mask);
        assert_eq!(bytes(&finer(42)) - bytes(&usual), 42);
    }
}
