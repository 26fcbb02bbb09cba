//! Linear exits and their training.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::observe::Seen;
use super::quantised;
use crate::train::matrix::{product, view, view_mut};
use crate::train::{Loss, Method, Optimiser, arg_max, shuffle};

/// Steps of a feature that training takes for 1.
pub const UNIT: f32 = 128.0;

/// Samples of a batch.
const BATCH: usize = 64;

/// Features of one tap.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Number of features.
    pub width: usize,
    /// Those of each sample, side by side.
    pub values: Vec<f32>,
}

/// What a tap adds to the logits.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Number of features.
    pub width: usize,
    /// Weights of all features for each class.
    pub weights: Vec<f32>,
    /// Biases.
    pub bias: Vec<f32>,
}

/// Exits whose logits are what the taps up to them add up to.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Number of classes.
    pub classes: usize,
    /// What each tap adds.
    pub parts: Vec<Part>,
}

/// Which exits a batch trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All of them.
    Every,
    /// One that is drawn, as FreeML does.
    Drawn,
}

/// How exits are trained.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// Batches.
    pub steps: usize,
    /// Learning rate of the first batch, which falls to 0.
    pub rate: f32,
    /// Optimiser.
    pub method: Method,
    /// Which exits a batch trains.
    pub form: Form,
    /// Loss, the teacher being the network's own head.
    pub loss: Loss,
    /// Share of the features that are left out of a batch at random.
    pub dropout: f32,
    /// Whether weights are rounded to those of the device.
    pub rounded: bool,
    /// Seed of batches.
    pub seed: u64,
}

impl Fit {
    /// The usual training.
    pub const USUAL: Fit = Fit {
        steps: 3_000,
        rate: 3e-3,
        method: Method::ADAM,
        form: Form::Every,
        loss: Loss { labels: 0.5, distillation: 0.5, temperature: 2.0 },
        dropout: 0.1,
        rounded: false,
        seed: 0,
    };
}

impl Linear {
    /// Exits that answer nothing, for features of these numbers.
    pub fn new(classes: usize, widths: impl IntoIterator<Item = usize>) -> Self {
        let part =
            |width| Part { width, weights: vec![0.0; classes * width], bias: vec![0.0; classes] };
        Linear { classes, parts: widths.into_iter().map(part).collect() }
    }

    /// Trains on `inputs`, features of all taps of the samples `seen`.
    pub fn fit(&mut self, inputs: &[Inputs], seen: &[Seen], fit: &Fit) {
        let mut random = Pcg32::seed_from_u64(fit.seed);
        let mut order: Vec<usize> = (0..seen.len()).collect();
        let mut optimisers: Vec<[Optimiser; 2]> = self
            .parts
            .iter()
            .map(|part| {
                [part.weights.len(), part.bias.len()].map(|len| Optimiser::new(fit.method, len))
            })
            .collect();
        let batch = BATCH.min(seen.len());
        let mut next = seen.len();
        for step in 0..fit.steps {
            if next + batch > seen.len() {
                shuffle(&mut order, &mut random);
                next = 0;
            }
            let indices = &order[next..next + batch];
            next += batch;
            let batches: Vec<Vec<f32>> = inputs
                .iter()
                .map(|inputs| gather(inputs, indices, fit.dropout, &mut random))
                .collect();
            let gradients = self.gradients(&batches, indices, seen, fit, &mut random);
            #[allow(clippy::cast_precision_loss, reason = "some thousand steps")]
            let rate = fit.rate * (1.0 - step as f32 / fit.steps as f32);
            for ((part, optimisers), (batch, by)) in
                self.parts.iter_mut().zip(&mut optimisers).zip(batches.iter().zip(&gradients))
            {
                part.improve(optimisers, batch, by, rate);
            }
        }
    }

    /// Gradients of the loss by what each tap adds, a row for each sample of the batch.
    fn gradients(
        &self,
        batches: &[Vec<f32>],
        indices: &[usize],
        seen: &[Seen],
        fit: &Fit,
        random: &mut Pcg32,
    ) -> Vec<Vec<f32>> {
        let drawn = match fit.form {
            Form::Every => None,
            Form::Drawn => Some(random.next_u32() as usize % self.parts.len().max(1)),
        };
        let classes = self.classes;
        let mut logits = vec![0.0; indices.len() * classes];
        let mut gradients = vec![vec![0.0; logits.len()]; self.parts.len()];
        #[allow(clippy::cast_precision_loss, reason = "a batch")]
        let share = 1.0 / indices.len() as f32;
        for (exit, (part, batch)) in self.parts.iter().zip(batches).enumerate() {
            part.add_to(batch, &mut logits, classes, fit.rounded);
            if drawn.is_some_and(|drawn| drawn != exit) {
                continue;
            }
            let rows = logits.chunks(classes).zip(gradients[exit].chunks_mut(classes));
            for ((logits, gradient), &index) in rows.zip(indices) {
                let seen = &seen[index];
                fit.loss.of(logits, Some(seen.label), Some(&seen.logits), gradient);
                for by in gradient {
                    *by *= share;
                }
            }
        }
        // A tap is part of all later exits.
        for exit in (1..gradients.len()).rev() {
            let (earlier, later) = gradients.split_at_mut(exit);
            for (by, add) in earlier[exit - 1].iter_mut().zip(&later[0]) {
                *by += add;
            }
        }
        gradients
    }

