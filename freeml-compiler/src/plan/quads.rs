//! Convolutions of few weights as shifted elements of four windows at a time.

use freeml_core::kernels::{Area, Quads};
use freeml_core::{Ending, Kind, LayerScale, Tensor};

use super::geometry::to_u16;
use super::windows::View;
use crate::encode::{self, Choice, Objective};
use crate::error::Error;
use crate::quantise::{Filters, QuantLayer, QuantOp, Tap};

/// Cycles that one step should not exceed: two milliseconds at 8 MHz.
const STEP_CYCLES: usize = 16_000;

/// Cycles around an output.
const OUTPUT: usize = 150;

/// Cycles of an addition at four windows.
const ADDITION: usize = 20;

/// Cycles around a program.
const PROGRAM: usize = 110;

/// Cycles to decode a weight.
const DECODE: usize = 200;

/// Cycles around a row.
const ROW: usize = 400;

/// A layer of this kind, without addresses.
pub struct QuadLayer {
    /// The descriptor; of its addresses, `origin` is the distance from the first window's first
    /// tap to the operand.
    pub layer: Quads<'static>,
    /// Encoding of the table.
    pub choice: Choice,
    /// The table.
    pub table: Vec<u8>,
    /// Multiply-accumulates.
    pub macs: u32,
}

/// `layer` in this form, if it has it: outputs of bytes from bytes, in rows that are long enough,
/// pooled by two at most, and nothing added.
pub fn of(
    layer: &QuantLayer,
    filters: &Filters,
    view: &View,
    input: &Tensor,
    output: &Tensor,
) -> Result<Option<QuadLayer>, Error> {
    let added = matches!(
        layer.op,
        QuantOp::Conv { residual: Some(_), .. } | QuantOp::Dense { residual: Some(_), .. }
    );
    let windows = view.windows()?;
    let forms = match (view.pool.rows, view.pool.cols) {
        (1, 1) => Some((windows.col_step, windows.col_step, Ending::Each)),
        (1, 2) => {
            let far = windows.col_step.checked_sub(windows.pool_col_step);
            far.map(|far| (windows.pool_col_step, far, Ending::Pairs))
        }
        (2, 2) => {
            let far = windows.pool_row_step.checked_sub(windows.pool_col_step);
            far.map(|far| (windows.pool_col_step, far, Ending::Largest))
        }
        _ => None,
    };
    let Some((near, far, ending)) = forms else { return Ok(None) };
    let bytes = view.kind != Kind::I16 && output.kind != Kind::I16;
    let single = output.height * output.width == 1 && ending != Ending::Largest;
    let rows: Vec<Vec<(u32, bool)>> =
        filters.rows.iter().map(|row| additions(filters, row)).collect();
    let entries = entries(&rows, view.kind);
    if added || !bytes || single || output.width < ending.outputs() || entries == 0 {
        return Ok(None);
    }
    let kept: Vec<usize> = rows.iter().map(Vec::len).collect();
    let cut = cut(&kept, output, ending.outputs().into());
    let choice = encode::choose(filters, filters.rows.len(), Objective::Size);
    let pooled = usize::from(view.pool.rows) * usize::from(view.pool.cols);
    let positions = usize::from(output.height) * usize::from(output.width) * pooled;
    let words = rows.iter().map(|row| words(row, entries)).max().unwrap_or(1);
    let layer = Quads {
        origin: input.at.wrapping_sub(view.field.at),
        span: view.span()?,
        walk: windows.walk,
        row_step: windows.row_step,
        col_step: windows.col_step,
        near,
        far,
        ending,
        group_outputs: windows.group_outputs,
        group_step: windows.group_step,
        area: Area {
            at: 0,
            entries: to_u16("additions", entries)?,
            words: to_u16("words of a program", words)?,
        },
        table: &[],
        part_channels: to_u16("channels", cut.channels)?,
        block_rows: to_u16("rows", cut.rows)?,
        block_cols: to_u16("columns", cut.cols)?,
        blocks: to_u16("blocks", cut.blocks)?,
        coding: choice.coding,
        scale: LayerScale {
            rounding: filters.rounding,
            multiplier: filters.multiplier,
            bias_shift: filters.bias_shift,
            shift: filters.shift,
        },
        output: freeml_core::Output { tensor: *output, low: layer.low, high: layer.high, per_step: 1 },
    };
    let macs = u32::try_from(filters.kept() * positions).unwrap_or(u32::MAX);
    let table = encode::table(filters, filters.rows.len(), choice);
    Ok(Some(QuadLayer { layer, choice, table, macs }))
}

