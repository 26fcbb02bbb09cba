//! The compiler's own graph: what every stage after the import works on.
//!
//! Tensors are single samples in `C x H x W` order (a vector is `n x 1 x 1`, a 1-D signal
//! `c x 1 x w`); there is no batch axis. Reshapes, flattens and transposes do not exist here:
//! the import folds them into the order of [`Dense`] columns.

mod dead;
mod fold;
mod merge;
mod ops;
mod rewrite;
#[cfg(test)]
pub(crate) mod testkit;

pub use dead::{Reduced, remove_dead};
pub use fold::{fold_affine, scale_input};
pub use merge::merge_dense;
pub use ops::{Activation, Affine, Conv, Dense, Op, Pool, PoolKind};

/// Index of a node in [`Graph::nodes`].
pub type NodeId = usize;

/// Extent of one tensor: channels, rows, columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Channels (or the length of a vector).
    pub c: usize,
    /// Rows; 1 for vectors and 1-D signals.
    pub h: usize,
    /// Columns; 1 for vectors.
    pub w: usize,
}

impl Shape {
    /// A vector of `n` elements.
    pub fn vector(n: usize) -> Self {
        Shape { c: n, h: 1, w: 1 }
    }

    /// Number of elements.
    pub fn len(self) -> usize {
        self.c * self.h * self.w
    }

    /// Whether the tensor has no element.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}x{}", self.c, self.h, self.w)
    }
}

/// One operator with its operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Name of the ONNX node it comes from.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Operands, all of smaller index.
    pub inputs: Vec<NodeId>,
    /// Shape of its result.
    pub shape: Shape,
}

/// A whole network: nodes in topological order, node 0 being the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Operators in topological order.
    pub nodes: Vec<Node>,
    /// The node whose result is the logits.
    pub output: NodeId,
    /// Whether the ONNX graph ends in a softmax, which arg-max does not need.
    pub softmax: bool,
}

impl Graph {
    /// Shape of the input sample.
    pub fn input_shape(&self) -> Shape {
        self.nodes[0].shape
    }

    /// Number of logits.
    pub fn classes(&self) -> usize {
        self.nodes[self.output].shape.len()
    }

    /// Nodes that read the result of `id`, in order.
    pub fn consumers(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        (id + 1..self.nodes.len()).filter(move |&n| self.nodes[n].inputs.contains(&id))
    }
}