    /// Logits at each exit of sample `index`.
    pub fn logits(&self, inputs: &[Inputs], index: usize, rounded: bool) -> Vec<Vec<f32>> {
        let mut logits = vec![0.0; self.classes];
        let parts = self.parts.iter().zip(inputs);
        parts
            .map(|(part, inputs)| {
                let features = &inputs.values[index * inputs.width..][..inputs.width];
                part.add_to(features, &mut logits, self.classes, rounded);
                logits.clone()
            })
            .collect()
    }

    /// Number of right answers at each exit.
    pub fn correct(&self, inputs: &[Inputs], seen: &[Seen], rounded: bool) -> Vec<usize> {
        let mut correct = vec![0; self.parts.len()];
        for (index, seen) in seen.iter().enumerate() {
            let exits = self.logits(inputs, index, rounded);
            for (correct, logits) in correct.iter_mut().zip(exits) {
                *correct += usize::from(arg_max(&logits) == seen.label);
            }
        }
        correct
    }
}

/// The features of the samples `indices`, a share of them left out.
fn gather(inputs: &Inputs, indices: &[usize], dropout: f32, random: &mut Pcg32) -> Vec<f32> {
    let mut batch = Vec::with_capacity(indices.len() * inputs.width);
    for &index in indices {
        batch.extend_from_slice(&inputs.values[index * inputs.width..][..inputs.width]);
    }
    if dropout > 0.0 {
        #[allow(clippy::cast_precision_loss, reason = "16 random bits")]
        let left_out = |bits: u32| ((bits & 0xFFFF) as f32) < dropout * 65_536.0;
        for value in &mut batch {
            *value = if left_out(random.next_u32()) { 0.0 } else { *value / (1.0 - dropout) };
        }
    }
    batch
}

impl Part {
    /// Adds this tap's part for each sample of `batch` to `logits`.
    fn add_to(&self, batch: &[f32], logits: &mut [f32], classes: usize, rounded: bool) {
        let rows = logits.len() / classes;
        let mut parts = vec![0.0; logits.len()];
        let on_grid = rounded.then(|| quantised::rounded(&self.weights));
        let weights = on_grid.as_deref().unwrap_or(&self.weights);
        let weights = view(weights, classes, self.width);
        product(
            &view(batch, rows, self.width),
            &weights.t(),
            &mut view_mut(&mut parts, rows, classes),
        );
        for (logits, parts) in logits.chunks_mut(classes).zip(parts.chunks(classes)) {
            for ((logit, part), bias) in logits.iter_mut().zip(parts).zip(&self.bias) {
                *logit += part + bias;
            }
        }
    }

    /// One step of the optimisers against the gradients `by` of the rows of `batch`.
    fn improve(&mut self, optimisers: &mut [Optimiser; 2], batch: &[f32], by: &[f32], rate: f32) {
        let classes = self.bias.len();
        let rows = by.len() / classes;
        let mut weights = vec![0.0; self.weights.len()];
        let by_rows = view(by, rows, classes);
        product(
            &by_rows.t(),
            &view(batch, rows, self.width),
            &mut view_mut(&mut weights, classes, self.width),
        );
        let bias = by_rows.sum_axis(ndarray::Axis(0)).to_vec();
        let [of_weights, of_bias] = optimisers;
        for (optimiser, values, gradients) in
            [(of_weights, &mut self.weights, weights), (of_bias, &mut self.bias, bias)]
        {
            let step = optimiser.step(rate);
            step.apply(values, &gradients, &mut optimiser.first, &mut optimiser.second);
        }
    }

    /// Keeps the features `kept` only.
    pub fn keep(&mut self, kept: &[usize]) {
        let rows = self.weights.chunks(self.width.max(1));
        self.weights = rows.flat_map(|row| kept.iter().map(|&feature| row[feature])).collect();
        self.width = kept.len();
    }
}

impl Inputs {
    /// Keeps the features `kept` only.
    pub fn keep(&mut self, kept: &[usize]) {
        let samples = self.values.chunks(self.width.max(1));
        self.values = samples.flat_map(|row| kept.iter().map(|&feature| row[feature])).collect();
        self.width = kept.len();
    }

    /// Variance of each feature over the samples.
    pub fn variances(&self) -> Vec<f32> {
        let (mut sums, mut squares) = (vec![0.0f64; self.width], vec![0.0f64; self.width]);
        let samples = self.values.chunks(self.width.max(1));
        #[allow(clippy::cast_precision_loss, reason = "some thousand samples")]
        let count = (samples.len() as f64).max(1.0);
        for row in samples {
            for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(row) {
                *sum += f64::from(value);
                *square += f64::from(value) * f64::from(value);
            }
        }
        let variance = |(sum, square): (f64, f64)| square / count - (sum / count) * (sum / count);
        #[allow(clippy::cast_possible_truncation, reason = "importances need no precision")]
        sums.into_iter().zip(squares).map(|pair| variance(pair) as f32).collect()
    }
}
