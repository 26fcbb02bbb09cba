//! Single layers: exact where the rank is, near the optimum where it is not.

use ndarray::{Array2, Array3, Array4};

use super::{low_rank, random};
use crate::graph::testkit::Builder;
use crate::graph::{Conv, Graph, Op};
use crate::separate::matrix::{product, squared_singular_values};
use crate::separate::svd::{norm, split};
use crate::separate::tucker::{Tucker, decompose};
use crate::separate::{Ranks, apply};

const EXACT: f32 = 1e-4;

/// Size of a kernel, and the rest of a convolution.
type Window = ((usize, usize), fn(&mut Conv));

/// Convolutions over 5 x 9 x 11 with every kind of window.
fn convolutions() -> Vec<Builder> {
    let windows: [Window; 7] = [
        ((3, 3), |_| {}),
        ((3, 3), |conv| (conv.pad_rows, conv.pad_cols) = ((1, 1), (1, 1))),
        ((5, 3), |conv| (conv.pad_rows, conv.pad_cols) = ((2, 0), (0, 1))),
        ((3, 3), |conv| conv.stride = (2, 3)),
        ((3, 2), |conv| conv.dilation = (2, 3)),
        ((1, 5), |conv| (conv.stride, conv.pad_cols) = ((1, 2), (2, 1))),
        ((1, 3), |conv| (conv.dilation, conv.pad_cols) = ((1, 2), (2, 2))),
    ];
    let built = windows.iter().zip(1..).map(|((kernel, set), seed)| {
        let rows = if kernel.0 == 1 { 1 } else { 9 };
        Builder::new(5, rows, 11).seeded(seed).window(7, *kernel, set)
    });
    built.collect()
}

fn conv(graph: &mut Graph, node: usize) -> &mut Conv {
    let Op::Conv(conv) = &mut graph.nodes[node].op else { panic!("no convolution") };
    conv
}

/// Random kernels of those ranks in the inputs and in the outputs.
fn kernels(dim: (usize, usize, usize), input: usize, output: usize, seed: u32) -> Array3<f64> {
    let (outs, ins, taps) = dim;
    composed(&Tucker {
        input: Some(random(input, ins, seed)),
        core: random(output, input * taps, seed + 1)
            .into_shape_with_order((output, input, taps))
            .unwrap(),
        output: Some(random(outs, output, seed + 2)),
    })
}

/// The kernels that a chain stands for.
fn composed(tucker: &Tucker) -> Array3<f64> {
    let identity = |n: usize| Array2::eye(n);
    let (outs, ins, taps) = tucker.core.dim();
    let input = tucker.input.clone().unwrap_or_else(|| identity(ins));
    let output = tucker.output.clone().unwrap_or_else(|| identity(outs));
    Array3::from_shape_fn((output.nrows(), input.ncols(), taps), |(o, i, t)| {
        let ranks = (0..outs).flat_map(|p| (0..ins).map(move |q| (p, q)));
        ranks.map(|(p, q)| output[[o, p]] * tucker.core[[p, q, t]] * input[[q, i]]).sum()
    })
}

/// Unfolded over the outputs, and over the inputs.
fn unfoldings(kernels: &Array3<f64>) -> [Array2<f64>; 2] {
    let (outs, ins, taps) = kernels.dim();
    [
        Array2::from_shape_fn((outs, ins * taps), |(o, k)| kernels[[o, k / taps, k % taps]]),
        Array2::from_shape_fn((ins, outs * taps), |(i, k)| kernels[[k / taps, i, k % taps]]),
    ]
}

/// What the best approximation of that rank leaves, squared (Eckart and Young).
fn tail(matrix: &Array2<f64>, rank: usize) -> f64 {
    squared_singular_values(matrix).unwrap()[rank..].iter().sum()
}

#[test]
fn full_ranks_compute_the_same() {
    for mut builder in convolutions() {
        for (input, output) in [(5, 7), (9, 9)] {
            let after = apply(&builder.graph, 1, Ranks::Tucker { input, output }).unwrap();
            builder.equals(&after, EXACT);
            assert_eq!(after.nodes.len(), 2);
        }
    }
    let pointwise = Builder::new(5, 4, 6).window(7, (1, 1), |conv| conv.stride = (2, 1));
    let padded = Builder::new(5, 4, 6).window(7, (1, 1), |conv| conv.pad_cols = (1, 0));
    for mut builder in
        [Builder::new(3, 4, 5).dense(7), Builder::new(6, 1, 1).dense(9), pointwise, padded]
    {
        let after = apply(&builder.graph, 1, Ranks::Matrix(100)).unwrap();
        builder.equals(&after, EXACT);
        assert_eq!(after.nodes.len(), 3);
    }
}

