//! Bytes that a mask will take on the device, estimated while it changes.
//!
//! The estimate is that of the Rice encoding without alignment: per kept weight a Rice-coded gap
//! and a code of sign and magnitude, per row its count and bias. Units that no kept weight reads
//! or feeds cost nothing, as they leave the graph after pruning.

use crate::graph::{Graph, Op, Shape};
use crate::quantise::memory_order;
use crate::train::{Layout, Mask};

/// Parameters of the Rice code that are tried.
const RICE: usize = 12;

/// Bits of a row besides its weights: the count and the bias.
const ROW_BITS: usize = 5 + 8;

/// Estimates bytes of masks over the parameters of one graph.
#[derive(Debug)]
pub struct Bytes {
    layers: Vec<Layer>,
    /// Bits of sign and magnitude of a weight.
    code: usize,
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
}

impl Bytes {
    /// An estimate for `graph`, whose parameters `layout` orders, with so many magnitudes.
    pub fn new(graph: &Graph, layout: &Layout, magnitudes: u8) -> Self {
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
                    order,
                    channels: depth,
                }
            })
            .collect();
        Bytes { layers, code: 1 + usize::from(magnitudes.max(1)).ilog2() as usize }
    }

    /// The estimate for `mask`.
    pub fn of(&self, mask: &Mask) -> usize {
        self.layers.iter().map(|layer| layer.bits(&mask.kept, self.code).div_ceil(8)).sum()
    }
}

impl Layer {
    fn bits(&self, kept: &[bool], code: usize) -> usize {
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
                bits += ROW_BITS + count * code;
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
