//! Layer kernels: each computes one step of one layer.
//!
//! A kernel reads its operands and tables and stores the outputs of that step only, so a step
//! cut short by a power failure is simply done again. Operands lie where no store of this or
//! a later step of the layer reaches; the compiler's plan sees to it.

mod add;
mod average_pool;
mod conv;
mod depthwise;
mod exit_sums;
mod features;
mod filters;
mod max_pool;
mod positions;
mod residual;
mod sparse;

pub use add::{Add, add};
pub use average_pool::{AveragePool, average_pool};
pub use conv::{Conv, PoolWindow, conv};
pub use depthwise::{Depthwise, depthwise};
pub use exit_sums::{EXIT_WEIGHTS, ExitSums, exit_sums};
pub use features::{Features, features};
pub use max_pool::{MaxPool, max_pool};
pub use residual::Residual;
pub use sparse::{
    Area, PreparedQuads, Quads, Scratch, Sparse, Walk, Windows, connected, quads, sparse,
};

#[cfg(test)]
mod tests;
