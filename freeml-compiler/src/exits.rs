//! Early exits: one linear map over pooled maps of all taps, trained on the integer network.
//!
//! FreeML's global exit (gNet, arXiv 2405.10426) pools the map of every tap to a common grid
//! and maps all of them to classes by one matrix; taps that are not reached are 0. The answer at a
//! tap is then what the taps up to it add up to, so each adds its part when its layer ends and no
//! pooled map is kept. Here every exit is in the loss of every batch, only the elements
//! of the pooled maps that matter are kept, and weights are powers of two.
//!
//! The network itself is not changed. Its last exit is its own head.

mod choose;
mod confidence;
mod insert;
mod linear;
mod observe;
mod pooled;
mod quantised;
mod taps;

use std::fmt;

use freeml_core::DeviceBytes;
use freeml_core::kernels::{ExitSums, Features};

use crate::data::Dataset;
use crate::error::Error;
use crate::plan;
use crate::quantise::{QuantOp, Quantised};
use crate::train::split;

pub use choose::inputs;
pub use confidence::{AGREEMENTS, answers};
pub use linear::{Fit, Form, Inputs, Linear};
pub use observe::{Observed, Seen, Tap, observe};
pub use pooled::Grid;

/// Share of the samples that choices are made on, and the most of them.
const HELD_OUT: (usize, usize) = (10, 2_000);

/// Samples that training sees, at most.
const MOST_SAMPLES: usize = 10_000;

/// One of how many parts of the bytes of separate exits is for ours, by default: a twentieth, and some
/// for their state.
const SEPARATE: usize = 21;

/// Which layers have an exit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Taps {
    /// Those after which a block ends, at most four, that lie apart.
    #[default]
    Auto,
    /// Layers of these names.
    Named(Vec<String>),
}

/// What early exits are to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Which layers have one.
    pub taps: Taps,
    /// Bytes of constants for all of them, at most; some twentieth of separate exits' if `None`.
    pub bytes: Option<u32>,
}

/// Adds early exits to `network`, trained on `data`.
///
/// Without labels the network's own answers are learned.
///
/// # Errors
/// If a tap is not a layer after which only its result is still needed, or `data` has too few
/// samples.
pub fn add(
    network: &Quantised,
    plan: &Plan,
    data: &Dataset,
    seed: u64,
    threads: usize,
) -> Result<Quantised, Error> {
    crate::compress::check(data)?;
    let program = plan::plan(network)?;
    let layers = taps::find(network, &program, &plan.taps)?;
    if layers.is_empty() {
        return Ok(network.clone());
    }
    let held_out = (data.samples.len() / HELD_OUT.0).clamp(1, HELD_OUT.1);
    let (train, validation) = split(data.samples.len(), held_out, seed);
    let stride = train.len().div_ceil(MOST_SAMPLES).max(1);
    let train: Vec<usize> = train.into_iter().step_by(stride).collect();
    let observed = |indices: &[usize]| observe(&program, &layers, data, indices, threads);
    let (train, held_out) = (observed(&train), observed(&validation));
    let bytes =
        plan.bytes.map_or_else(|| separate_bytes(&train) / SEPARATE, |bytes| bytes as usize);
    let chosen = choose::choose(&train, &held_out, bytes, seed, threads);
    let mut network = insert::insert(network, &layers, quantised::exits(&chosen));
    let program = plan::plan(&network)?;
    confidence::calibrate(&mut network, &program, data, &validation, threads);
    Ok(network)
}

/// What is known of an early exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The layer behind which it is.
    pub layer: String,
    /// How far its largest sum must exceed the second one for each of [`AGREEMENTS`].
    pub margins: Vec<u32>,
    /// Validation samples that it classifies as labelled.
    pub correct: usize,
    /// All of them.
    pub validation: usize,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fact { layer, correct, validation, .. } = self;
        write!(f, "Exit behind `{layer}`: {correct} of {validation} validation samples right")
    }
}

/// The early exits of `network`.
pub fn facts(network: &Quantised) -> Vec<Fact> {
    let exits = network.layers.iter().filter_map(|layer| match &layer.op {
        QuantOp::Exit(weights) => Some((&layer.name, weights)),
        _ => None,
    });
    exits
        .map(|(name, weights)| Fact {
            layer: name.strip_suffix(SUFFIX).unwrap_or(name).into(),
            margins: weights.margins.clone(),
            correct: weights.correct,
            validation: weights.validation,
        })
        .collect()
}

/// What the name of an exit has behind that of its layer.
const SUFFIX: &str = " exit";

/// Bytes of exits that know nothing of each other, FreeML's measure: each map pooled by two in both
/// directions, weights and biases of 16 bits, and the buffers of the largest pooled map and of logits,
/// of 16 bits, too.
pub fn separate_bytes(observed: &Observed) -> usize {
    let classes = observed.classes;
    let pooled = observed.taps.iter().map(|tap| Grid::halves(tap.shape).windows() * tap.shape.c);
    let weights: usize = pooled.clone().map(|pooled| (pooled + 1) * classes).sum();
    2 * (weights + pooled.max().unwrap_or(0) + classes)
}

/// Bytes of an exit of `features` features of `classes` classes.
fn exit_bytes(features: usize, classes: usize) -> usize {
    let descriptors = Features::DEVICE_BYTES + ExitSums::DEVICE_BYTES;
    descriptors + features + classes * (2 + features.div_ceil(2))
}
