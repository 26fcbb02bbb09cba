//! Gradients against finite differences, results against the float executor.

use proptest::prelude::*;

use super::{Numbers, graph, pool};
use crate::float::Executor;
use crate::graph::{Activation, Affine, Graph, Op, PoolKind, Shape};
use crate::train::batch::Workspace;
use crate::train::network::Network;

const SAMPLES: usize = 3;

fn loaded(graph: &Graph, numbers: &mut Numbers) -> (Workspace, Vec<Vec<f32>>) {
    let shape = graph.input_shape();
    let mut work = Workspace::default();
    work.resize(graph, SAMPLES);
    let samples: Vec<Vec<f32>> = (0..SAMPLES).map(|_| numbers.vec(shape.len())).collect();
    for (index, sample) in samples.iter().enumerate() {
        work.load(index, sample, shape);
    }
    (work, samples)
}

/// Checks the forward pass of `graph` against [`Executor`] and all its gradients, those by
/// results inside the graph being behind those by the parameters before them.
fn check(graph: &Graph, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let network = Network::new(graph);
    let mut parameters = network.layout.gather(graph);
    let (mut work, samples) = loaded(graph, &mut numbers);
    network.forward(&parameters, &mut work);
    let mut executor = Executor::new(graph);
    for (index, sample) in samples.iter().enumerate() {
        executor.run(sample);
        let shape = graph.nodes[graph.output].shape;
        for (at, wanted) in executor.logits().iter().enumerate() {
            let plane = shape.h * shape.w;
            let at = (at / plane * SAMPLES + index) * plane + at % plane;
            let found = work.values[graph.output][at];
            assert!((wanted - found).abs() < 1e-4 * (1.0 + wanted.abs()), "{wanted} {found}");
        }
    }
    // The loss is a random projection of the results.
    let projection = numbers.vec(work.values[graph.output].len());
    work.clear_gradients();
    work.gradients[graph.output].copy_from_slice(&projection);
    let mut gradients = vec![0.0; parameters.len()];
    network.backward(&parameters, &mut work, &mut gradients);
    let mut loss = |parameters: &[f32]| -> f64 {
        network.forward(parameters, &mut work);
        let products = work.values[graph.output].iter().zip(&projection);
        products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let middle = loss(&parameters);
    let step = 1.0 / 1024.0;
    let largest = gradients.iter().fold(1f64, |most, g| most.max(f64::from(g.abs())));
    let (mut checked, mut kinks) = (0, 0);
    for index in 0..parameters.len() {
        let value = parameters[index];
        // Kinks on both sides may leave both slopes alike; then those of a smaller step differ.
        let slopes = [step, -step, step / 4.0, -step / 4.0].map(|step| {
            parameters[index] = value + step;
            (loss(&parameters) - middle) / f64::from(step)
        });
        parameters[index] = value;
        let [above, below, ..] = slopes;
        let [least, most] = [f64::min, f64::max].map(|of| slopes.into_iter().fold(above, of));
        if most - least > 0.01 * largest {
            // A maximum or a clamp changes sides within the step.
            kinks += 1;
            continue;
        }
        checked += 1;
        let found = f64::from(gradients[index]);
        let wanted = f64::midpoint(above, below);
        assert!((found - wanted).abs() < 0.01 * largest, "{index}: {found}, not {wanted}");
    }
    assert!(kinks <= checked, "{kinks} of {} parameters are at kinks", parameters.len());
}

/// An affine map in front shows the gradient by the operand in those by its scale and shift.
fn behind_affine(from: Shape, op: Op, to: Shape, numbers: &mut Numbers) -> Graph {
    let map = Affine { scale: numbers.vec(from.c), shift: numbers.vec(from.c) };
    graph(from, vec![(Op::Affine(map), vec![0], from), (op, vec![1], to)])
}

fn extent(
    len: usize,
    pads: (usize, usize),
    kernel: usize,
    dilation: usize,
    stride: usize,
) -> usize {
    (len + pads.0 + pads.1 - dilation * (kernel - 1) - 1) / stride + 1
}

/// Two residual sums, clamps, a strided convolution and a global mean, checked.
fn check_residual_net(c: usize, classes: usize, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let shape = Shape { c, h: 6, w: 6 };
    let half = Shape { c: 2 * c, h: 3, w: 3 };
    let mut padded = |outs: usize, ins: usize| {
        let mut conv = numbers.conv((outs, ins, 3, 3), 1);
        (conv.pad_rows, conv.pad_cols) = ((1, 1), (1, 1));
        conv
    };
    let (first, second, mut down) = (padded(c, c), padded(c, c), padded(2 * c, c));
    down.stride = (2, 2);
    let relu6 = Op::Activation(Activation { low: 0.0, high: 6.0 });
    let global = Op::Pool(pool(PoolKind::Average, (3, 3), (3, 3), 0));
    let dense = numbers.dense(classes, 2 * c);
    let graph = graph(
        shape,
        vec![
            (Op::Conv(first), vec![0], shape),
            (relu6.clone(), vec![1], shape),
            (Op::Conv(second), vec![2], shape),
            (Op::Add, vec![3, 2], shape),
            (Op::Add, vec![4, 4], shape),
            (relu6, vec![5], shape),
            (Op::Conv(down), vec![6], half),
            (global, vec![7], Shape { h: 1, w: 1, ..half }),
            (dense, vec![8], Shape::vector(classes)),
        ],
    );
    check(&graph, seed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn convolutions(
        groups in 1usize..4, ins in 1usize..4, filters in 1usize..4,
        (h, w) in (5usize..9, 5usize..9), kernel in (1usize..4, 1usize..4),
        stride in (1usize..4, 1usize..4), dilation in (1usize..3, 1usize..3),
        pad_rows in (0usize..3, 0usize..3), pad_cols in (0usize..3, 0usize..3), seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let from = Shape { c: groups * ins, h, w };
        let mut conv = numbers.conv((groups * filters, ins, kernel.0, kernel.1), groups);
        (conv.stride, conv.dilation) = (stride, dilation);
        (conv.pad_rows, conv.pad_cols) = (pad_rows, pad_cols);
        let to = Shape {
            c: groups * filters,
            h: extent(h, pad_rows, kernel.0, dilation.0, stride.0),
            w: extent(w, pad_cols, kernel.1, dilation.1, stride.1),
        };
        check(&behind_affine(from, Op::Conv(conv), to, &mut numbers), seed);
    }

    #[test]
    fn depthwise_and_pointwise(
        c in 1usize..6, outs in 1usize..6, (h, w) in (4usize..8, 4usize..8),
        stride in 1usize..3, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let from = Shape { c, h, w };
        let mut depthwise = numbers.conv((c, 1, 3, 3), c);
        depthwise.stride = (stride, stride);
        (depthwise.pad_rows, depthwise.pad_cols) = ((1, 1), (1, 1));
        let between = Shape { h: (h - 1) / stride + 1, w: (w - 1) / stride + 1, ..from };
        let pointwise = numbers.conv((outs, c, 1, 1), 1);
        let mut graph = behind_affine(from, Op::Conv(depthwise), between, &mut numbers);
        let mut node = graph.nodes[2].clone();
        (node.op, node.inputs) = (Op::Conv(pointwise), vec![2]);
        node.shape.c = outs;
        graph.nodes.push(node);
        graph.output = 3;
        check(&graph, seed);
    }

    #[test]
    fn dense_layers(c in 1usize..5, h in 1usize..4, w in 1usize..4, outs in 1usize..9, seed: u64) {
        let mut numbers = Numbers::new(seed);
        let from = Shape { c, h, w };
        let dense = numbers.dense(outs, from.len());
        check(&behind_affine(from, dense, Shape::vector(outs), &mut numbers), seed);
    }

    #[test]
    fn pools(
        kind in prop_oneof![
            Just(PoolKind::Max), Just(PoolKind::Average), Just(PoolKind::AveragePadded)
        ],
        c in 1usize..4, (h, w) in (4usize..9, 4usize..9), kernel in (2usize..4, 2usize..4),
        stride in (1usize..4, 1usize..4), pad in 0usize..2, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let from = Shape { c, h, w };
        let to = Shape {
            c,
            h: extent(h, (pad, pad), kernel.0, 1, stride.0),
            w: extent(w, (pad, pad), kernel.1, 1, stride.1),
        };
        let op = Op::Pool(pool(kind, kernel, stride, pad));
        check(&behind_affine(from, op, to, &mut numbers), seed);
    }

    #[test]
    fn residual_nets(c in 1usize..5, classes in 2usize..5, seed: u64) {
        check_residual_net(c, classes, seed);
    }
}

#[test]
fn kinks_that_cancel_are_noticed() {
    check_residual_net(2, 3, 18_391_897_194_252_448_706);
    check_residual_net(1, 4, 16_325_761_845_232_374_075);
}
