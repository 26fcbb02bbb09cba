//! Layers worth separating, and what that would change.

use ndarray::{Array2, Axis};

use super::Ranks;
use super::rank::evbmf;
use super::rewrite::is_pointwise;
use crate::fuse::{Layer, LayerOp, fuse};
use crate::graph::{Conv, Graph, NodeId, Op, Shape};

/// Quarters of the way from the full rank down to that of EVBMF.
const WEAKENINGS: [usize; 3] = [4, 3, 2];

/// What a layer or a chain of layers costs while no weight is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Weights, without biases.
    pub weights: usize,
    /// Multiply-accumulates, those with padding included.
    pub macs: usize,
    /// Bytes of operand and result at once, at one byte per element, in the layer of the chain
    /// that needs most; a result is smaller by the pool that the layer takes in.
    pub bytes: usize,
}

/// A layer and ranks at which it has fewer weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The layer.
    pub node: NodeId,
    /// What [`apply`](super::apply) takes.
    pub ranks: Ranks,
    /// The layer as it is.
    pub before: Cost,
    /// The chain of layers.
    pub after: Cost,
}

/// Every layer that a separation makes smaller, with the ranks that EVBMF finds and with ranks
/// between them and the full ones, lowest first.
pub fn candidates(graph: &Graph) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = Vec::new();
    for layer in fuse(graph) {
        let Some(separable) = Separable::new(graph, &layer) else { continue };
        let before = cost(&[separable.whole()]);
        for quarters in WEAKENINGS {
            let ranks = separable.ranks(quarters);
            let after = cost(&separable.chain(ranks));
            let candidate = Candidate { node: layer.node, ranks, before, after };
            if after.weights < before.weights && all.last() != Some(&candidate) {
                all.push(candidate);
            }
        }
    }
    all
}

/// Ranks of layer `node` that are `percent` of the full ones; `None` if it cannot be separated.
pub fn scaled(graph: &Graph, node: NodeId, percent: usize) -> Option<Ranks> {
    let share = |full: usize| (full * percent / 100).max(1);
    match &graph.nodes[node].op {
        Op::Dense(dense) => {
            Some(Ranks::Matrix(share(dense.weight.nrows().min(dense.weight.ncols()))))
        }
        Op::Conv(conv) => {
            let (outs, ins, ..) = conv.weight.dim();
            Some(if is_pointwise(conv) {
                Ranks::Matrix(share(outs.min(ins)))
            } else {
                Ranks::Tucker { input: share(ins), output: share(outs) }
            })
        }
        _ => None,
    }
}

/// A layer that can be separated.
struct Separable {
    operand: Shape,
    result: Shape,
    /// Elements that are stored of the result.
    stored: usize,
    taps: usize,
    bounds: Bounds,
}

/// The rank that EVBMF finds and the full one.
#[derive(Clone, Copy)]
struct Bound {
    least: usize,
    full: usize,
}

enum Bounds {
    Matrix(Bound),
    Tucker { input: Bound, output: Bound },
}

/// One layer of a chain.
struct Link {
    /// Elements that it reads.
    operand: usize,
    /// Elements that it stores.
    result: usize,
    weights: usize,
    /// Positions at which each weight is used.
    positions: usize,
}

impl Separable {
    fn new(graph: &Graph, layer: &Layer) -> Option<Self> {
        let operand = graph.nodes[*layer.inputs.first()?].shape;
        let result = graph.nodes[layer.node].shape;
        let stored = graph.nodes[layer.result].shape.len();
        Some(match &layer.op {
            LayerOp::Dense { dense, .. } => {
                let bounds = Bounds::Matrix(Bound::of(&dense.weight));
                let operand = Shape::vector(operand.len());
                Separable { operand, result, stored, taps: 1, bounds }
            }
            LayerOp::Conv { conv, .. } if is_pointwise(conv) => {
                let bounds = Bounds::Matrix(Bound::of(&unfold(conv, Axis(0))));
                Separable { operand, result, stored, taps: 1, bounds }
            }
            LayerOp::Conv { conv, .. } if conv.groups == 1 => {
                let (.., rows, columns) = conv.weight.dim();
                let input = Bound { full: operand.c, ..Bound::of(&unfold(conv, Axis(1))) };
                let output = Bound { full: result.c, ..Bound::of(&unfold(conv, Axis(0))) };
                let bounds = Bounds::Tucker { input, output };
                Separable { operand, result, stored, taps: rows * columns, bounds }
            }
            _ => return None,
        })
    }

    /// Ranks so many quarters of the way from the full ones.
    fn ranks(&self, quarters: usize) -> Ranks {
        match self.bounds {
            Bounds::Matrix(bound) => Ranks::Matrix(bound.rank(quarters)),
            Bounds::Tucker { input, output } => {
                Ranks::Tucker { input: input.rank(quarters), output: output.rank(quarters) }
            }
        }
    }

    /// The layer as it is.
    fn whole(&self) -> Link {
        Link {
            operand: self.operand.len(),
            result: self.stored,
            weights: self.result.c * self.operand.c * self.taps,
            positions: self.plane(),
        }
    }

    /// What [`apply`](super::apply) makes of the layer.
    fn chain(&self, ranks: Ranks) -> Vec<Link> {
        let Shape { c: ins, h, w } = self.operand;
        let outs = self.result.c;
        let (first, last) = match ranks {
            Ranks::Matrix(rank) => (ins, rank),
            Ranks::Tucker { input, output } => (input, output),
        };
        let mut chain = Vec::new();
        if first < ins {
            chain.push(Link {
                operand: self.operand.len(),
                result: first * h * w,
                weights: first * ins,
                positions: h * w,
            });
        }
        let open = last < outs || matches!(ranks, Ranks::Matrix(_));
        chain.push(Link {
            operand: first * h * w,
            result: if open { last * self.plane() } else { self.stored },
            weights: last * first * self.taps,
            positions: self.plane(),
        });
        if open {
            chain.push(Link {
                operand: last * self.plane(),
                result: self.stored,
                weights: outs * last,
                positions: self.plane(),
            });
        }
        chain
    }

    fn plane(&self) -> usize {
        self.result.h * self.result.w
    }
}

impl Bound {
    fn of(matrix: &Array2<f32>) -> Self {
        Bound { least: evbmf(matrix), full: matrix.nrows().min(matrix.ncols()) }
    }

    fn rank(self, quarters: usize) -> usize {
        self.full - (self.full - self.least.clamp(1, self.full)) * quarters / 4
    }
}

/// The cost of a chain.
fn cost(chain: &[Link]) -> Cost {
    Cost {
        weights: chain.iter().map(|link| link.weights).sum(),
        macs: chain.iter().map(|link| link.weights * link.positions).sum(),
        bytes: chain.iter().map(|link| link.operand + link.result).max().unwrap_or(0),
    }
}

/// The weights with one row per output (axis 0) or input (axis 1).
fn unfold(conv: &Conv, axis: Axis) -> Array2<f32> {
    let rows = conv.weight.len_of(axis);
    let values = conv.weight.axis_iter(axis).flatten().copied().collect();
    Array2::from_shape_vec((rows, conv.weight.len() / rows.max(1)), values).unwrap_or_default()
}
