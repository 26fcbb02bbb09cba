//! Tests of whole passes and whole trainings; those of single parts are beside them.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "numbers are small, and what is compared is exact"
)]

mod gradients;
mod training;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::graph::{Conv, Dense, Graph, Node, Op, Pool, PoolKind, Shape};

/// Numbers between -1 and 1.
struct Numbers(Pcg32);

impl Numbers {
    fn new(seed: u64) -> Self {
        Numbers(Pcg32::seed_from_u64(seed))
    }

    fn one(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0
    }

    fn vec(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.one()).collect()
    }

    fn dense(&mut self, outputs: usize, inputs: usize) -> Op {
        let scale = (2.0 / inputs as f32).sqrt();
        let weight = ndarray::Array2::from_shape_fn((outputs, inputs), |_| scale * self.one());
        Op::Dense(Dense { weight, bias: self.vec(outputs) })
    }

    /// A convolution with stride 1 and without padding.
    fn conv(&mut self, dim: (usize, usize, usize, usize), groups: usize) -> Conv {
        let weight = ndarray::Array4::from_shape_fn(dim, |_| self.one());
        Conv {
            weight,
            bias: self.vec(dim.0),
            stride: (1, 1),
            pad_rows: (0, 0),
            pad_cols: (0, 0),
            dilation: (1, 1),
            groups,
        }
    }
}

fn pool(kind: PoolKind, kernel: (usize, usize), stride: (usize, usize), pad: usize) -> Pool {
    Pool { kind, kernel, stride, pad_rows: (pad, pad), pad_cols: (pad, pad) }
}

/// A graph of `ops` with their inputs and shapes after the input itself.
fn graph(input: Shape, ops: Vec<(Op, Vec<usize>, Shape)>) -> Graph {
    let mut nodes =
        vec![Node { name: "x".into(), op: Op::Input, inputs: Vec::new(), shape: input }];
    for (op, inputs, shape) in ops {
        nodes.push(Node { name: format!("n{}", nodes.len()), op, inputs, shape });
    }
    Graph { output: nodes.len() - 1, nodes, softmax: false }
}
