//! The training loop.

use std::ops::ControlFlow;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;

use super::augment::Augment;
use super::loss::{Loss, Tally, Teacher, arg_max};
use super::network::Network;
use super::optimiser::{Optimiser, Step};
use super::parallel::for_each;
use super::parameters::Layout;
use super::part::{Part, Shared, column};
use super::prune::{Mask, Pruner};
use super::recipe::{Ending, Progress, Recipe, Watch};
use super::samples::{Samples, shuffle};
use super::ste::{Grid, Steps};
use crate::graph::{Graph, NodeId, Shape};

/// Parts that a batch is cut into, and so the most threads that are of use. It is part of the
/// result, as sums of gradients are taken part by part.
pub const CHUNKS: usize = 4;

/// Parameters that one thread updates at a time.
const PIECE: usize = 1 << 14;

/// Samples that one thread evaluates at a time.
const EVALUATED: usize = 32;

/// Trains the parameters of a graph.
#[derive(Debug)]
pub struct Trainer<'g> {
    network: Network<'g>,
    /// Number of threads; it changes nothing but the time.
    threads: usize,
    /// What the optimiser changes.
    values: Vec<f32>,
    mask: Mask,
    /// Grid of each layer of the layout.
    grids: Vec<Option<Grid>>,
    /// Scales of the grids.
    scales: Vec<Vec<f32>>,
    /// Values on their grids: what the passes see.
    rounded: Vec<f32>,
    parts: Vec<Part>,
}

impl<'g> Trainer<'g> {
    /// A trainer of `graph`, which starts from its parameters, all of them kept and unrounded.
    pub fn new(graph: &'g Graph, threads: usize) -> Self {
        let network = Network::new(graph);
        let values = network.layout.gather(graph);
        let mask = Mask::full(&network.layout);
        let grids = vec![None; network.layout.layers().len()];
        let scales = vec![Vec::new(); grids.len()];
        let parts = (0..CHUNKS).map(|_| Part::default()).collect();
        let rounded = values.clone();
        Trainer { network, threads, values, mask, grids, scales, rounded, parts }
    }

    /// Order of the parameters.
    pub fn layout(&self) -> &Layout {
        &self.network.layout
    }

    /// Parameters before rounding.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Replaces the parameters before rounding, such as by those of an earlier state.
    ///
    /// # Panics
    /// If there are more or fewer than the layout has.
    pub fn set_values(&mut self, values: &[f32]) {
        self.values.copy_from_slice(values);
        self.mask.apply(&mut self.values);
        self.fit();
    }

    /// The weights that are kept.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Replaces the mask and sets to 0 what it does not keep.
    ///
    /// # Panics
    /// If it has more or fewer flags than the layout has parameters.
    pub fn set_mask(&mut self, mask: Mask) {
        assert_eq!(mask.kept.len(), self.values.len(), "one flag per parameter");
        self.mask = mask;
        self.mask.apply(&mut self.values);
        self.fit();
    }

    /// Lets the weights of `node` be on `grid`, or anywhere.
    pub fn set_grid(&mut self, node: NodeId, grid: Option<Grid>) {
        let layers = self.network.layout.layers().iter().zip(&mut self.grids);
        for (_, slot) in layers.filter(|(layer, _)| layer.prunable && layer.node == node) {
            *slot = grid;
        }
        self.fit();
    }

    /// Scales of the output channels of each layer of the layout; none for those without a grid.
    pub fn grid_scales(&self) -> &[Vec<f32>] {
        &self.scales
    }

    /// Rounds the results of `node` to `steps`, or not at all.
    pub fn set_steps(&mut self, node: NodeId, steps: Option<Steps>) {
        self.network.steps[node] = steps;
    }

    /// Parameters as the device would hold them: masked and on their grids.
    pub fn rounded(&self) -> &[f32] {
        &self.rounded
    }

    /// The graph with the rounded parameters.
    pub fn graph(&self) -> Graph {
        let mut graph = self.network.graph.clone();
        self.network.layout.scatter(&self.rounded, &mut graph);
        graph
    }

