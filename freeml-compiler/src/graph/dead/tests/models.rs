//! The committed networks, pruned.

use super::check_parameters;
use crate::float::Executor;
use crate::graph::testkit::model;
use crate::graph::{Graph, Op, Shape, remove_dead};
use crate::train::{Layout, Mask};
use crate::{Kind, data, integer_program};

/// Leaves the `count` largest of all weights.
fn prune(graph: &mut Graph, count: usize) {
    let layout = Layout::of(graph);
    let mut values = layout.gather(graph);
    let weights = || layout.prunable().flat_map(|layer| layer.weight.clone());
    let mut magnitudes: Vec<f32> = weights().map(|index| values[index].abs()).collect();
    magnitudes.sort_by(|a, b| b.total_cmp(a));
    for index in weights() {
        if values[index].abs() <= magnitudes[count] {
            values[index] = 0.0;
        }
    }
    layout.scatter(&values, graph);
}

fn sample(shape: Shape) -> Vec<f32> {
    (0..shape.len()).map(|i| f32::from(u16::try_from(i * 37 % 101).unwrap()) / 101.0).collect()
}

/// Prunes a model to `count` weights and removes; returns the widths before and after.
fn pruned(name: &str, count: usize) -> [Vec<(String, usize)>; 2] {
    let mut graph = model(name);
    prune(&mut graph, count);
    let start = std::time::Instant::now();
    let reduced = remove_dead(&graph);
    let time = start.elapsed();
    check_parameters(&graph, &reduced);
    let sample = sample(graph.input_shape());
    let (mut before, mut after) = (Executor::new(&graph), Executor::new(&reduced.graph));
    before.run(&sample);
    after.run(&sample);
    let largest = before.logits().iter().fold(1.0f32, |a, b| a.max(b.abs()));
    for (a, b) in before.logits().iter().zip(after.logits()) {
        assert!((a - b).abs() < 1e-5 * largest, "{a} became {b}");
    }
    let samples = data::synthetic(4, graph.input_shape(), Kind::U8, 1);
    integer_program(&reduced.graph, &samples, Kind::U8).unwrap();
    let layout = Layout::of(&reduced.graph);
    let kept = Mask::of_values(&layout, &layout.gather(&reduced.graph)).count(&layout);
    println!("{name}: {count} weights, {kept} of use of {}, {time:?}", layout.prunable_weights());
    [&graph, &reduced.graph].map(|graph| {
        let layers =
            graph.nodes.iter().filter(|node| matches!(node.op, Op::Conv(_) | Op::Dense(_)));
        layers.map(|node| (node.name.clone(), node.shape.c)).collect()
    })
}

#[test]
fn models_pruned_by_magnitude() {
    for (name, count) in [
        ("lenet_mnist", 4000),
        ("har_cnn", 2000),
        ("kws_dscnn", 2000),
        ("resnet_tiny_cifar10", 4000),
    ] {
        let [before, after] = pruned(name, count);
        for ((layer, units), (_, left)) in before.iter().zip(&after) {
            println!("  {layer}: {left} of {units}");
            assert!(left <= units);
        }
        assert_eq!(before.last(), after.last());
        let units = |layers: &[(String, usize)]| layers.iter().map(|layer| layer.1).sum::<usize>();
        assert!(units(&after) < units(&before));
    }
}
