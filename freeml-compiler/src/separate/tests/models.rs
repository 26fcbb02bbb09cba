//! The committed networks.

use crate::data;
use crate::float::Executor;
use crate::graph::testkit::{check, model};
use crate::graph::{Graph, NodeId, remove_dead};
use crate::separate::{Candidate, Ranks, apply, candidates};
use crate::{Kind, integer_program};

const MODELS: [&str; 5] = ["lenet_mnist", "har_cnn", "resnet_tiny_cifar10", "kws_cnn", "kws_dscnn"];

/// Weights of all layers.
fn weights(graph: &Graph) -> usize {
    crate::train::Layout::of(graph).prunable_weights()
}

/// Applies the candidates, one per layer, last layer first, so that nodes keep their indices.
fn applied(graph: &Graph, chosen: &[Candidate]) -> Graph {
    let mut result = graph.clone();
    for candidate in chosen.iter().rev() {
        result = apply(&result, candidate.node, candidate.ranks).unwrap();
    }
    result
}

/// The first candidate of every layer.
fn first_of_each(all: &[Candidate]) -> Vec<Candidate> {
    let nodes: std::collections::BTreeSet<NodeId> = all.iter().map(|c| c.node).collect();
    nodes.iter().map(|node| *all.iter().find(|c| c.node == *node).unwrap()).collect()
}

#[test]
fn separated_models_compile() {
    for name in MODELS {
        let graph = model(name);
        let start = std::time::Instant::now();
        let all = candidates(&graph);
        println!("{name}: {} candidates in {:?}", all.len(), start.elapsed());
        for candidate in &all {
            let Candidate { node, ranks, before, after } = candidate;
            println!("  {} {ranks:?}\n    {before:?}\n    {after:?}", graph.nodes[*node].name);
            assert!(after.weights < before.weights);
            let separated = apply(&graph, *node, *ranks).unwrap();
            let saved = before.weights - after.weights;
            assert_eq!(weights(&separated), weights(&graph) - saved, "{ranks:?}");
        }
        let start = std::time::Instant::now();
        let separated = applied(&graph, &first_of_each(&all));
        println!("  all in {:?}", start.elapsed());
        check(&separated);
        // Nothing is dead in a chain.
        assert_eq!(remove_dead(&separated).graph, separated);
        assert_eq!(separated.classes(), graph.classes());
        let samples = data::synthetic(8, graph.input_shape(), Kind::U8, 1);
        let program = integer_program(&separated, &samples, Kind::U8).unwrap();
        let logits = crate::evaluate::logits(&program, &samples[0]);
        assert_eq!(logits.len(), graph.classes());
    }
}

#[test]
fn models_at_full_rank_compute_the_same() {
    for name in MODELS {
        let graph = model(name);
        let mut full = graph.clone();
        for node in (1..graph.nodes.len()).rev() {
            let tucker = Ranks::Tucker { input: usize::MAX, output: usize::MAX };
            for ranks in [Ranks::Matrix(usize::MAX), tucker] {
                full = apply(&full, node, ranks).unwrap_or(full);
            }
        }
        check(&full);
        let sample: Vec<f32> = data::synthetic(1, graph.input_shape(), Kind::U8, 2)[0]
            .iter()
            .map(|&x| f32::from(x) / 255.0)
            .collect();
        let (mut before, mut after) = (Executor::new(&graph), Executor::new(&full));
        before.run(&sample);
        after.run(&sample);
        let largest = before.logits().iter().fold(1.0f32, |a, b| a.max(b.abs()));
        for (a, b) in before.logits().iter().zip(after.logits()) {
            assert!((a - b).abs() < 1e-4 * largest, "{name}: {a} became {b}");
        }
    }
}
