//! Training of a graph: what compression needs to repair what it breaks.
//!
//! A [`Trainer`] holds the parameters of a [`Graph`](crate::graph::Graph) and improves them on
//! [`Samples`] after a [`Recipe`]: cross-entropy and distillation, a mask that a [`Pruning`]
//! tightens, weights and activations rounded to what the device holds ([`Grid`], [`Steps`]).
//!
//! Results depend on the inputs and the seed alone, never on the number of threads: every batch
//! is cut into [`CHUNKS`] parts whatever runs them, and sums are taken in the order of parts.

mod augment;
mod batch;
mod loss;
pub(crate) mod matrix;
mod network;
mod ops;
mod optimiser;
mod parallel;
mod parameters;
mod part;
mod prune;
mod recipe;
mod samples;
mod schedule;
mod ste;
mod trainer;

#[cfg(test)]
mod tests;

pub use augment::{Augment, Flip, GainNoise, Shift};
pub use loss::{Loss, Teacher, arg_max};
pub use optimiser::{Method, Optimiser};
pub use parallel::for_each;
pub use parameters::{LayerParameters, Layout};
pub use prune::{Divisors, Mask, Pruning, Ranking, Size};
pub use recipe::{Ending, Progress, Recipe};
pub use samples::{Samples, shuffle, split};
pub use schedule::{Course, Rate};
pub use ste::{Grid, GridScale, Levels, ROW_SHIFTS, Steps};
pub use trainer::{CHUNKS, Trainer};
