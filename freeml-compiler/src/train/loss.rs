//! Losses on logits.

use crate::graph::Graph;

/// Weighted sum of cross-entropy on the labels and distillation from a teacher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// Weight of the cross-entropy; samples without labels count nothing here.
    pub labels: f32,
    /// Weight of the Kullback-Leibler divergence of the softmax of the logits from that of the
    /// teacher's, both divided by the temperature `T`, times `T` squared.
    pub distillation: f32,
    /// The temperature, positive.
    pub temperature: f32,
}

impl Loss {
    /// Cross-entropy only.
    pub const LABELS: Loss = Loss { labels: 1.0, distillation: 0.0, temperature: 1.0 };
}

/// Where the logits come from that a network is to imitate.
#[derive(Debug, Clone, Copy)]
pub enum Teacher<'t> {
    /// A network that sees the same augmented samples.
    Network(&'t Graph),
    /// Logits of all samples of the data set, whatever augmentation does to them.
    Logits(&'t [Vec<f32>]),
}

/// Loss and correct answers, summed over samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Sum of the losses.
    pub loss: f64,
    /// Number of samples.
    pub samples: usize,
    /// Number of those with a label.
    pub labelled: usize,
    /// Number of those whose largest logit is that of the label.
    pub correct: usize,
}

impl Tally {
    /// Adds another tally.
    pub fn add(&mut self, other: &Tally) {
        self.loss += other.loss;
        self.samples += other.samples;
        self.labelled += other.labelled;
        self.correct += other.correct;
    }
}

impl Loss {
    /// Loss of one sample; `gradient` receives its gradient by the logits.
    pub fn of(
        &self,
        logits: &[f32],
        label: Option<usize>,
        teacher: Option<&[f32]>,
        gradient: &mut [f32],
    ) -> f32 {
        gradient.fill(0.0);
        let mut loss = 0.0;
        if let Some(label) = label {
            let logarithms = log_softmax(logits, 1.0);
            loss -= self.labels * logarithms[label];
            for (class, (by, log)) in gradient.iter_mut().zip(&logarithms).enumerate() {
                *by += self.labels * (log.exp() - if class == label { 1.0 } else { 0.0 });
            }
        }
        if let Some(teacher) = teacher {
            let wanted = log_softmax(teacher, self.temperature);
            let found = log_softmax(logits, self.temperature);
            // The division by T in the softmax leaves one T of its square in the gradient.
            let factor = self.distillation * self.temperature;
            for (by, (wanted, found)) in gradient.iter_mut().zip(wanted.iter().zip(&found)) {
                loss += factor * self.temperature * wanted.exp() * (wanted - found);
                *by += factor * (found.exp() - wanted.exp());
            }
        }
        loss
    }
}

/// Logarithms of the softmax of `logits / temperature`.
fn log_softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let scaled = logits.iter().map(|logit| (logit - largest) / temperature);
    let sum: f32 = scaled.clone().map(f32::exp).sum();
    scaled.map(|logit| logit - sum.ln()).collect()
}

/// Index of the largest value, the first of equals.
pub fn arg_max(values: &[f32]) -> usize {
    let better =
        |best: usize, index: usize| if values[index] > values[best] { index } else { best };
    (1..values.len()).fold(0, better)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_the_loss() {
        let teacher = [0.5, 2.0, -1.0];
        for loss in [
            Loss::LABELS,
            Loss { labels: 0.0, distillation: 1.0, temperature: 3.0 },
            Loss { labels: 0.3, distillation: 0.7, temperature: 2.0 },
        ] {
            let mut logits = [1.0, -0.5, 0.25];
            let mut gradient = [0.0; 3];
            loss.of(&logits, Some(2), Some(&teacher), &mut gradient);
            for class in 0..3 {
                let mut at = |offset: f32| {
                    let value = logits[class];
                    logits[class] += offset;
                    let found = loss.of(&logits, Some(2), Some(&teacher), &mut [0.0; 3]);
                    logits[class] = value;
                    found
                };
                let wanted = (at(0.01) - at(-0.01)) / 0.02;
                assert!((gradient[class] - wanted).abs() < 1e-3, "{loss:?}: {gradient:?}");
            }
        }
    }

    #[test]
    fn nothing_is_to_be_learned_from_oneself() {
        let loss = Loss { labels: 0.0, distillation: 1.0, temperature: 2.0 };
        let mut gradient = [1.0; 2];
        assert_eq!(loss.of(&[3.0, 1.0], None, Some(&[3.0, 1.0]), &mut gradient), 0.0);
        assert_eq!(gradient, [0.0; 2]);
    }
}
