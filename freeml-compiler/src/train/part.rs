//! The work on one part of a batch.

use rand_pcg::Pcg32;

use super::augment::{Augment, unit};
use super::batch::Workspace;
use super::loss::{Tally, Teacher, arg_max};
use super::network::Network;
use super::recipe::Recipe;
use super::samples::Samples;
use crate::graph::Shape;

/// What belongs to one part of a batch.
#[derive(Debug, Default)]
pub struct Part {
    pub work: Workspace,
    /// Of the teacher.
    teacher: Workspace,
    /// By the parameters.
    pub gradients: Vec<f32>,
    pub tally: Tally,
    sample: Vec<f32>,
}

/// What the parts of a batch share.
pub struct Shared<'s> {
    pub data: &'s Samples<'s>,
    pub recipe: &'s Recipe<'s>,
    pub teacher: Option<(Network<'s>, Vec<f32>)>,
    /// Seed of the augmentation in this epoch.
    pub seed: u64,
}

impl Part {
    /// Sets the gradients of so many parameters and the tally to 0.
    pub fn clear(&mut self, parameters: usize) {
        self.tally = Tally::default();
        self.gradients.clear();
        self.gradients.resize(parameters, 0.0);
    }

    /// Loads samples.
    pub fn load(
        &mut self,
        network: &Network,
        data: &Samples,
        indices: &[usize],
        augment: &[Box<dyn Augment>],
        seed: u64,
    ) {
        let shape = network.graph.input_shape();
        self.work.resize(network.graph, indices.len());
        for (position, &index) in indices.iter().enumerate() {
            data.read(index, shape, augment, seed, &mut self.sample);
            self.work.load(position, &self.sample, shape);
        }
    }

    /// Mixes each of the first `mixed` of the loaded samples `indices` with one that is not.
    fn mix(&mut self, mixed: usize, shape: Shape, seed: u64, indices: &[usize]) {
        for (position, &index) in indices[..mixed].iter().enumerate() {
            let mut random = Pcg32::new(!seed, index as u64);
            self.work.mix(position, position + mixed, unit(&mut random), shape);
        }
    }

    /// Adds the gradients of the mean loss over a batch of `batch` samples, of which `indices` are here.
    pub fn pass(
        &mut self,
        network: &Network,
        parameters: &[f32],
        shared: &Shared,
        indices: &[usize],
        batch: usize,
    ) {
        let recipe = shared.recipe;
        self.load(network, shared.data, indices, recipe.augment, shared.seed);
        let mixed = if recipe.mixing { indices.len() / 2 } else { 0 };
        self.mix(mixed, network.graph.input_shape(), shared.seed, indices);
        network.forward(parameters, &mut self.work);
        self.work.clear_gradients();
        if let Some((teacher, parameters)) = &shared.teacher {
            self.teacher.resize(teacher.graph, indices.len());
            self.teacher.values[0].copy_from_slice(&self.work.values[0]);
            teacher.forward(parameters, &mut self.teacher);
        }
        let mut gradient = vec![0.0; network.graph.classes()];
        #[allow(clippy::cast_precision_loss, reason = "batches are small")]
        let share = 1.0 / batch as f32;
        for (position, &index) in indices.iter().enumerate() {
            let output = network.graph.output;
            let logits = column(&self.work.values[output], position, indices.len());
            let wanted = match (&recipe.teacher, &shared.teacher) {
                (Some(Teacher::Logits(all)), _) => Some(all[index].clone()),
                (_, Some((net, _))) => {
                    Some(column(&self.teacher.values[net.graph.output], position, indices.len()))
                }
                _ => None,
            };
            let label = if position < mixed { None } else { shared.data.label(index) };
            let loss = recipe.loss.of(&logits, label, wanted.as_deref(), &mut gradient);
            self.tally.loss += f64::from(loss);
            self.tally.samples += 1;
            self.tally.labelled += usize::from(label.is_some());
            self.tally.correct += usize::from(label == Some(arg_max(&logits)));
            let by_logits = &mut self.work.gradients[output];
            for (class, by) in gradient.iter().enumerate() {
                by_logits[class * indices.len() + position] = by * share;
            }
        }
        network.backward(parameters, &mut self.work, &mut self.gradients);
    }
}

/// The logits of sample `position` of `samples`.
pub fn column(logits: &[f32], position: usize, samples: usize) -> Vec<f32> {
    logits.iter().skip(position).step_by(samples.max(1)).copied().collect()
}
