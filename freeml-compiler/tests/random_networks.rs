//! Random small networks through quantisation and plan, with power failures everywhere.
#![allow(clippy::cast_possible_truncation, reason = "random bits")]

use freeml_compiler::graph::{
    Activation, Conv, Dense, Graph, Node, Op, Pool, PoolKind, Shape, fold_affine,
};
use freeml_compiler::program::Program;
use freeml_compiler::{evaluate, float, integer_program};
use freeml_core::{EmulatedFram, Engine, Kind, RunToEnd, Status};
use ndarray::{Array2, Array4};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// One layer that a network is grown by.
#[derive(Debug, Clone)]
enum Growth {
    Conv {
        channels: usize,
        kernel: usize,
        stride: usize,
        /// Before and behind, along both axes.
        pads: (usize, usize),
        relu: bool,
    },
    Depthwise {
        relu: bool,
    },
    MaxPool,
    AveragePool,
    /// A 3x3 convolution with a shortcut around it.
    Residual,
    /// The sum of a dense layer on a padded convolution and of one on the convolution's operand.
    Dense,
}

fn growth() -> impl Strategy<Value = Growth> {
    prop_oneof![
        (
            1usize..5,
            prop_oneof![Just(1usize), Just(3)],
            1usize..3,
            (0usize..2, 0usize..2),
            any::<bool>()
        )
            .prop_map(|(channels, kernel, stride, pads, relu)| Growth::Conv {
                channels,
                kernel,
                stride,
                pads: (pads.0.min(kernel / 2), pads.1.min(kernel / 2)),
                relu
            }),
        any::<bool>().prop_map(|relu| Growth::Depthwise { relu }),
        Just(Growth::MaxPool),
        Just(Growth::AveragePool),
        Just(Growth::Residual),
        Just(Growth::Dense),
    ]
}

struct Builder {
    graph: Graph,
    weights: Box<dyn FnMut() -> f32>,
}

impl Builder {
    fn new(shape: Shape, seed: u32) -> Self {
        let input = Node { name: "input".into(), op: Op::Input, inputs: Vec::new(), shape };
        let mut state = seed | 1;
        let weights = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 16) as i16) / 32_768.0
        };
        let graph = Graph { nodes: vec![input], output: 0, softmax: false };
        Builder { graph, weights: Box::new(weights) }
    }

    fn shape(&self) -> Shape {
        self.graph.nodes[self.graph.output].shape
    }

    fn push(&mut self, op: Op, inputs: Vec<usize>, shape: Shape) {
        let name = format!("node{}", self.graph.nodes.len());
        self.graph.output = self.graph.nodes.len();
        self.graph.nodes.push(Node { name, op, inputs, shape });
    }

    fn conv(
        &mut self,
        channels: usize,
        kernel: usize,
        stride: usize,
        pads: (usize, usize),
        groups: usize,
    ) {
        let Shape { c, h, w } = self.shape();
        let padding = pads.0 + pads.1;
        let kernel = kernel.min(h + padding).min(w + padding);
        let extent = |n: usize| (n + padding - kernel) / stride + 1;
        let (from, shape) = (self.graph.output, Shape { c: channels, h: extent(h), w: extent(w) });
        let weights = &mut self.weights;
        let weight =
            Array4::from_shape_simple_fn((channels, c / groups, kernel, kernel), &mut *weights);
        let bias = (0..channels).map(|_| weights() * 0.1).collect();
        let stride = (stride, stride);
        let conv =
            Conv { weight, bias, stride, pad_rows: pads, pad_cols: pads, dilation: (1, 1), groups };
        self.push(Op::Conv(conv), vec![from], shape);
    }

    fn dense(&mut self, from: usize, outputs: usize) {
        let columns = self.graph.nodes[from].shape.len();
        let weight = Array2::from_shape_simple_fn((outputs, columns), &mut *self.weights);
        let dense = Dense { weight, bias: vec![0.1; outputs] };
        self.push(Op::Dense(dense), vec![from], Shape::vector(outputs));
    }

    fn relu(&mut self) {
        let (from, shape) = (self.graph.output, self.shape());
        self.push(Op::Activation(Activation { low: 0.0, high: f32::INFINITY }), vec![from], shape);
    }

    fn pool(&mut self, kind: PoolKind) {
        let (from, Shape { c, h, w }) = (self.graph.output, self.shape());
        if h < 2 || w < 2 {
            return;
        }
        let pool =
            Pool { kind, kernel: (2, 2), stride: (2, 2), pad_rows: (0, 0), pad_cols: (0, 0) };
        self.push(Op::Pool(pool), vec![from], Shape { c, h: h / 2, w: w / 2 });
    }

    fn grow(&mut self, growth: &Growth) {
        let Shape { c, .. } = self.shape();
        match *growth {
            Growth::Conv { channels, kernel, stride, pads, relu } => {
                self.conv(channels, kernel, stride, pads, 1);
                if relu {
                    self.relu();
                }
            }
            Growth::Depthwise { relu } => {
                self.conv(c, 3, 1, (1, 1), c);
                if relu {
                    self.relu();
                }
            }
            Growth::MaxPool => self.pool(PoolKind::Max),
            Growth::AveragePool => self.pool(PoolKind::Average),
            Growth::Residual => {
                let from = self.graph.output;
                self.conv(c, 3, 1, (1, 1), 1);
                let (branch, shape) = (self.graph.output, self.shape());
                self.push(Op::Add, vec![branch, from], shape);
                self.relu();
            }
            Growth::Dense => {
                let from = self.graph.output;
                self.conv(c, 3, 1, (1, 1), 1);
                self.dense(self.graph.output, 4);
                let branch = self.graph.output;
                self.dense(from, 4);
                self.push(Op::Add, vec![self.graph.output, branch], Shape::vector(4));
                self.relu();
            }
        }
    }

    fn finish(mut self) -> Graph {
        self.dense(self.graph.output, 3);
        fold_affine(&mut self.graph);
        self.graph
    }
}

