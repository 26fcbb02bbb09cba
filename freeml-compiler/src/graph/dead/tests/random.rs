//! Random networks with random zeros.

use super::{clear_columns, clear_rows, reduced};
use crate::graph::testkit::Builder;
use crate::graph::{Op, PoolKind, Shape};

#[test]
fn random_networks_compute_the_same() {
    let mut removed = 0;
    for seed in 0..400 {
        let mut builder = network(seed);
        zero(&mut builder);
        let reduced = reduced(&mut builder);
        let nodes = builder.graph.nodes.iter().zip(&reduced.graph.nodes);
        removed += nodes.map(|(a, b)| a.shape.c - b.shape.c).sum::<usize>();
    }
    // Networks without anything to remove would prove little.
    assert!(removed > 3000, "{removed}");
}

fn network(seed: u32) -> Builder {
    let mut builder = Builder::new(2, 8, 9).seeded(seed);
    for _ in 0..=builder.below(5) {
        builder = grown(builder);
    }
    if builder.below(3) == 0 {
        builder = builder.dense(5).relu();
    }
    builder.dense(3)
}

fn grown(mut builder: Builder) -> Builder {
    let Shape { c, h, w } = builder.shape();
    let channels = 2 * (1 + builder.below(3));
    let pad = builder.below(2);
    let kinds = [PoolKind::Max, PoolKind::Average, PoolKind::AveragePadded];
    let small = h < 4 || w < 4;
    match builder.below(9) {
        0 | 1 => builder.conv(channels, 1, if small { 1 } else { pad }).relu(),
        2 => builder.window(channels, (1, 1), |conv| conv.stride = (1, 2)),
        3 if !small => {
            let kind = kinds[builder.below(3)];
            builder.pool(kind, pad)
        }
        4 => builder.conv(c, c, if small { 1 } else { pad }).relu(),
        5 if c % 2 == 0 => builder.conv(channels, 2, 1),
        6 => builder.affine(),
        7 => {
            let from = builder.graph.output;
            let shape = builder.shape();
            let builder = builder.conv(channels, 1, 1).relu().conv(c, 1, 1);
            let branch = builder.graph.output;
            builder.push(Op::Add, vec![branch, from], shape).relu()
        }
        _ => {
            // Two convolutions of one tensor, summed.
            let from = builder.graph.output;
            let builder = builder.conv(channels, 1, 1);
            let (one, shape) = (builder.graph.output, builder.shape());
            let builder = builder.reading(from).window(channels, (1, 1), |_| {});
            let other = builder.graph.output;
            builder.push(Op::Add, vec![other, one], shape).relu()
        }
    }
}

/// Sets random weights, filters and slices to 0, and makes random constants.
fn zero(builder: &mut Builder) {
    for id in 1..builder.graph.nodes.len() {
        let inputs = match &builder.graph.nodes[id].op {
            Op::Conv(conv) => conv.weight.dim().1,
            Op::Dense(_) => builder.graph.nodes[builder.graph.nodes[id].inputs[0]].shape.c,
            _ => continue,
        };
        let biases = [0.0, -0.5, 0.5];
        for row in 0..builder.graph.nodes[id].shape.c {
            if builder.below(4) == 0 {
                let bias = biases[builder.below(3)];
                clear_rows(&mut builder.graph, id, &[row], bias);
            }
        }
        for channel in 0..inputs {
            if builder.below(4) == 0 {
                clear_columns(&mut builder.graph, id, &[channel]);
            }
        }
        let share = [0.0, 0.5, 0.9][builder.below(3)];
        let mut mask = builder.clone();
        let drop = |weight: &mut f32| {
            *weight = if mask.random().abs() < share { 0.0 } else { *weight };
        };
        match &mut builder.graph.nodes[id].op {
            Op::Conv(conv) => conv.weight.iter_mut().for_each(drop),
            Op::Dense(dense) => dense.weight.iter_mut().for_each(drop),
            _ => {}
        }
    }
}