    /// Trains on the samples `indices` of `data`; `watch` sees every step and may end it.
    ///
    /// # Panics
    /// If a sample has not the size of the input or a label is no class, which
    /// [`Dataset::read`](crate::data::Dataset::read) rules out.
    pub fn train(
        &mut self,
        data: &Samples,
        indices: &[usize],
        recipe: &Recipe,
        watch: &mut Watch,
    ) -> Ending {
        let mut shared = Shared { data, recipe, teacher: teacher(recipe), seed: recipe.seed };
        let mut optimiser = Optimiser::new(recipe.method, self.values.len());
        let mut pruner =
            recipe.pruning.as_ref().map(|rule| Pruner::new(rule, &self.network.layout, &self.mask));
        let mut random = Pcg32::seed_from_u64(recipe.seed);
        let mut order = indices.to_vec();
        let batch = recipe.batch.max(1);
        let steps = indices.len().div_ceil(batch) * recipe.epochs;
        let mut step = 0;
        for epoch in 0..recipe.epochs {
            shuffle(&mut order, &mut random);
            shared.seed = recipe.seed.wrapping_add(epoch as u64 + 1);
            let mut tally = Tally::default();
            for batch in order.chunks(batch) {
                tally.add(&self.pass(&shared, batch));
                if !tally.loss.is_finite() {
                    return Ending::Diverged { step };
                }
                self.update(optimiser_step(&mut optimiser, recipe, step, steps), &mut optimiser);
                step += 1;
                if let Some(pruner) = &mut pruner {
                    self.prune(pruner, fraction(step, steps));
                }
                if !recipe.pruning.as_ref().is_some_and(|rule| rule.feedback) {
                    self.mask.apply(&mut self.values);
                }
                self.round();
                let kept = self.mask.count(&self.network.layout);
                let progress = progress(epoch, step, steps, &tally, kept);
                if watch(&progress) == ControlFlow::Break(()) {
                    return Ending::Stopped;
                }
            }
        }
        self.mask.apply(&mut self.values);
        Ending::Finished
    }

    /// Number of the samples `indices` of `data` that are classified as labelled.
    pub fn correct(&self, data: &Samples, indices: &[usize]) -> usize {
        right(data, indices, self.logits(data, indices))
    }

    /// Classes that the samples `indices` of `data` are taken for.
    pub fn answers(&self, data: &Samples, indices: &[usize]) -> Vec<u16> {
        let class = |logits: Vec<f32>| u16::try_from(arg_max(&logits)).unwrap_or(u16::MAX);
        self.logits(data, indices).into_iter().map(class).collect()
    }

    /// Shape of a sample.
    pub fn input_shape(&self) -> Shape {
        self.network.graph.input_shape()
    }

    /// Number of them with samples changed by `augment`, with the randomness of `seed`.
    pub fn correct_changed(
        &self,
        data: &Samples,
        indices: &[usize],
        augment: &[Box<dyn Augment>],
        seed: u64,
    ) -> usize {
        right(data, indices, self.logits_changed(data, indices, augment, seed))
    }

    /// Mean of `loss` over the samples `indices` of `data`, `teacher` having given logits for them.
    pub fn loss(
        &self,
        data: &Samples,
        indices: &[usize],
        loss: &Loss,
        teacher: &[Vec<f32>],
    ) -> f64 {
        let mut gradient = vec![0.0; self.network.graph.classes()];
        let logits = self.logits(data, indices);
        let samples = indices.iter().zip(logits.iter().zip(teacher));
        let sum: f64 = samples
            .map(|(&index, (logits, wanted))| {
                f64::from(loss.of(logits, data.label(index), Some(wanted), &mut gradient))
            })
            .sum();
        sum / f64::from(ratio_base(indices.len()).max(1.0))
    }

    /// Logits of the samples `indices` of `data`.
    pub fn logits(&self, data: &Samples, indices: &[usize]) -> Vec<Vec<f32>> {
        self.logits_changed(data, indices, &[], 0)
    }

    fn logits_changed(
        &self,
        data: &Samples,
        indices: &[usize],
        augment: &[Box<dyn Augment>],
        seed: u64,
    ) -> Vec<Vec<f32>> {
        let mut logits = vec![Vec::new(); indices.len()];
        let parts = indices.chunks(EVALUATED).zip(logits.chunks_mut(EVALUATED));
        for_each(self.threads, parts, |(indices, logits)| {
            let mut part = Part::default();
            part.load(&self.network, data, indices, augment, seed);
            self.network.forward(&self.rounded, &mut part.work);
            let all = &part.work.values[self.network.graph.output];
            for (sample, logits) in logits.iter_mut().enumerate() {
                *logits = column(all, sample, indices.len());
            }
        });
        logits
    }

