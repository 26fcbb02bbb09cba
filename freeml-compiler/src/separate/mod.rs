//! Separation of large layers into chains of smaller ones.
//!
//! A dense layer or a pointwise convolution is a matrix, and becomes two layers by a truncated
//! singular value decomposition. Another convolution becomes a Tucker-2 chain: a pointwise
//! convolution to fewer channels, the kernels among few channels, and a pointwise convolution to
//! all outputs. [`candidates`] proposes ranks, [`apply`] rewrites the graph.
//!
//! All sums have one order and are not fused, so that results do not depend on the processor.

mod candidate;
mod matrix;
pub mod rank;
mod rewrite;
mod svd;
mod tucker;

#[cfg(test)]
mod tests;

pub use candidate::{Candidate, Cost, candidates, scaled};
pub use rewrite::apply;

/// How far a layer is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ranks {
    /// Elements per position between the two layers that a dense layer or a pointwise convolution
    /// becomes.
    Matrix(usize),
    /// Channels around the kernels of a convolution.
    Tucker {
        /// Channels that the kernels read; no layer comes before them if these are all inputs.
        input: usize,
        /// Channels that the kernels compute; no layer comes after them if these are all outputs.
        output: usize,
    },
}
