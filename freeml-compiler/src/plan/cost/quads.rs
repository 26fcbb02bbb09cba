//! Cost of layers of shifted elements, and how they are cut into steps.

use freeml_core::{Ending, Kind, Tensor};

use crate::program::QuadsKernel;

/// Cycles that one step should not exceed: two milliseconds at 8 MHz.
const STEP_CYCLES: usize = 16_000;

/// Cycles around a step that begins.
const STEP: usize = 1_090;

/// Cycles around a step that goes on.
const BLOCK: usize = 300;

/// Cycles around a channel.
const CHANNEL: usize = 1_300;

/// Cycles to decode a weight.
const DECODE: usize = 145;

/// Cycles around four windows.
const WINDOWS: usize = 22;

/// Cycles of an operation besides its additions.
const OPERATION: usize = 4;

/// Cycles to double four sums.
const DOUBLE: usize = 8;

/// Cycles to keep four sums.
const KEEP: usize = 64;

/// Cycles of the largest kept sums, besides.
const KEPT: usize = 40;

/// Cycles to scale and store an output from kept sums.
const KEPT_OUTPUT: usize = 70;

/// Additions of an operation at most.
const LONGEST: usize = 4;

/// An addition: the exponent of its power of two, and whether it is a subtraction.
type Addition = (u32, bool);

/// What programs of a layer have in common.
#[derive(Debug, Clone, Copy)]
pub struct Fours {
    /// Additions after which sums are kept.
    pub entries: usize,
    /// Kind of the elements.
    pub kind: Kind,
    /// What becomes of the sums.
    pub ending: Ending,
    /// Bytes from the first window to the second.
    pub near: u16,
}

impl Fours {
    /// Words of the program of a row of these weights.
    pub fn words(&self, weights: &[i16]) -> usize {
        let part = |part: &[Addition]| part.len() + operations(part) + doublings(part) + 1;
        // One more, as sums may have to be kept for their scale.
        additions(weights).chunks(self.entries.max(1)).map(part).sum::<usize>().max(1) + 1
    }

    /// Cycles of the program of a row of these weights.
    fn cycles(&self, weights: &[i16]) -> usize {
        let addition = match self.kind {
            Kind::I8 => 21,
            _ if self.near == 1 => 15,
            _ => 17,
        };
        let part = |part: &[Addition]| {
            part.len() * addition + operations(part) * OPERATION + doublings(part) * DOUBLE
        };
        let additions = additions(weights);
        let parts = additions.chunks(self.entries.max(1));
        let outputs = usize::from(self.ending.outputs());
        let end = match self.ending {
            _ if parts.len() > 1 => parts.len() * KEEP + KEPT + outputs * KEPT_OUTPUT,
            Ending::Each => 115,
            Ending::Pairs => 75,
            Ending::Largest => 50,
        };
        WINDOWS + parts.map(part).sum::<usize>() + end
    }
}

/// The additions of a row, in order.
fn additions(weights: &[i16]) -> Vec<Addition> {
    let powers = |weight: i16| (0..16).filter(move |power| weight.unsigned_abs() >> power & 1 == 1);
    weights
        .iter()
        .flat_map(|&weight| powers(weight).map(move |power| (power, weight < 0)))
        .collect()
}

fn operations(part: &[Addition]) -> usize {
    let lists = (0..8).flat_map(|power| [(power, false), (power, true)]);
    let list = |list| part.iter().filter(|&&addition| addition == list).count();
    lists.map(|addition| list(addition).div_ceil(LONGEST)).sum()
}

fn doublings(part: &[Addition]) -> usize {
    part.iter().map(|addition| addition.0 as usize).max().unwrap_or(0)
}

/// How many additions in turn keep the sums of all rows within 16 bits: the magnitudes of one
/// sign, or of both if elements have signs, times the largest element. 0 if one alone exceeds it.
pub fn entries(rows: &[Vec<i16>], kind: Kind) -> usize {
    let rows: Vec<Vec<Addition>> = rows.iter().map(|row| additions(row)).collect();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let fits = |part: &[Addition]| {
        let reach = |sign: bool| -> u32 {
            part.iter().filter(|addition| addition.1 == sign).map(|addition| 1 << addition.0).sum()
        };
        let [positive, negative] = [false, true].map(reach);
        match kind {
            Kind::I8 => positive + negative <= 254,
            Kind::U8 | Kind::I16 => positive.max(negative) <= 128,
        }
    };
    let mut lengths = (1..=longest).map(|parts| longest.div_ceil(parts));
    lengths.find(|&len| rows.iter().all(|row| row.chunks(len).all(fits))).unwrap_or(0)
}

/// How a layer is cut into steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Output channels of a part.
    pub channels: usize,
    /// Times four windows of a block; 0 if a part is one step.
    pub block: usize,
}

/// Cuts a layer with these weights: into parts of channels if all positions of one fit into a
/// step, else into blocks of positions of one.
pub fn cut(rows: &[Vec<i16>], output: &Tensor, fours: &Fours) -> Cut {
    let times = times(output, fours.ending);
    let channel = |row: &Vec<i16>| CHANNEL + row.len() * DECODE + times * fours.cycles(row);
    let costs: Vec<usize> = rows.iter().map(channel).collect();
    let fits = |channels: &usize| {
        costs.chunks(*channels).all(|part| STEP + part.iter().sum::<usize>() <= STEP_CYCLES)
    };
    let channels = (1..=costs.len()).map(|parts| costs.len().div_ceil(parts)).find(fits);
    if let Some(channels) = channels {
        return Cut { channels, block: 0 };
    }
    let costliest = rows.iter().map(|row| fours.cycles(row)).max().unwrap_or(1);
    let most = ((STEP_CYCLES - BLOCK) / costliest).max(1);
    Cut { channels: 1, block: times.div_ceil(times.div_ceil(most)) }
}

/// Times four windows of a channel.
fn times(output: &Tensor, ending: Ending) -> usize {
    usize::from(output.height) * usize::from(output.width.div_ceil(ending.outputs()))
}

/// Cycles of all steps of a layer with these weights.
pub fn layer(kernel: &QuadsKernel, weights: &[Vec<i16>]) -> u32 {
    let layer = &kernel.layer;
    let fours = Fours {
        entries: layer.area.entries.into(),
        kind: kernel.input,
        ending: layer.ending,
        near: layer.near,
    };
    let times = times(&layer.output.tensor, layer.ending);
    let channel = |row: &Vec<i16>| CHANNEL + row.len() * DECODE + times * fours.cycles(row);
    let parts = weights.len().div_ceil(usize::from(layer.part_channels).max(1));
    let blocks = usize::from(layer.part_steps()) - 1;
    let steps = parts * (STEP + blocks * BLOCK);
    u32::try_from(weights.iter().map(channel).sum::<usize>() + steps).unwrap_or(u32::MAX)
}