#[test]
fn low_rank_convolutions_are_exact() {
    for mut builder in convolutions() {
        let weight = &mut conv(&mut builder.graph, 1).weight;
        let (outs, ins, rows, columns) = weight.dim();
        for (input, output) in [(2, 3), (1, 1), (5, 3), (2, 7)] {
            let low = kernels((outs, ins, rows * columns), input, output, 7);
            let low = low.into_shape_with_order((outs, ins, rows, columns)).unwrap();
            conv(&mut builder.graph, 1).weight = narrow4(&low);
            let after = apply(&builder.graph, 1, Ranks::Tucker { input, output }).unwrap();
            builder.equals(&after, EXACT);
            let links = 1 + usize::from(input < ins) + usize::from(output < outs);
            assert_eq!(after.nodes.len(), 1 + links);
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the precision of weights")]
fn narrow4(kernels: &Array4<f64>) -> Array4<f32> {
    kernels.mapv(|x| x as f32)
}

#[test]
fn low_rank_dense_layers_are_exact() {
    for (shape, outputs, rank) in [((3, 4, 5), 12, 4), ((2, 3, 1), 30, 2), ((8, 1, 1), 8, 1)] {
        let mut builder = Builder::new(shape.0, shape.1, shape.2).dense(outputs).relu();
        let Op::Dense(dense) = &mut builder.graph.nodes[1].op else { panic!() };
        let low = low_rank(outputs, dense.weight.ncols(), rank, 5);
        dense.weight.iter_mut().zip(&low).for_each(|(to, &from)| {
            #[allow(clippy::cast_possible_truncation, reason = "the precision of weights")]
            let from = from as f32;
            *to = from;
        });
        let after = apply(&builder.graph, 1, Ranks::Matrix(rank)).unwrap();
        builder.equals(&after, EXACT);
    }
}

#[test]
fn truncated_matrices_are_the_best_of_their_rank() {
    for (rows, columns) in [(12, 30), (30, 12), (20, 20), (1, 6)] {
        let matrix = random(rows, columns, 11);
        for rank in 1..rows.min(columns) {
            let (left, right) = split(&matrix, rank).unwrap();
            let error = norm((product(&left, &right) - &matrix).iter()).powi(2);
            let optimum = tail(&matrix, rank);
            assert!((error - optimum).abs() < 1e-9 * (1.0 + optimum), "{error}, not {optimum}");
        }
    }
}

#[test]
fn kernels_lose_less_the_higher_the_ranks() {
    let dim = (10, 8, 9);
    for seed in [1, 2, 3] {
        // A strong part of low rank over a weaker one of full rank.
        let weight = kernels(dim, 3, 4, seed) + 0.5 * kernels(dim, 8, 10, seed + 10);
        let [outputs, inputs] = unfoldings(&weight);
        let mut last = f64::INFINITY;
        for (input, output) in [(1, 1), (2, 3), (3, 4), (4, 4), (5, 8), (8, 8), (8, 9), (8, 10)] {
            let tucker = decompose(&weight, input, output).unwrap();
            let error = norm((composed(&tucker) - &weight).iter()).powi(2);
            let (lost_in, lost_out) = (tail(&inputs, input), tail(&outputs, output));
            // No approximation is below the first bound; HOSVD alone is below the second.
            let noise = 1e-9 * norm(weight.iter()).powi(2);
            assert!(error >= lost_in.max(lost_out) - noise, "{input}, {output}: {error}");
            assert!(error <= lost_in + lost_out + noise, "{input}, {output}: {error}");
            assert!(error < last || error < noise, "{input}, {output}: {error}, not below {last}");
            last = error;
        }
    }
}

#[test]
fn iteration_ends_where_neither_factor_gains() {
    for seed in 0..10 {
        let weight = kernels((10, 8, 9), 8, 10, seed * 10);
        let tucker = decompose(&weight, 3, 3).unwrap();
        let error = norm((composed(&tucker) - &weight).iter()).powi(2);
        let captured = norm(weight.iter()).powi(2) - error;
        // What the best output factor captures with this input factor.
        let mut inner = tucker.input.unwrap();
        for mut row in inner.rows_mut() {
            row /= norm(row.iter());
        }
        let [_, inputs] = unfoldings(&weight);
        let narrow = product(&inner, &inputs);
        let narrow = Array2::from_shape_fn((10, 3 * 9), |(o, k)| narrow[[k / 9, o * 9 + k % 9]]);
        let best: f64 = squared_singular_values(&narrow).unwrap()[..3].iter().sum();
        assert!(captured <= best * (1.0 + 1e-9), "{captured} is above {best}");
        assert!(captured >= best * (1.0 - 1e-5), "{captured} is below {best}");
    }
}

#[test]
fn norms_are_shared() {
    let (left, right) = split(&random(20, 30, 4), 6).unwrap();
    for (column, row) in left.columns().into_iter().zip(right.rows()) {
        let (a, b) = (norm(column.iter()), norm(row.iter()));
        assert!((a / b - 1.0).abs() < 1e-9, "{a} and {b}");
    }
    let tucker = decompose(&(kernels((12, 9, 9), 4, 5, 3) * 100.0), 4, 5).unwrap();
    let [input, output] = [tucker.input, tucker.output].map(Option::unwrap);
    let norms = [norm(input.iter()), norm(tucker.core.iter()), norm(output.iter())];
    let [least, most] = [f64::min, f64::max].map(|best| norms.into_iter().reduce(best).unwrap());
    assert!(most < 5.0 * least, "{norms:?}");
}

#[test]
fn matrices_below_the_rank_leave_nothing_but_zeros() {
    let (left, right) = split(&low_rank(6, 9, 2, 8), 4).unwrap();
    assert!(left.iter().chain(&right).all(|x| x.is_finite()));
    let zeros = split(&Array2::zeros((3, 4)), 2).unwrap();
    assert!(zeros.0.iter().chain(&zeros.1).all(|&x| x == 0.0));
    let tucker = decompose(&Array3::zeros((5, 4, 9)), 2, 2).unwrap();
    assert!(tucker.core.iter().all(|&x| x == 0.0));
}

#[test]
fn readers_of_the_layer_read_the_end_of_the_chain() {
    let net = Builder::new(2, 6, 6).conv(6, 1, 1).relu().conv(6, 1, 1);
    let shape = net.shape();
    let net = net.push(Op::Add, vec![3, 1], shape).relu().dense(3);
    let after = apply(&net.graph, 1, Ranks::Tucker { input: 1, output: 3 }).unwrap();
    let after = apply(&after, 8, Ranks::Matrix(2)).unwrap();
    let names: Vec<&str> = after.nodes.iter().map(|node| node.name.as_str()).collect();
    let expected = ["x", "n1.in", "n1.core", "n1.out", "n2", "n3", "n4", "n5", "n6.in", "n6.out"];
    assert_eq!(names, expected);
    let inputs: Vec<&[usize]> = after.nodes.iter().map(|node| &*node.inputs).collect();
    let expected: [&[usize]; 10] = [&[], &[0], &[1], &[2], &[3], &[4], &[5, 3], &[6], &[7], &[8]];
    assert_eq!(inputs, expected);
    assert_eq!((after.output, after.classes()), (9, 3));
    crate::graph::testkit::check(&after);
}

#[test]
fn what_cannot_be_separated() {
    let tucker = Ranks::Tucker { input: 1, output: 1 };
    let net = Builder::new(4, 6, 6).conv(4, 2, 1).relu().conv(4, 1, 1).dense(3);
    for (node, ranks) in
        [(0, tucker), (1, tucker), (2, tucker), (3, Ranks::Matrix(1)), (4, tucker), (5, tucker)]
    {
        assert!(apply(&net.graph, node, ranks).is_none(), "{node}");
    }
    let mut broken = net;
    conv(&mut broken.graph, 3).weight.fill(f32::NAN);
    assert!(apply(&broken.graph, 3, tucker).is_none());
}