/// The additions of a row, in order: the power of two and the sign of each. The power of two that
/// the whole row is multiplied by is none of them.
fn additions(filters: &Filters, row: &[Tap]) -> Vec<(u32, bool)> {
    let shift = filters.levels.row_shift(row.iter().map(|tap| tap.weight));
    let powers = |weight: i16| (0..16).filter(move |power| weight.unsigned_abs() >> power & 1 == 1);
    row.iter()
        .flat_map(|tap| powers(tap.weight >> shift).map(|power| (power, tap.weight < 0)))
        .collect()
}

/// How many additions in turn keep the sums of all rows within 16 bits: magnitudes of one
/// sign, or of both if elements have signs, times the largest element. 0 if one alone exceeds it.
fn entries(rows: &[Vec<(u32, bool)>], kind: Kind) -> usize {
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let fits = |part: &[(u32, bool)]| {
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

/// Words of the program of a row of `additions`, of which `entries` at most are gathered.
fn words(additions: &[(u32, bool)], entries: usize) -> usize {
    let part = |part: &[(u32, bool)]| {
        let lists = (0..8).flat_map(|power| [(power, false), (power, true)]);
        let list = |list| part.iter().filter(|&&addition| addition == list).count();
        let lists: usize = lists.map(list).map(|len| len + len.div_ceil(4)).sum();
        let doublings = part.iter().map(|addition| addition.0).max().unwrap_or(0);
        lists + doublings as usize + 1
    };
    additions.chunks(entries).map(part).sum::<usize>().max(1)
}

/// How a layer is cut into steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    channels: usize,
    rows: usize,
    cols: usize,
    blocks: usize,
}

/// Cuts a layer whose channels have so many additions: into parts of channels if all positions
/// of one fit into a step, else into blocks of rows or of a part of one.
fn cut(kept: &[usize], output: &Tensor, outputs: usize) -> Cut {
    let [height, width] = [output.height, output.width].map(usize::from);
    let longest = kept.iter().copied().max().unwrap_or(0);
    let fours = |kept: usize| PROGRAM + kept * ADDITION + outputs * OUTPUT;
    let positions = |kept: usize, rows: usize, cols: usize| {
        ROW + kept * DECODE + rows * cols.div_ceil(outputs) * fours(kept)
    };
    if positions(longest, height, width) <= STEP_CYCLES {
        let fits = |channels: usize| {
            let cycles = |&kept: &usize| positions(kept, height, width);
            kept.chunks(channels).all(|part| part.iter().map(cycles).sum::<usize>() <= STEP_CYCLES)
        };
        let parts = (1..kept.len()).find(|&parts| fits(kept.len().div_ceil(parts)));
        let channels = parts.map_or(1, |parts| kept.len().div_ceil(parts));
        return Cut { channels, rows: height, cols: width, blocks: 1 };
    }
    let blocks = (1..=height).find(|blocks| positions(longest, height.div_ceil(*blocks), width) <= STEP_CYCLES);
    if let Some(blocks) = blocks {
        let rows = height.div_ceil(blocks);
        return Cut { channels: 1, rows, cols: width, blocks: height.div_ceil(rows) };
    }
    let across = width.div_ceil(outputs);
    let parts = (1..across).find(|parts| positions(longest, 1, across.div_ceil(*parts) * outputs) <= STEP_CYCLES);
    let cols = parts.map_or(1, |parts| across.div_ceil(parts)) * outputs;
    Cut { channels: 1, rows: 1, cols, blocks: height * width.div_ceil(cols) }
}
