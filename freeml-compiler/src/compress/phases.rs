//! The two phases of retraining: pruning, and training under the device's quantisers.

use std::ops::ControlFlow;

use super::bytes::{Bytes, finer_levels, usual_levels};
use super::session::{Session, State};
use super::steps::activation_steps;
use super::{Progress, Watch};
use crate::error::Error;
use crate::graph::{Graph, Reduced, remove_dead};
use crate::train::{
    Course, Divisors, Ending, Grid, GridScale, Layout, Levels, Mask, Pruning, Ranking, Rate,
    Recipe, Size, Steps, Teacher, Trainer,
};

/// Learning rate, or the first one where it falls.
const RATE: f32 = 1e-3;

/// Samples of one step.
const BATCH: usize = 64;

/// Steps between two masks.
const MASK_EVERY: usize = 10;

/// Share of pruning after which the mask has its final size.
const PRUNED: f32 = 0.7;

/// Steps in which the mask shrinks to its final size, of a hundred of the quantised phase: the
/// first time, and after each of [`ATTEMPTS`] that have missed it.
const SHRINKING: usize = 25;
const AGAIN: usize = 5;
const ATTEMPTS: usize = 6;

/// Bytes for one by which the mask shrinks further than it seems to need.
const SLACK: usize = 300;

/// Bytes of pruning for one byte that is wanted: what remains is left to the second phase.
const MARGIN: (usize, usize) = (51, 50);

/// A network whose weights and activations lie on the device's grids.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Weights before rounding, and which are kept.
    pub state: State,
    /// Parameters of `state` on their grids.
    pub rounded: Vec<f32>,
    /// Steps of the results of nodes, where layers end.
    pub steps: Vec<Option<Steps>>,
    /// Largest magnitude of every output channel of each node's weights.
    pub largest: Vec<Vec<f32>>,
    /// Magnitudes of each node's weights.
    pub levels: Vec<Levels>,
}

impl Session<'_> {
    /// Prunes `state` to about `bytes` in so many steps and removes the units that are left
    /// without use.
    pub fn prune(
        &self,
        state: &State,
        bytes: usize,
        steps: usize,
        watch: &mut Watch,
    ) -> Result<State, Error> {
        let mut trainer = state.trainer(self.threads);
        let estimate = Bytes::new(&state.graph, trainer.layout());
        let size = |mask: &Mask| estimate.of(mask);
        let course =
            Course { from: size(trainer.mask()), to: bytes * MARGIN.0 / MARGIN.1, until: PRUNED };
        let cycles = cost_in_cycles(&trainer, &state.graph, self.pressure);
        let divisors = |mask: &Mask| divisors_of(&estimate, &cycles, mask);
        let pruning = self.pruning(course, &size, &divisors);
        let recipe = Recipe { pruning: Some(pruning), ..self.recipe(steps) };
        self.train(&mut trainer, &recipe, "prune", watch)?;
        Ok(without_dead_units(&trainer))
    }

    /// Trains `state` on the device's grids. Its mask shrinks first, until the network takes at
    /// most `limit` bytes of constants; then it stays, and with it what the network takes.
    pub fn quantise(
        &self,
        state: &State,
        limit: Option<usize>,
        watch: &mut Watch,
    ) -> Result<Trained, Error> {
        let levels = self.levels(state, limit)?;
        let limit = limit.unwrap_or(usize::MAX);
        let (mut trainer, steps) = self.trainer_on_grids(state, &levels);
        let estimate = Bytes::with_levels(&state.graph, trainer.layout(), &levels);
        let size = |mask: &Mask| estimate.of(mask);
        let cycles = cost_in_cycles(&trainer, &state.graph, self.pressure);
        let divisors = |mask: &Mask| divisors_of(&estimate, &cycles, mask);
        let mut shrinking = self.quantise_steps * SHRINKING / 100;
        for _ in 0..ATTEMPTS {
            let taken = self.constants(&trained(&trainer, &state.graph, &steps, &levels))?.total();
            let from = size(trainer.mask());
            if taken <= limit || from == 0 {
                break;
            }
            // A bit more than what is missing, as weights that move change their encoding.
            let to = from.saturating_sub(taken - limit + limit / SLACK);
            let pruning = self.pruning(Course { from, to, until: PRUNED }, &size, &divisors);
            let recipe = Recipe {
                pruning: Some(pruning),
                rate: Rate::Constant(RATE),
                seed: self.seed.wrapping_add(1),
                ..self.recipe(shrinking)
            };
            self.train(&mut trainer, &recipe, "quantise", watch)?;
            shrinking = self.quantise_steps * AGAIN / 100;
        }
        self.settle(&mut trainer, 0, watch)?;
        Ok(trained(&trainer, &state.graph, &steps, &levels))
    }

    /// Magnitudes of each node's weights: the usual ones, and finer ones where `limit` has bytes
    /// to spare.
    fn levels(&self, state: &State, limit: Option<usize>) -> Result<Vec<Levels>, Error> {
        let layout = Layout::of(&state.graph);
        let mut levels = usual_levels(&state.graph, &layout);
        if let Some(limit) = limit {
            let taken = self.constants(&self.on_grids(state))?.total();
            finer_levels(&mut levels, &layout, &state.mask, limit.saturating_sub(taken));
        }
        Ok(levels)
    }

    /// Trains `before` once more with its mask.
    pub fn train_on(
        &self,
        before: &Trained,
        round: u64,
        watch: &mut Watch,
    ) -> Result<Trained, Error> {
        let (mut trainer, steps) = self.trainer_on_grids(&before.state, &before.levels);
        self.settle(&mut trainer, round, watch)?;
        Ok(trained(&trainer, &before.state.graph, &steps, &before.levels))
    }

    /// Trains with a rate that falls to 0.
    fn settle(&self, trainer: &mut Trainer, round: u64, watch: &mut Watch) -> Result<(), Error> {
        let recipe = Recipe {
            rate: Rate::Cosine(RATE),
            seed: self.seed.wrapping_add(2 + round),
            ..self.recipe(self.quantise_steps * (100 - SHRINKING) / 100)
        };
        self.train(trainer, &recipe, "quantise", watch)
    }

    /// `state` rounded to the device's grids without training.
    pub fn on_grids(&self, state: &State) -> Trained {
        let levels = usual_levels(&state.graph, &Layout::of(&state.graph));
        let (trainer, steps) = self.trainer_on_grids(state, &levels);
        trained(&trainer, &state.graph, &steps, &levels)
    }

    fn trainer_on_grids<'t>(
        &self,
        state: &'t State,
        levels: &[Levels],
    ) -> (Trainer<'t>, Vec<Option<Steps>>) {
        let mut trainer = state.trainer(self.threads);
        for layer in trainer.layout().clone().prunable() {
            let levels = levels[layer.node];
            trainer.set_grid(layer.node, Some(Grid { levels, scale: GridScale::PerChannel }));
        }
        let steps = activation_steps(&trainer.graph(), &self.calibration);
        for (node, steps) in steps.iter().enumerate() {
            trainer.set_steps(node, *steps);
        }
        (trainer, steps)
    }

    fn recipe(&self, steps: usize) -> Recipe<'_> {
        Recipe {
            epochs: steps.div_ceil(self.train.len().div_ceil(BATCH).max(1)).max(1),
            batch: BATCH,
            seed: self.seed,
            rate: Rate::Constant(RATE),
            loss: self.loss,
            teacher: Some(Teacher::Network(self.teacher)),
            augment: self.augment,
            mixing: self.mixing,
            ..Recipe::default()
        }
    }

    fn pruning<'p>(
        &self,
        course: Course,
        size: &'p Size<'p>,
        divisors: &'p Divisors<'p>,
    ) -> Pruning<'p> {
        let ranking = if self.by_gradient { Ranking::Gradient } else { Ranking::Magnitude };
        Pruning {
            ranking,
            course,
            size: Some(size),
            every: MASK_EVERY,
            divisors: Some(divisors),
            feedback: self.feedback,
        }
    }

    fn train(
        &self,
        trainer: &mut Trainer,
        recipe: &Recipe,
        stage: &'static str,
        watch: &mut Watch,
    ) -> Result<(), Error> {
        let ending = trainer.train(&self.samples, self.train, recipe, &mut |step| {
            watch(&Progress {
                stage,
                done: step.step,
                total: step.steps,
                kept: step.kept,
                accuracy: step.accuracy,
            });
            ControlFlow::Continue(())
        });
        match ending {
            Ending::Diverged { step } => Err(Error::diverged(step)),
            Ending::Finished | Ending::Stopped => Ok(()),
        }
    }
}