/// A network, samples and how they are stored.
fn network() -> impl Strategy<Value = (Graph, Vec<Vec<i16>>, Kind)> {
    let shape = (1usize..4, 3usize..9, 3usize..9).prop_map(|(c, h, w)| Shape { c, h, w });
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I16)];
    (shape, prop::collection::vec(growth(), 1..5), kind, any::<u32>()).prop_map(
        |(shape, layers, kind, seed)| {
            let mut builder = Builder::new(shape, seed);
            if kind == Kind::I16 {
                // Words cannot be added.
                builder.conv(shape.c, 3, 1, (1, 1), 1);
            }
            for layer in &layers {
                builder.grow(layer);
            }
            let samples = (0..8u32)
                .map(|sample| {
                    let mut state = seed ^ sample.wrapping_mul(0x9E37_79B9);
                    let draw = |_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        i16::from(state.to_le_bytes()[3])
                    };
                    (0..shape.len()).map(draw).collect()
                })
                .collect();
            (builder.finish(), samples, kind)
        },
    )
}

/// What firmware does after a reset.
fn boot(program: &Program, fram: &mut EmulatedFram, sample: &[i16]) -> Vec<i16> {
    let mut engine = Engine::attach(program, fram);
    if engine.status() == Status::Idle {
        engine.start(sample);
    }
    engine.run(&mut RunToEnd);
    engine.logit_words().collect()
}

/// Squared error of integer logits, over the squares of what the logits are summed from.
fn noise(graph: &Graph, samples: &[Vec<i16>], kind: Kind) -> f64 {
    let program = integer_program(graph, samples, kind).unwrap();
    let scale = *program.scales.last().unwrap();
    let Op::Dense(head) = &graph.nodes[graph.output].op else { panic!("no head") };
    let features = graph.nodes[graph.output].inputs[0];
    let mut executor = float::Executor::new(graph);
    let (mut error, mut reach) = (0f64, 0f64);
    for sample in samples {
        let raw: Vec<f32> = sample.iter().copied().map(f32::from).collect();
        let results = executor.run(&raw);
        for (class, word) in evaluate::logits(&program, sample).into_iter().enumerate() {
            let exact = results[graph.output][class];
            let terms = head.weight.row(class).into_iter().zip(&results[features]);
            let sum: f64 = terms.map(|(w, x)| f64::from((w * x).abs())).sum();
            error += f64::from(f32::from(word) * scale - exact).powi(2);
            reach += (sum + f64::from(head.bias[class].abs())).powi(2);
        }
    }
    error / reach
}

#[test]
fn integer_logits_are_near_the_float_ones() {
    let mut runner = TestRunner::deterministic();
    let mut noises: Vec<f64> = (0..300)
        .map(|_| {
            let (graph, samples, kind) = network().new_tree(&mut runner).unwrap().current();
            noise(&graph, &samples, kind)
        })
        .collect();
    noises.sort_by(f64::total_cmp);
    // Sums that cancel and channels that are nearly dead leave few of 8 bits, so a few random
    // networks are noisy; wrong scales, places or weights would show in most.
    assert!(noises[150] < 1e-4, "median {}", noises[150]);
    assert!(noises[285] < 1e-2, "95th percentile {}", noises[285]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_power_failure_before_any_store_changes_nothing((graph, samples, kind) in network()) {
        let program = integer_program(&graph, &samples, kind).unwrap();
        let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
        let expected = boot(&program, &mut fram, &samples[0]);
        let stores = fram.stores();
        for failure in 0..stores {
            let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
            let outcome = fram.until_failure(failure, |fram| boot(&program, fram, &samples[0]));
            prop_assert!(outcome.is_err());
            prop_assert_eq!(&boot(&program, &mut fram, &samples[0]), &expected);
        }
    }
}
