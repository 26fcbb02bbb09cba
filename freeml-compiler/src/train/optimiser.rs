//! Optimisers.

/// How gradients change parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Adam with bias correction.
    Adam {
        /// Decay of the running mean of gradients, usually 0.9.
        beta1: f32,
        /// Decay of the running mean of squared gradients, usually 0.999.
        beta2: f32,
        /// Added to the root of the latter, usually 1e-8.
        epsilon: f32,
    },
    /// Gradient descent with momentum.
    Sgd {
        /// Share of the last change that is repeated; 0 for none.
        momentum: f32,
    },
}

impl Method {
    /// Adam with the usual constants.
    pub const ADAM: Method = Method::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
}

/// What a method remembers of the steps before.
#[derive(Debug, Clone)]
pub struct Optimiser {
    method: Method,
    steps: i32,
    /// Running mean of gradients, or the last change.
    pub first: Vec<f32>,
    /// Running mean of squared gradients, for Adam.
    pub second: Vec<f32>,
}

/// One step of an optimiser, to be applied to parameters piece by piece.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    method: Method,
    rate: f32,
    /// Corrections of the running means, which start at 0.
    corrections: (f32, f32),
}

impl Optimiser {
    /// An optimiser of `parameters` parameters.
    pub fn new(method: Method, parameters: usize) -> Self {
        Optimiser { method, steps: 0, first: vec![0.0; parameters], second: vec![0.0; parameters] }
    }

    /// Begins a step with learning rate `rate`.
    pub fn step(&mut self, rate: f32) -> Step {
        self.steps += 1;
        let corrections = match self.method {
            Method::Adam { beta1, beta2, .. } => {
                (1.0 / (1.0 - beta1.powi(self.steps)), 1.0 / (1.0 - beta2.powi(self.steps)))
            }
            Method::Sgd { .. } => (1.0, 1.0),
        };
        Step { method: self.method, rate, corrections }
    }
}

impl Step {
    /// Changes `values`; the slices are the same piece of the respective buffers.
    pub fn apply(
        &self,
        values: &mut [f32],
        gradients: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let values = values.iter_mut().zip(gradients);
        match self.method {
            Method::Adam { beta1, beta2, epsilon } => {
                let means = first.iter_mut().zip(second);
                for ((value, by), (first, second)) in values.zip(means) {
                    *first = beta1 * *first + (1.0 - beta1) * by;
                    *second = beta2 * *second + (1.0 - beta2) * by * by;
                    let deviation = (*second * self.corrections.1).sqrt() + epsilon;
                    *value -= self.rate * (*first * self.corrections.0) / deviation;
                }
            }
            Method::Sgd { momentum } => {
                for ((value, by), first) in values.zip(first) {
                    *first = momentum * *first + by;
                    *value -= self.rate * *first;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(method: Method, gradients: &[f32]) -> Vec<f32> {
        let mut optimiser = Optimiser::new(method, 1);
        let mut value = [1.0];
        let mut course = Vec::new();
        for &gradient in gradients {
            let step = optimiser.step(0.1);
            step.apply(&mut value, &[gradient], &mut optimiser.first, &mut optimiser.second);
            course.push(value[0]);
        }
        course
    }

    fn assert_close(found: &[f32], wanted: &[f32]) {
        let close = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close && found.len() == wanted.len(), "{found:?}, not {wanted:?}");
    }

    #[test]
    fn adam_as_by_hand() {
        // Means 0.05, -0.055 and squares 2.5e-4, 1.24975e-3, corrected by 0.19 and 1.999e-3.
        let second = 0.9 + 0.1 * (0.055 / 0.19) / (1.249_75e-3_f32 / 1.999e-3).sqrt();
        assert_close(&run(Method::ADAM, &[0.5, -1.0]), &[0.9, second]);
    }

    #[test]
    fn momentum_as_by_hand() {
        let method = Method::Sgd { momentum: 0.5 };
        assert_close(&run(method, &[1.0, 0.0, -1.0]), &[0.9, 0.85, 0.925]);
    }
}