/// What scores are divided by: the root of the bytes of a weight, as what it is worth to the
/// network grows with its square, times a power of its cycles.
fn divisors_of(estimate: &Bytes, cycles: &[f32], mask: &Mask) -> Vec<f32> {
    let bits = estimate.weights(mask);
    bits.iter().zip(cycles).map(|(bits, cycles)| bits.sqrt() * cycles).collect()
}

/// What `trainer` has made of `graph`.
fn trained(
    trainer: &Trainer,
    graph: &Graph,
    steps: &[Option<Steps>],
    levels: &[Levels],
) -> Trained {
    let mut largest = vec![Vec::new(); graph.nodes.len()];
    for (layer, scales) in trainer.layout().layers().iter().zip(trainer.grid_scales()) {
        largest[layer.node].clone_from(scales);
    }
    let (state, rounded) = (State::of(trainer, graph), trainer.rounded().to_vec());
    Trained { state, rounded, steps: steps.to_vec(), largest, levels: levels.to_vec() }
}

/// What is left of a trained network when units without use are gone.
fn without_dead_units(trainer: &Trainer) -> State {
    let Reduced { graph, parameters, .. } = remove_dead(&trainer.graph());
    let values = Layout::of(&graph).gather(&graph);
    let old = parameters.iter().zip(&values);
    let kept = old.map(|(&old, value)| trainer.mask().kept[old] && *value != 0.0).collect();
    let mut state = State { graph, values, mask: Mask { kept } };
    state.keep_biases();
    state
}

/// The power `pressure` of the positions at which each weight is used: what it costs in cycles.
#[allow(clippy::cast_precision_loss, reason = "positions are few")]
fn cost_in_cycles(trainer: &Trainer, graph: &Graph, pressure: f32) -> Vec<f32> {
    let mut cost = vec![1.0; trainer.layout().len()];
    for layer in trainer.layout().prunable() {
        let shape = graph.nodes[layer.node].shape;
        cost[layer.weight.clone()].fill(((shape.h * shape.w) as f32).powf(pressure));
    }
    cost
}