    /// Gradients of the batch, left in the parts.
    fn pass(&mut self, shared: &Shared, batch: &[usize]) -> Tally {
        let len = batch.len().div_ceil(CHUNKS).max(1);
        let (network, parameters) = (&self.network, &self.rounded);
        // A part without samples adds nothing.
        self.parts.iter_mut().for_each(|part| part.clear(network.layout.len()));
        let parts = self.parts.iter_mut().zip(batch.chunks(len));
        for_each(self.threads, parts, |(part, samples)| {
            part.pass(network, parameters, shared, samples, batch.len());
        });
        let mut tally = Tally::default();
        self.parts.iter().for_each(|part| tally.add(&part.tally));
        tally
    }

    /// Sums the gradients of the parts into those of the first and changes the values.
    fn update(&mut self, step: Step, optimiser: &mut Optimiser) {
        let [sum, parts @ ..] = self.parts.as_mut_slice() else { return };
        let parts: Vec<&[f32]> = parts.iter().map(|part| part.gradients.as_slice()).collect();
        let state = optimiser.first.chunks_mut(PIECE).zip(optimiser.second.chunks_mut(PIECE));
        let values = self.values.chunks_mut(PIECE).zip(sum.gradients.chunks_mut(PIECE));
        for_each(
            self.threads,
            values.zip(state).enumerate(),
            |(index, ((values, sum), (first, second)))| {
                for part in &parts {
                    let part = &part[index * PIECE..];
                    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                }
                step.apply(values, sum, first, second);
            },
        );
    }

    fn prune(&mut self, pruner: &mut Pruner, progress: f32) {
        let layout = &self.network.layout;
        pruner.observe(layout, &self.parts[0].gradients);
        if let Some(mask) = pruner.mask(layout, &self.values, &self.mask, progress) {
            self.mask = mask;
            self.fit();
        }
    }

    /// Finds the scales of all grids anew. They stay as they are from one mask to the next:
    /// scales that followed every step would move all weights of a layer at once.
    fn fit(&mut self) {
        let layers = self.network.layout.layers().iter().zip(&self.grids);
        for ((layer, grid), scales) in layers.zip(&mut self.scales) {
            let range = layer.weight.clone();
            let (weights, kept) = (&self.values[range.clone()], &self.mask.kept[range]);
            *scales = grid.map_or(Vec::new(), |grid| grid.scales(weights, kept, layer.channels));
        }
        self.round();
    }

    fn round(&mut self) {
        self.rounded.copy_from_slice(&self.values);
        self.mask.apply(&mut self.rounded);
        let layers = self.network.layout.layers().iter().zip(&self.grids);
        for ((layer, grid), scales) in layers.zip(&self.scales) {
            if let Some(grid) = grid {
                let range = layer.weight.clone();
                let (weights, kept) = (&self.values[range.clone()], &self.mask.kept[range.clone()]);
                grid.round(weights, kept, scales, &mut self.rounded[range]);
            }
        }
    }
}

/// Number of `logits` whose largest is that of the label.
fn right(data: &Samples, indices: &[usize], logits: Vec<Vec<f32>>) -> usize {
    let right = |(logits, index): &(Vec<f32>, &usize)| {
        data.label(**index).is_some_and(|label| arg_max(logits) == label)
    };
    logits.into_iter().zip(indices).filter(right).count()
}

fn teacher<'r>(recipe: &Recipe<'r>) -> Option<(Network<'r>, Vec<f32>)> {
    let Some(Teacher::Network(graph)) = recipe.teacher else { return None };
    let network = Network::new(graph);
    let parameters = network.layout.gather(graph);
    Some((network, parameters))
}

fn optimiser_step(optimiser: &mut Optimiser, recipe: &Recipe, step: usize, steps: usize) -> Step {
    optimiser.step(recipe.rate.at(fraction(step, steps)))
}

fn progress(epoch: usize, step: usize, steps: usize, tally: &Tally, kept: usize) -> Progress {
    #[allow(clippy::cast_possible_truncation, reason = "a mean")]
    let loss = tally.loss as f32 / ratio_base(tally.samples);
    let accuracy = fraction(tally.correct, tally.labelled);
    Progress { epoch, step, steps, loss, accuracy, kept }
}

fn fraction(part: usize, whole: usize) -> f32 {
    ratio_base(part) / ratio_base(whole).max(1.0)
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^24")]
fn ratio_base(count: usize) -> f32 {
    count as f32
}
