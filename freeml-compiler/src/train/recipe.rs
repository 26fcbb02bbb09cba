//! How a network is trained.

use std::ops::ControlFlow;

use super::augment::Augment;
use super::loss::{Loss, Teacher};
use super::optimiser::Method;
use super::prune::Pruning;
use super::schedule::Rate;

/// One phase of training.
pub struct Recipe<'r> {
    /// Passes over the samples.
    pub epochs: usize,
    /// Samples of a step, at least 1.
    pub batch: usize,
    /// Seed of order and augmentation.
    pub seed: u64,
    /// The optimiser, which starts anew.
    pub method: Method,
    /// Learning rate.
    pub rate: Rate,
    /// What is minimised.
    pub loss: Loss,
    /// What is imitated, if anything.
    pub teacher: Option<Teacher<'r>>,
    /// Changes of samples, one after the other.
    pub augment: &'r [Box<dyn Augment>],
    /// Whether half of the samples are mixed with one of the other half each, in a random ratio.
    /// A mixed sample has no label, but a teacher network has an answer for it: few samples teach
    /// more that way ("function matching", arXiv 2106.05237).
    pub mixing: bool,
    /// Tightens the mask; without it, the mask stays as it is.
    pub pruning: Option<Pruning<'r>>,
}

impl Default for Recipe<'_> {
    /// Adam at 1e-3 for one epoch of batches of 64 on the labels.
    fn default() -> Self {
        Recipe {
            epochs: 1,
            batch: 64,
            seed: 0,
            method: Method::ADAM,
            rate: Rate::Constant(1e-3),
            loss: Loss::LABELS,
            teacher: None,
            augment: &[],
            mixing: false,
            pruning: None,
        }
    }
}

/// State of training after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Epoch, from 0.
    pub epoch: usize,
    /// Steps done, in all epochs.
    pub step: usize,
    /// Steps of the whole recipe.
    pub steps: usize,
    /// Mean loss in this epoch so far.
    pub loss: f32,
    /// Share of right answers in this epoch so far, on augmented samples.
    pub accuracy: f32,
    /// Weights kept by the mask.
    pub kept: usize,
}

/// What is told of every step, and may end training.
pub type Watch<'w> = dyn FnMut(&Progress) -> ControlFlow<()> + 'w;

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All epochs are done.
    Finished,
    /// The watch ended it.
    Stopped,
    /// The loss was no longer finite after this many steps: parameters are of no use. A lower
    /// learning rate helps.
    Diverged {
        /// Steps done, the last included.
        step: usize,
    },
}
