//! Compression: from a float graph to a small integer network.

mod augment;
pub mod bytes;
mod candidate;
mod phases;
mod search;
mod session;
mod steps;
mod structure;

use std::fmt;

use crate::data::Dataset;
use crate::error::Error;
use crate::graph::{Graph, merge_dense, scale_input};
use crate::options::Options;
use crate::program::Program;
use crate::quantise::Quantised;
use crate::train::{Layout, Loss, Samples, Trainer, split};

use session::{Session, State};

/// What compression is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// In a few words, such as "prune".
    pub stage: &'static str,
    /// Work done, of `total`.
    pub done: usize,
    /// All work that is foreseen; it may fall or rise as the search goes on.
    pub total: usize,
    /// Weights kept.
    pub kept: usize,
    /// Share of right answers on the training samples of late.
    pub accuracy: f32,
}

/// What is told of compression as it goes on.
pub type Watch<'w> = dyn FnMut(&Progress) + 'w;

/// Parts of the method, to measure what each is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
pub struct Method {
    /// Whether layers are separated where trials say so.
    pub separation: bool,
    /// Whether weights are pruned; without it, separation alone makes the network smaller.
    pub sparsity: bool,
    /// Whether layers of which the loss feels more keep more weights; otherwise magnitude counts.
    pub by_gradient: bool,
    /// Whether the answers of the float network are imitated, besides the labels.
    pub distillation: bool,
    /// Whether weights that are given up go on learning, and come back if it was too early.
    pub feedback: bool,
    /// Factor on the steps of all training.
    pub effort: f32,
}

impl Default for Method {
    fn default() -> Self {
        Method {
            separation: true,
            sparsity: true,
            by_gradient: true,
            distillation: true,
            feedback: false,
            effort: 1.0,
        }
    }
}

/// What was reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Weights of the float network.
    pub weights: usize,
    /// Weights kept.
    pub kept: usize,
    /// Bytes of constants, tables and descriptors.
    pub bytes: usize,
    /// Validation samples, which training did not see.
    pub validation: usize,
    /// Of these, how many the float network classifies as labelled.
    pub float_correct: usize,
    /// And how many the integer network does.
    pub correct: usize,
    /// Layers that were separated, with their ranks.
    pub separated: Vec<String>,
}

impl Summary {
    /// The same with the bytes of `program`: an artefact outlives changes of the plan.
    #[must_use]
    pub fn of_plan(self, program: &Program) -> Self {
        Summary { bytes: program.constant_bytes(), ..self }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { weights, kept, bytes, validation, float_correct, correct, .. } = *self;
        write!(f, "{kept} of {weights} weights in {bytes} bytes of constants")?;
        for layer in &self.separated {
            write!(f, "; separated {layer}")?;
        }
        if validation == 0 {
            return Ok(());
        }
        let [float, integer] = [float_correct, correct].map(|correct| {
            // Hundredths of a percent, so that no rounding of floats is part of the text.
            let parts = correct * 10_000 / validation;
            format!("{}.{:02} %", parts / 100, parts % 100)
        });
        write!(f, "; {integer} of {validation} validation samples right, in float {float}")
    }
}

/// A compressed network.
#[derive(Debug, Clone, PartialEq)]
pub struct Compressed {
    /// Ready to be planned.
    pub network: Quantised,
    /// What was reached.
    pub summary: Summary,
}

/// Share of the samples that choices are made on, and the most of them.
const HELD_OUT: (usize, usize) = (10, 2_000);

/// Fewest samples that retraining makes sense with.
const FEWEST_SAMPLES: usize = 40;

/// Samples that the steps of activations are taken from.
const CALIBRATION_SAMPLES: usize = 256;

/// Weight of the labels against the answers of the float network, and the temperature of these.
const LOSS: Loss = Loss { labels: 0.4, distillation: 0.6, temperature: 2.0 };

/// Steps of pruning and of training on the device's grids.
const STEPS: (usize, usize) = (3_000, 5_000);

/// Right answers of a hundred of the float network from which on labels say all there is to learn.
/// Below, samples are mixed, and training on the grids is short: it would learn the samples
/// by heart, which those held out do not show if the float network has learned them, too.
const SURE: usize = 95;

/// Steps on the device's grids where the float network is not sure.
const UNSURE_STEPS: usize = 2_000;

/// Rounds of training, at most, after the one that brings a network onto the device's grids.
const ROUNDS: u64 = 3;

