//! What the integer network holds at its taps.

use freeml_core::{EmulatedFram, Engine, Kind, Memory, Network, Tensor};

use super::pooled::Grid;
use crate::data::Dataset;
use crate::graph::Shape;
use crate::program::Program;
use crate::train::{arg_max, for_each};

/// A tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// Shape of its map.
    pub shape: Shape,
    /// Kind of its elements.
    pub kind: Kind,
}

/// Maps of all taps, and answers, for some samples.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The taps.
    pub taps: Vec<Tap>,
    /// Number of classes.
    pub classes: usize,
    /// For each sample.
    pub samples: Vec<Seen>,
}

/// One sample.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The map of each tap: rows of columns of channels.
    pub maps: Vec<Vec<i16>>,
    /// Logits of the network's own head, in real units.
    pub logits: Vec<f32>,
    /// The label, or the network's answer.
    pub label: usize,
}

impl Seen {
    /// What the network answers.
    pub fn answer(&self) -> usize {
        arg_max(&self.logits)
    }
}

/// Runs `program` on the samples `indices` of `data` and keeps the results of `layers`.
pub fn observe(
    program: &Program,
    layers: &[usize],
    data: &Dataset,
    indices: &[usize],
    threads: usize,
) -> Observed {
    let tensors: Vec<(u16, Tensor)> = layers
        .iter()
        .map(|&layer| {
            let layer = &program.layers[layer];
            let steps = u16::try_from(layer.kernel.steps()).unwrap_or(u16::MAX);
            (layer.first_step.saturating_add(steps), layer.kernel.output().tensor)
        })
        .collect();
    let scale = program.scales.last().copied().unwrap_or(1.0);
    let mut samples = vec![Seen::default(); indices.len()];
    for_each(threads, samples.iter_mut().zip(indices), |(seen, &index)| {
        *seen = run(program, &tensors, &data.samples[index], scale);
        let label = data.labels.as_ref().map(|labels| labels[index].into());
        seen.label = label.unwrap_or_else(|| seen.answer());
    });
    let tap = |(_, tensor): &(u16, Tensor)| {
        let Tensor { height, width, channels, kind, .. } = *tensor;
        Tap { shape: Shape { c: channels.into(), h: height.into(), w: width.into() }, kind }
    };
    Observed { taps: tensors.iter().map(tap).collect(), classes: program.classes().into(), samples }
}

fn run(program: &Program, tensors: &[(u16, Tensor)], sample: &[i16], scale: f32) -> Seen {
    let mut fram = EmulatedFram::new(program.state_bytes, 0);
    let mut engine = Engine::attach(program, &mut fram);
    engine.start(sample);
    let mut maps = Vec::with_capacity(tensors.len());
    let mut taps = tensors.iter().peekable();
    for step in 1..=program.signature().steps {
        engine.step();
        while let Some((_, tensor)) = taps.next_if(|tap| tap.0 == step) {
            maps.push(read(engine.memory(), tensor));
        }
    }
    let logits = engine.logit_words().map(|word| f32::from(word) * scale).collect();
    Seen { maps, logits, label: 0 }
}

/// The elements of `tensor`.
fn read(memory: &EmulatedFram, tensor: &Tensor) -> Vec<i16> {
    let row_len = tensor.width * tensor.pixel_bytes();
    let mut values = Vec::with_capacity(tensor.len().into());
    for y in 0..tensor.height {
        let row = memory.bytes(tensor.at + y * tensor.row_bytes(), row_len);
        values.extend(row.iter().map(|&byte| match tensor.kind {
            Kind::I8 => i16::from(byte.cast_signed()),
            Kind::U8 | Kind::I16 => byte.into(),
        }));
    }
    values
}

impl Observed {
    /// The maps of tap `tap` pooled to `grid`, sample after sample, in units of 128.
    pub fn pooled(&self, tap: usize, grid: &Grid) -> Vec<f32> {
        let shape = self.taps[tap].shape;
        let mut values = Vec::new();
        let mut out = Vec::with_capacity(self.samples.len() * grid.windows() * shape.c);
        for seen in &self.samples {
            values.clear();
            grid.pool_into(&seen.maps[tap], shape, &mut values);
            out.extend(values.iter().map(|&value| f32::from(value) / super::linear::UNIT));
        }
        out
    }
}
