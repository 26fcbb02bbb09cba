//! Cost of layers of shifted elements, and how they are cut into steps.

use freeml_core::{Ending, Kind, Tensor};

use crate::program::QuadsKernel;

/// Cycles that one step should not exceed: two milliseconds at 8 MHz.
const STEP_CYCLES: usize = 16_000;

/// Cycles around a step.
const STEP: usize = 1_150;

/// Cycles around the positions of a channel.
const CHANNEL: usize = 700;

/// Cycles around the row of a channel that is decoded.
const ROW: usize = 700;

/// Cycles to decode a weight.
const DECODE: usize = 195;

/// Cycles around four windows.
const WINDOWS: usize = 19;

/// Cycles of an operation besides its additions.
const OPERATION: usize = 3;

/// Cycles to double four sums.
const DOUBLE: usize = 7;

/// Cycles to keep four sums.
const KEEP: usize = 64;

/// Cycles of outputs from kept sums, besides.
const KEPT: usize = 70;

/// Cycles to scale and store an output.
const OUTPUT: usize = 110;

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
    /// Least output.
    pub low: i16,
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
        let addition = if self.kind == Kind::I8 { 21 } else { 17 };
        let part = |part: &[Addition]| {
            part.len() * addition + operations(part) * OPERATION + doublings(part) * DOUBLE
        };
        let additions = additions(weights);
        let parts = additions.chunks(self.entries.max(1));
        let kept = if parts.len() > 1 { parts.len() * KEEP + KEPT } else { 0 };
        let outputs = usize::from(self.ending.outputs()) * OUTPUT;
        WINDOWS + parts.map(part).sum::<usize>() + kept + outputs
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
    /// Output rows of a block.
    pub rows: usize,
    /// Output columns of a block.
    pub cols: usize,
    /// Steps of a part: one, or one that decodes and one for each block.
    pub steps: usize,
}

/// Cuts a layer with these weights: into parts of channels if all positions of one fit into a
/// step, else into blocks of rows or of a part of one.
pub fn cut(rows: &[Vec<i16>], output: &Tensor, fours: &Fours) -> Cut {
    let [height, width] = [output.height, output.width].map(usize::from);
    let outputs = usize::from(fours.ending.outputs());
    let costs: Vec<(usize, usize)> =
        rows.iter().map(|row| (ROW + row.len() * DECODE, fours.cycles(row))).collect();
    let channel = |&(decode, four): &(usize, usize), rows: usize, cols: usize| {
        CHANNEL + decode + rows * cols.div_ceil(outputs) * four
    };
    let fits = |channels: usize, rows: usize, cols: usize| {
        let part = |part: &[(usize, usize)]| -> usize {
            part.iter().map(|cost| channel(cost, rows, cols)).sum()
        };
        costs.chunks(channels).all(|costs| STEP + part(costs) <= STEP_CYCLES)
    };
    let whole = Cut { channels: 1, rows: height, cols: width, steps: 1 };
    if fits(1, height, width) {
        let channels = (1..=costs.len()).map(|parts| costs.len().div_ceil(parts));
        let channels = channels.into_iter().find(|&channels| fits(channels, height, width));
        return Cut { channels: channels.unwrap_or(1), ..whole };
    }
    let costliest = costs.iter().map(|&(_, four)| (0, four)).max().unwrap_or_default();
    let fits = |rows, cols| STEP + channel(&costliest, rows, cols) <= STEP_CYCLES;
    let blocks = (1..=height).map(|blocks| height.div_ceil(blocks));
    if let Some(rows) = blocks.into_iter().find(|&rows| fits(rows, width)) {
        return Cut { rows, steps: 1 + height.div_ceil(rows), ..whole };
    }
    let across = width.div_ceil(outputs);
    let parts = (1..=across).map(|parts| across.div_ceil(parts) * outputs);
    let cols = parts.into_iter().find(|&cols| fits(1, cols)).unwrap_or(outputs);
    Cut { rows: 1, cols, steps: 1 + height * width.div_ceil(cols), ..whole }
}

/// Cycles of all steps of a layer with these weights.
pub fn layer(kernel: &QuadsKernel, weights: &[Vec<i16>]) -> u32 {
    let layer = &kernel.layer;
    let Tensor { height, width, .. } = layer.output.tensor;
    let fours = Fours {
        entries: layer.area.entries.into(),
        kind: kernel.input,
        ending: layer.ending,
        low: layer.output.low,
    };
    let outputs = layer.ending.outputs();
    let across = |cols: u16| usize::from(cols.div_ceil(outputs));
    let full = width / layer.block_cols.max(1);
    let rest = across(width - full * layer.block_cols);
    let times = usize::from(height) * (usize::from(full) * across(layer.block_cols) + rest);
    let blocks = usize::from(layer.part_steps).max(2) - 1;
    let channel =
        |row: &Vec<i16>| ROW + row.len() * DECODE + blocks * CHANNEL + times * fours.cycles(row);
    let steps = usize::from(layer.steps()) * STEP;
    u32::try_from(weights.iter().map(channel).sum::<usize>() + steps).unwrap_or(u32::MAX)
}
