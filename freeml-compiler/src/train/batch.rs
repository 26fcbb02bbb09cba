//! Tensors of one part of a batch.

use crate::graph::{Graph, Shape};

/// Results and gradients of every node for a few samples, and working memory.
///
/// Tensors are in `C x N x H x W` order: the rows of a product with unfolded patches are then
/// whole channels of all samples, and nothing has to be moved between layers.
#[derive(Debug, Default)]
pub struct Workspace {
    /// Number of samples.
    pub samples: usize,
    /// Results of the nodes.
    pub values: Vec<Vec<f32>>,
    /// Gradients of the loss by those results.
    pub gradients: Vec<Vec<f32>>,
    /// Whether each result was within the range of its quantiser, where there is one.
    pub unclipped: Vec<Vec<bool>>,
    /// Working memory of the operators.
    pub scratch: Scratch,
}

/// Two buffers that grow to what is asked for.
#[derive(Debug, Default)]
pub struct Scratch {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Scratch {
    /// A buffer of `len` elements of any value.
    pub fn one(&mut self, len: usize) -> &mut [f32] {
        self.two(len, 0).0
    }

    /// Two buffers of elements of any value.
    pub fn two(&mut self, first: usize, second: usize) -> (&mut [f32], &mut [f32]) {
        if self.first.len() < first {
            self.first.resize(first, 0.0);
        }
        if self.second.len() < second {
            self.second.resize(second, 0.0);
        }
        (&mut self.first[..first], &mut self.second[..second])
    }
}

impl Workspace {
    /// Makes room for `samples` samples of `graph`.
    pub fn resize(&mut self, graph: &Graph, samples: usize) {
        self.samples = samples;
        self.values.resize_with(graph.nodes.len(), Vec::new);
        self.gradients.resize_with(graph.nodes.len(), Vec::new);
        self.unclipped.resize_with(graph.nodes.len(), Vec::new);
        for (values, node) in self.values.iter_mut().zip(&graph.nodes) {
            values.resize(node.shape.len() * samples, 0.0);
        }
    }

    /// Makes room for gradients and sets them to 0.
    pub fn clear_gradients(&mut self) {
        for (gradients, values) in self.gradients.iter_mut().zip(&self.values) {
            gradients.clear();
            gradients.resize(values.len(), 0.0);
        }
    }

    /// Writes sample number `index`, in `C x H x W` order, into the input.
    pub fn load(&mut self, index: usize, sample: &[f32], shape: Shape) {
        let plane = shape.h * shape.w;
        let channels = self.values[0].chunks_exact_mut(plane * self.samples);
        for (channel, from) in channels.zip(sample.chunks_exact(plane)) {
            channel[index * plane..][..plane].copy_from_slice(from);
        }
    }

    /// Gives sample number `index` the share `ratio` of sample number `other` of the input.
    pub fn mix(&mut self, index: usize, other: usize, ratio: f32, shape: Shape) {
        let plane = shape.h * shape.w;
        for channel in self.values[0].chunks_exact_mut(plane * self.samples) {
            for at in 0..plane {
                let (value, other) = (channel[index * plane + at], channel[other * plane + at]);
                channel[index * plane + at] = value + ratio * (other - value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_sample_lies_between_the_two() {
        let shape = Shape { c: 2, h: 1, w: 2 };
        let values = vec![vec![0.0, 1.0, 4.0, 5.0, 8.0, 2.0, 0.0, 6.0]];
        let mut work = Workspace { samples: 2, values, ..Workspace::default() };
        work.mix(0, 1, 0.25, shape);
        assert_eq!(work.values[0], [1.0, 2.0, 4.0, 5.0, 6.0, 3.0, 0.0, 6.0]);
    }
}
