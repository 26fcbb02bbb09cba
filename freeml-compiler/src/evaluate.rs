//! Runs programs on the host with the device's kernels.

use freeml_core::{EmulatedFram, Engine, RunToEnd};

use crate::data::Dataset;
use crate::float;
use crate::graph::Graph;
use crate::program::Program;
use crate::train::Samples;

/// The logits that `program` gives for a raw sample.
pub fn logits(program: &Program, sample: &[i16]) -> Vec<i16> {
    let mut fram = EmulatedFram::new(program.state_bytes, 0);
    let mut engine = Engine::attach(program, &mut fram);
    engine.start(sample);
    engine.run(&mut RunToEnd);
    engine.logit_words().collect()
}

/// Number of labelled samples that `program` gets right.
pub fn correct(program: &Program, data: &Dataset) -> usize {
    count(data, |sample, label| arg_max(logits(program, sample).into_iter()) == Some(label))
}

/// Number of the samples `indices` that `program` gets right.
pub fn correct_of(
    program: &Program,
    samples: &Samples,
    indices: &[usize],
    threads: usize,
) -> usize {
    let pairs: Vec<(&[i16], u16)> = indices
        .iter()
        .filter_map(|&index| Some((samples.raw[index].as_slice(), samples.labels?[index])))
        .collect();
    count_on(threads, &pairs, |sample, label| {
        arg_max(logits(program, sample).into_iter()) == Some(label)
    })
}

/// Number of labelled samples that the float graph gets right.
pub fn correct_float(graph: &Graph, data: &Dataset) -> usize {
    count(data, |sample, label| {
        let sample: Vec<f32> = sample.iter().copied().map(f32::from).collect();
        let mut executor = float::Executor::new(graph);
        executor.run(&sample);
        arg_max(executor.logits().iter().copied()) == Some(label)
    })
}

/// Index of the largest value, the first of equals.
fn arg_max<T: PartialOrd + Copy>(values: impl Iterator<Item = T>) -> Option<u16> {
    let mut best: Option<(u16, T)> = None;
    for (index, value) in (0..).zip(values) {
        if best.is_none_or(|(_, largest)| value > largest) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// Counts the samples for which `holds`, on all cores.
fn count(data: &Dataset, holds: impl Fn(&[i16], u16) -> bool + Sync) -> usize {
    let Some(labels) = &data.labels else { return 0 };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pairs: Vec<(&[i16], u16)> =
        data.samples.iter().map(Vec::as_slice).zip(labels.iter().copied()).collect();
    count_on(threads, &pairs, holds)
}

/// Counts the pairs for which `holds`, on `threads` threads; their order does not matter.
fn count_on(
    threads: usize,
    pairs: &[(&[i16], u16)],
    holds: impl Fn(&[i16], u16) -> bool + Sync,
) -> usize {
    let holds = &holds;
    std::thread::scope(|scope| {
        let part = pairs.len().div_ceil(threads.max(1)).max(1);
        let workers: Vec<_> = pairs
            .chunks(part)
            .map(|pairs| {
                scope.spawn(move || pairs.iter().filter(|pair| holds(pair.0, pair.1)).count())
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum()
    })
}
