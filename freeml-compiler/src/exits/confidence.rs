//! How sure an exit must be to agree with the whole network.

use freeml_core::{Answer, EmulatedFram, Engine, Network};

use crate::data::Dataset;
use crate::program::Program;
use crate::quantise::{QuantOp, Quantised};
use crate::train::for_each;

/// Percents of answers that are to be those of the whole network, for which thresholds are given.
pub const AGREEMENTS: [u8; 2] = [99, 95];

/// Tells every exit of `network`, which `program` runs, how far the largest sum must exceed the
/// second one, and how many of the samples `indices` it classifies as labelled.
///
/// Thresholds are such that of the samples that leave at an exit, not having left before, so many
/// percent get the answer of the whole network.
pub fn calibrate(
    network: &mut Quantised,
    program: &Program,
    data: &Dataset,
    indices: &[usize],
    threads: usize,
) {
    let samples = answers(program, data, indices, threads);
    let label = |sample: usize| match &data.labels {
        Some(labels) => labels[indices[sample]],
        None => samples[sample].0,
    };
    let weights = network.layers.iter_mut().filter_map(|layer| match &mut layer.op {
        QuantOp::Exit(weights) => Some(weights),
        _ => None,
    });
    let mut staying = AGREEMENTS.map(|_| (0..samples.len()).collect::<Vec<_>>());
    for (exit, weights) in weights.enumerate() {
        let given = |sample: usize| samples[sample].1[exit];
        weights.correct =
            (0..samples.len()).filter(|&sample| given(sample).class == label(sample)).count();
        weights.validation = samples.len();
        weights.margins.clear();
        for (percent, staying) in AGREEMENTS.iter().zip(&mut staying) {
            let agrees = |sample: usize| given(sample).class == samples[sample].0;
            let pairs = staying.iter().map(|&sample| (given(sample).margin, agrees(sample)));
            let margin = threshold(pairs.collect(), *percent);
            staying.retain(|&sample| given(sample).margin < margin);
            weights.margins.push(margin);
        }
    }
}

/// For each of the samples `indices` the answer of the whole network, and what each early exit
/// gives.
pub fn answers(
    program: &Program,
    data: &Dataset,
    indices: &[usize],
    threads: usize,
) -> Vec<(u16, Vec<Answer>)> {
    let mut samples = vec![(0, Vec::new()); indices.len()];
    for_each(threads, samples.iter_mut().zip(indices), |(answers, &index)| {
        *answers = run(program, &data.samples[index]);
    });
    samples
}

/// The least margin from which on at least `percent` of the samples agree, and of one more that does
/// not; above all if none.
///
/// The one more makes it hold for samples that are not among these, in expectation (Angelopoulos et
/// al., Conformal Risk Control, arXiv 2208.02814).
fn threshold(mut samples: Vec<(u32, bool)>, percent: u8) -> u32 {
    samples.sort_unstable_by_key(|sample| std::cmp::Reverse(sample.0));
    let (mut found, mut agreeing) = (u32::MAX, 0);
    for (count, &(margin, agrees)) in (1usize..).zip(&samples) {
        agreeing += usize::from(agrees);
        let behind = samples.get(count).is_none_or(|next| next.0 < margin);
        if behind && agreeing * 100 >= (count + 1) * usize::from(percent) {
            found = margin;
        }
    }
    found
}

/// The answer of the whole network, and what each early exit gives.
fn run(program: &Program, sample: &[i16]) -> (u16, Vec<Answer>) {
    let mut fram = EmulatedFram::new(program.state_bytes, 0);
    let mut engine = Engine::attach(program, &mut fram);
    engine.start(sample);
    let mut given = Vec::new();
    let mut exits = program.exits.iter().peekable();
    for step in 1..=program.signature().steps {
        engine.step();
        while exits.next_if(|exit| exit.steps == step).is_some() {
            given.extend(engine.best());
        }
    }
    (engine.best().map_or(0, |answer| answer.class), given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_the_least_that_agree() {
        let samples = vec![(9, true), (7, true), (7, false), (5, true), (4, true), (1, false)];
        assert_eq!(threshold(samples.clone(), 100), u32::MAX);
        assert_eq!(threshold(samples.clone(), 66), 4);
        assert_eq!(threshold(samples.clone(), 50), 1);
        assert_eq!(threshold(vec![(3, true); 99], 99), 3);
        assert_eq!(threshold(vec![(3, true); 98], 99), u32::MAX);
        assert_eq!(threshold(Vec::new(), 99), u32::MAX);
    }
}
