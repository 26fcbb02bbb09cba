//! What stays the same while one network is compressed.

use freeml_core::Kind;

use crate::graph::Graph;
use crate::train::{Augment, Layout, Loss, Mask, Samples, Trainer};

/// Data, reference and effort of a compression.
pub struct Session<'s> {
    /// All samples, training and validation.
    pub samples: Samples<'s>,
    /// Numbers of the samples that training sees.
    pub train: &'s [usize],
    /// Numbers of the samples that choices are made on.
    pub validation: &'s [usize],
    /// Some training samples as the network takes them.
    pub calibration: Vec<Vec<f32>>,
    /// How raw samples are stored.
    pub kind: Kind,
    /// What one raw step is to the network.
    pub input_scale: f32,
    /// The float network, whose answers are imitated.
    pub teacher: &'s Graph,
    /// Validation samples that it gets right.
    pub float_correct: usize,
    /// Its logits for the validation samples.
    pub answers: Vec<Vec<f32>>,
    /// Changes of training samples.
    pub augment: &'s [Box<dyn Augment>],
    /// What training minimises.
    pub loss: Loss,
    /// Steps of one pruning.
    pub prune_steps: usize,
    /// Steps of one training under quantisers.
    pub quantise_steps: usize,
    /// Trainings, at most, after that one, as long as they help.
    pub rounds: u64,
    /// Whether layers of which the loss feels more keep more weights.
    pub by_gradient: bool,
    /// Power of the positions at which a weight is used that its score is divided by.
    pub pressure: f32,
    /// Whether samples are mixed.
    pub mixing: bool,
    /// Whether weights that are given up go on learning.
    pub feedback: bool,
    /// Seed of everything random.
    pub seed: u64,
    /// Number of threads; it changes nothing but the time.
    pub threads: usize,
}

/// A float network on its way: parameters and which of them are kept.
#[derive(Debug, Clone)]
pub struct State {
    /// The network; its units are those that are in use.
    pub graph: Graph,
    /// Parameters in the order of its layout.
    pub values: Vec<f32>,
    /// Kept weights.
    pub mask: Mask,
}

impl Session<'_> {
    /// Steps of one rung of a search.
    pub fn rung_steps(&self) -> usize {
        self.prune_steps / 4
    }
}

impl State {
    /// All of `graph`.
    pub fn full(graph: &Graph) -> Self {
        State::of(&Trainer::new(graph, 1), graph)
    }

    /// What `trainer` has made of `graph`.
    pub fn of(trainer: &Trainer, graph: &Graph) -> Self {
        let (values, mask) = (trainer.values().to_vec(), trainer.mask().clone());
        State { graph: graph.clone(), values, mask }
    }

    /// Keeps everything that may not be pruned.
    pub fn keep_biases(&mut self) {
        for layer in Layout::of(&self.graph).layers() {
            let always = if layer.prunable {
                layer.bias.clone()
            } else {
                layer.weight.start..layer.bias.end
            };
            self.mask.kept[always].fill(true);
        }
    }

    /// A trainer that goes on from here.
    pub fn trainer(&self, threads: usize) -> Trainer<'_> {
        let mut trainer = Trainer::new(&self.graph, threads);
        trainer.set_values(&self.values);
        trainer.set_mask(self.mask.clone());
        trainer
    }
}