/// Compresses `graph`, which takes raw samples, as `options` ask.
///
/// The samples are split by the seed into those that training sees and those that choices are
/// made on; samples without labels take those of the float network. `threads` changes nothing
/// but the time.
pub fn compress(
    graph: &Graph,
    data: &Dataset,
    options: &Options,
    threads: usize,
    watch: &mut Watch,
) -> Result<Compressed, Error> {
    compress_by(&Method::default(), graph, data, options, threads, watch)
}

/// The same by parts of the method.
pub fn compress_by(
    method: &Method,
    graph: &Graph,
    data: &Dataset,
    options: &Options,
    threads: usize,
    watch: &mut Watch,
) -> Result<Compressed, Error> {
    let budget = options.compress.unwrap_or_default();
    let channels = graph.input_shape().c;
    let (input_scale, _) = options.normalisation(data.kind, channels)?[0];
    let teacher = normalised(graph, input_scale);
    let normalisation = vec![(input_scale, 0.0); channels];
    let reference = Trainer::new(&teacher, threads);
    let labels = labels(data, &reference, &normalisation);
    check(data)?;
    let samples =
        Samples { raw: &data.samples, labels: Some(&labels), normalisation: &normalisation };
    let held_out = (data.samples.len() / HELD_OUT.0).clamp(1, HELD_OUT.1);
    let (train, validation) = split(data.samples.len(), held_out, options.seed);
    let augment = augment::suitable(&reference, &samples, &validation, options.seed);
    let all_right = Loss { labels: 1.0, distillation: 0.0, ..LOSS };
    let float_correct = reference.correct(&samples, &validation);
    let sure = float_correct * 100 >= validation.len() * SURE;
    let session = Session {
        answers: reference.logits(&samples, &validation),
        samples,
        train: &train,
        validation: &validation,
        calibration: calibration(data, &train, input_scale),
        kind: data.kind,
        input_scale,
        teacher: &teacher,
        float_correct,
        augment: &augment,
        loss: if method.distillation { LOSS } else { all_right },
        prune_steps: scaled(STEPS.0, method.effort),
        quantise_steps: scaled(if sure { STEPS.1 } else { UNSURE_STEPS }, method.effort),
        rounds: if sure { ROUNDS } else { 0 },
        by_gradient: method.by_gradient,
        pressure: options.optimise.pressure(),
        mixing: method.distillation && !sure,
        feedback: method.feedback,
        seed: options.seed,
        threads,
    };
    let state = State::full(&teacher);
    let (found, separated) = if method.sparsity {
        session.search(state, &budget, method.separation, watch)?
    } else {
        session.separate_only(&state, &budget, watch)?
    };
    let summary = Summary {
        weights: Layout::of(graph).prunable_weights(),
        kept: found.kept,
        bytes: found.bytes,
        validation: validation.len(),
        float_correct: session.float_correct,
        correct: found.correct,
        separated,
    };
    Ok(Compressed { network: found.network, summary })
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some thousand steps"
)]
fn scaled(steps: usize, effort: f32) -> usize {
    (steps as f32 * effort).round() as usize
}

/// `graph` for samples that one factor has brought near the units it was trained on: weights of
/// a first layer that takes raw values are too small for the usual learning rates.
fn normalised(graph: &Graph, input_scale: f32) -> Graph {
    let mut graph = graph.clone();
    let channels = graph.input_shape().c;
    scale_input(&mut graph, vec![1.0 / input_scale; channels], vec![0.0; channels]);
    merge_dense(&mut graph);
    graph
}

/// The labels of `data`, or what the float network answers.
fn labels(data: &Dataset, reference: &Trainer, normalisation: &[(f32, f32)]) -> Vec<u16> {
    if let Some(labels) = &data.labels {
        return labels.clone();
    }
    let samples = Samples { raw: &data.samples, labels: None, normalisation };
    let all: Vec<usize> = (0..data.samples.len()).collect();
    reference.answers(&samples, &all)
}

/// Whether a network can be retrained on `data`.
pub(crate) fn check(data: &Dataset) -> Result<(), Error> {
    let samples = data.samples.len();
    if samples < FEWEST_SAMPLES {
        return Err(Error::too_few_samples(samples, FEWEST_SAMPLES));
    }
    match data.labels.as_deref() {
        Some([first, rest @ ..]) if rest.iter().all(|label| label == first) => {
            Err(Error::one_class(*first))
        }
        _ => Ok(()),
    }
}

fn calibration(data: &Dataset, train: &[usize], input_scale: f32) -> Vec<Vec<f32>> {
    let stride = train.len().div_ceil(CALIBRATION_SAMPLES).max(1);
    let sample = |&index: &usize| {
        data.samples[index].iter().map(|&value| f32::from(value) * input_scale).collect()
    };
    train.iter().step_by(stride).map(sample).collect()
}
