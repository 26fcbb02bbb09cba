//! One run.

use std::time::Instant;

use freeml_compiler::compress::{Compressed, Summary, compress_by};
use freeml_compiler::data::Dataset;
use freeml_compiler::encode::Format;
use freeml_compiler::graph::Graph;
use freeml_compiler::narrate::Lines;
use freeml_compiler::program::{Kernel, PlannedLayer, Program};
use freeml_compiler::quantise::{LayerWeights, QuantLayer, QuantOp, Quantised};
use freeml_compiler::train::Layout;
use freeml_compiler::{evaluate, float_graph, plan};

use super::record::{Answers, Layer, Outcome, Reached, Record};
use super::runs::Run;
use crate::table::{made, threads};

/// Compresses and measures on the test set; an error if files are missing, while a budget that
/// cannot be met is an outcome.
pub fn measure(run: &Run, effort: f32) -> anyhow::Result<Record> {
    let mut options = run.net.options();
    options.compress = Some(run.goal.budget());
    let graph = float_graph(&options)?;
    let read = |path| Dataset::read(&options, path, graph.input_shape(), graph.classes());
    let (train, test) = (read(&run.net.train_set())?, read(&run.net.test_set())?);
    let mut lines = Lines::new();
    let mut watch = |progress: &_| {
        if let Some(line) = lines.line(progress) {
            eprintln!("  {line}");
        }
    };
    let method = run.variant.method(effort);
    let start = Instant::now();
    let found = compress_by(&method, &graph, &train, &options, threads(), &mut watch);
    let seconds = start.elapsed().as_secs();
    let outcome = match found {
        Ok(found) => Outcome::Reached(reached(&graph, &found, &test)?),
        Err(error) => Outcome::Failed(error.to_string()),
    };
    let net = run.net.name.to_owned();
    Ok(Record { net, variant: run.variant, goal: run.goal, outcome, seconds, made: made() })
}

fn reached(graph: &Graph, found: &Compressed, test: &Dataset) -> anyhow::Result<Reached> {
    let program = plan::plan(&found.network)?;
    let Summary { weights, kept, validation, float_correct, correct, .. } = found.summary;
    Ok(Reached {
        bytes: program.constant_bytes(),
        state: program.state_bytes,
        kept,
        weights,
        macs: program.macs(),
        separated: found.summary.separated.clone(),
        validation: Answers { float: float_correct, correct, samples: validation },
        test: Answers {
            float: evaluate::correct_float(graph, test),
            correct: evaluate::correct(&program, test),
            samples: test.samples.len(),
        },
        layers: layers(graph, &found.network, &program),
    })
}

/// The layers of `program` that have weights.
fn layers(graph: &Graph, network: &Quantised, program: &Program) -> Vec<Layer> {
    let layers = network.layers.iter().zip(&program.layers);
    layers.filter_map(|(layer, planned)| of_layer(graph, network, layer, planned)).collect()
}

fn of_layer(
    graph: &Graph,
    network: &Quantised,
    layer: &QuantLayer,
    planned: &PlannedLayer,
) -> Option<Layer> {
    let operand = network.tensors[layer.operands[0]].shape;
    let (live, weights) = match &layer.op {
        QuantOp::Conv { conv, weights, .. } | QuantOp::Depthwise { conv, weights } => {
            (conv.weight.len(), weights)
        }
        QuantOp::Dense { weights, .. } => {
            let outputs = usize::from(planned.kernel.output().tensor.channels);
            (outputs * operand.c * operand.h * operand.w, weights)
        }
        _ => return None,
    };
    let kept = match weights {
        LayerWeights::Sparse(filters) => filters.kept(),
        LayerWeights::Bytes(tables) => tables.weights.iter().filter(|byte| **byte != 0).count(),
    };
    let (encoding, used) = match &planned.kernel {
        Kernel::Sparse(kernel) => (name(kernel.format), kept),
        Kernel::Quads(kernel) => (name(kernel.format), kept),
        _ => ("all weights, bytes", live),
    };
    Some(Layer {
        name: planned.name.clone(),
        kept,
        weights: float_weights(graph, &planned.name).unwrap_or(live),
        encoding: encoding.into(),
        positions: usize::try_from(planned.macs).ok()? / used.max(1),
        bytes: planned.tables.bytes(),
    })
}

/// Weights of the layer `name` of the float network.
fn float_weights(graph: &Graph, name: &str) -> Option<usize> {
    let node = graph.nodes.iter().position(|node| node.name == name)?;
    Layout::of(graph).layer(node).map(|layer| layer.weight.len())
}

fn name(format: Format) -> &'static str {
    match format {
        Format::SparseBytes => "sparse bytes",
        Format::Packed => "packed",
        Format::Rice => "Rice",
        Format::ShiftAdd => "shift-add",
    }
}
