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
