//! Convolutions of few weights without multiplications, four windows at a time.
//!
//! A step computes some channels at all positions, or one channel (a part) at some positions (a
//! block), blocks in turn for each part. Then a step before the first block decodes the row into
//! a program, which the blocks run, decoding it again only if the power failed since. Where the
//! rows of the next part begin is kept in the state, so that the table needs no marks.
//!
//! So is how far a run is: the step for which it is ready goes on with it, and any other step
//! finds its place by itself.

use super::lists::{ENTRY_BYTES, HEADS_BYTES};
use super::program::Program;
use super::walk::{Place, Walk};
use crate::encoding::{Coding, Encoding, Stream};
use crate::engine::DECODED;
use crate::mac::{checked_times, times};
use crate::quad::{self, Additions, Ending, ROWS, RUN_WORDS, Run, Scale};
use crate::{Element, Kind, LayerScale, Memory, Output};

/// `clamp(scale(max over the pool window of conv(input)))`, outputs being bytes.
///
/// Windows are given by their addresses; they lie inside the input with its frame of zeros, and
/// so do the windows that are next to them in a group of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quads<'a> {
    /// Byte offset in the state of the first window's first tap.
    pub origin: u16,
    /// Bytes from a window's first tap to the end of its last.
    pub span: u16,
    /// Where taps lie in a window.
    pub walk: Walk,
    /// From the window of an output to that of the one below, in bytes.
    pub row_step: u16,
    /// From the window of an output to that of the one on its right, in bytes.
    pub col_step: u16,
    /// Within four windows, from the first to the second and from the third to the fourth.
    pub near: u16,
    /// Within four windows, from the second to the third.
    pub far: u16,
    /// What becomes of their sums.
    pub ending: Ending,
    /// Output channels of one group.
    pub group_outputs: u16,
    /// From the channels that one group reads to those of the next; 0 if there is one.
    pub group_step: u16,
    /// Where programs go.
    pub area: Area,
    /// Biases of all channels (signed bytes), then, if rows are shifted, the exponents of their
    /// powers of two (half a byte each, the high half first), then the rows.
    pub table: &'a [u8],
    /// Channels of one part; if not 1, a part is a step.
    pub part_channels: u16,
    /// Output rows of one block.
    pub block_rows: u16,
    /// Output columns of one block; if less than all, it is one row.
    pub block_cols: u16,
    /// Steps of one part: 1, or one more than its blocks.
    pub part_steps: u16,
    /// Parameters of the encoding.
    pub coding: Coding,
    /// From sums to output units.
    pub scale: LayerScale,
    /// The result; `per_step` is not used.
    pub output: Output,
}

/// An area of the state for one program at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Area {
    /// Byte offset in the state; even.
    pub at: u16,
    /// Additions after which sums of 16 bits might overflow.
    pub entries: u16,
    /// Words of the longest program.
    pub words: u16,
}

/// Bytes of the two places where the rows of a part may begin.
const MARKS_BYTES: u16 = 8;

impl Area {
    /// Number of bytes.
    pub const fn bytes(self) -> u16 {
        self.end().wrapping_sub(self.at)
    }

    /// Where the rows of part `part` begin. Two parts in turn have a place each, so that a part
    /// that is repeated finds its own.
    const fn mark_at(self, part: u16) -> u16 {
        self.at.wrapping_add((part & 1).wrapping_mul(MARKS_BYTES / 2))
    }

    /// Where the step is that the run is ready for; 0 if there is none.
    const fn ready_at(self) -> u16 {
        self.at.wrapping_add(MARKS_BYTES)
    }

    /// Where the number of rows is that are left to the run.
    const fn rows_at(self) -> u16 {
        self.ready_at().wrapping_add(2)
    }

    /// Where it is whether the program ends for a short scale.
    const fn short_at(self) -> u16 {
        self.ready_at().wrapping_add(4)
    }

    pub(crate) const fn run_at(self) -> u16 {
        self.ready_at().wrapping_add(6)
    }

    pub(crate) const fn heads_at(self) -> u16 {
        self.run_at().wrapping_add(2 * RUN_WORDS)
    }

    pub(crate) const fn entries_at(self) -> u16 {
        self.heads_at().wrapping_add(HEADS_BYTES)
    }

    pub(crate) const fn program_at(self) -> u16 {
        self.entries_at().wrapping_add(self.entries.wrapping_mul(ENTRY_BYTES))
    }

    pub(crate) const fn end(self) -> u16 {
        self.program_at().wrapping_add(self.words.wrapping_mul(2))
    }
}

/// Output positions of one step.
#[derive(Clone, Copy)]
struct Block {
    y: u16,
    x: u16,
    rows: u16,
    cols: u16,
}

impl Quads<'_> {
    /// Number of steps that the layer takes.
    pub const fn steps(&self) -> u16 {
        let part_channels = if self.part_channels == 0 { 1 } else { self.part_channels };
        self.output.tensor.channels.div_ceil(part_channels).wrapping_mul(self.part_steps)
    }

    /// From the first of four windows to the last.
    pub(super) fn width(&self) -> u16 {
        self.near.wrapping_mul(2).wrapping_add(self.far)
    }

    fn block(&self, block: u16) -> Block {
        let (height, width) = (self.output.tensor.height, self.output.tensor.width);
        if self.block_cols >= width {
            let y = block.wrapping_mul(self.block_rows);
            let rows = height.saturating_sub(y).min(self.block_rows);
            return Block { y, x: 0, rows, cols: width };
        }
        let across = width.div_ceil(self.block_cols.max(1));
        let y = block.checked_div(across).unwrap_or(0);
        let x = block.wrapping_sub(y.wrapping_mul(across)).wrapping_mul(self.block_cols);
        let rows = u16::from(y < height);
        Block { y, x, rows, cols: width.saturating_sub(x).min(self.block_cols) }
    }

    /// The exponent of the power of two that the weights of `channel` are multiplied by.
    fn row_shift(&self, channel: u16) -> u8 {
        if !self.coding.shifted {
            return 0;
        }
        let at = self.output.tensor.channels.wrapping_add(channel / 2);
        let pair = self.table.get(usize::from(at)).copied().unwrap_or(0);
        if channel & 1 == 0 { pair >> 4 } else { pair & 15 }
    }

    fn bias(&self, channel: u16) -> i8 {
        self.table.get(usize::from(channel)).map_or(0, |byte| byte.cast_signed())
    }

    /// What is left of the rows at part `part`.
    fn rows<'t, S: Stream<'t>, M: Memory>(&self, table: &'t [u8], memory: &M, part: u16) -> S {
        let channels = usize::from(self.output.tensor.channels);
        let shifts = if self.coding.shifted { channels.div_ceil(2) } else { 0 };
        let rows = table.get(channels.wrapping_add(shifts)..).unwrap_or(&[]);
        if part == 0 {
            return rows.into();
        }
        let at = self.area.mark_at(part);
        S::resume(rows, [memory.word(at), memory.word(at.wrapping_add(2))])
    }

    /// Requantisation of `channel`.
    fn channel_scale(&self, channel: u16) -> Scale {
        let [a, b, c, d] = self.scale.offset(self.bias(channel)).to_le_bytes();
        Scale {
            offset: [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])],
            multiplier: self.scale.multiplier.cast_unsigned(),
            low: self.output.low,
            high: self.output.high,
            shift: self.row_shift(channel).into(),
            bits_24: u16::from(self.scale.shift == crate::SHIFT_24),
        }
    }

    /// Byte offset of the channels of the input that `channel` reads.
    fn group(&self, channel: u16) -> u16 {
        if self.group_step == 0 {
            return 0;
        }
        channel.checked_div(self.group_outputs).unwrap_or(0).wrapping_mul(self.group_step)
    }

    /// The run of `channel` at the positions of `block`, if windows and outputs of the whole channel
    /// lie in `memory`.
    fn run<M: Memory>(
        &self,
        memory: &mut M,
        channel: u16,
        block: Block,
        scale: Scale,
    ) -> Option<Run> {
        let tensor = &self.output.tensor;
        let outputs = self.ending.outputs();
        let (advance, out_step) = (times(outputs, self.col_step), tensor.channels);
        let out_row = times(tensor.width, out_step).wrapping_add(tensor.gap_bytes());
        let window = self.origin.wrapping_add(self.group(channel));
        let out = tensor.at.wrapping_add(channel);
        let last = |step| times(tensor.width.saturating_sub(outputs), step);
        let reach = last(self.col_step).checked_add(self.width())?.checked_add(self.span)?;
        let out_reach = last(out_step).checked_add(times(outputs.wrapping_sub(1), out_step))?;
        let below = tensor.height.wrapping_sub(1);
        let bytes = checked_times(below, self.row_step)?.checked_add(reach)?;
        let out_bytes = checked_times(below, out_row)?.checked_add(out_reach)?.checked_add(1)?;
        if memory.bytes(window, bytes).is_empty() || memory.bytes(out, out_bytes).is_empty() {
            return None;
        }
        // Behind the last four, some windows once more, so that there are four.
        let end = block.x.wrapping_add(block.cols);
        let x = block.x.min(end.saturating_sub(outputs));
        let count = block.cols.checked_div(outputs)?.max(1);
        let covered = x.wrapping_add(times(count, outputs));
        let back = if covered < end { covered.wrapping_sub(end).wrapping_add(outputs) } else { 0 };
        let base = quad::base(memory);
        let along = end.wrapping_sub(x);
        Some(Run {
            window: base
                .wrapping_add(window)
                .wrapping_add(times(block.y, self.row_step))
                .wrapping_add(times(x, self.col_step)),
            advance,
            program: base.wrapping_add(self.area.program_at()),
            near: self.near,
            far: self.far,
            out: base
                .wrapping_add(out)
                .wrapping_add(times(block.y, out_row))
                .wrapping_add(times(x, out_step)),
            out_step,
            times: count,
            rows: block.rows,
            window_skip: self.row_step.wrapping_sub(times(along, self.col_step)),
            out_skip: out_row.wrapping_sub(times(along, out_step)),
            window_back: times(back, self.col_step),
            out_back: times(back, out_step),
            went_back: 0,
            scale,
        })
    }
}

/// What elements are, apart from their number of bytes.
#[derive(Clone, Copy)]
struct Elements {
    kind: Kind,
    additions: &'static Additions,
}

/// Computes step `step` of a layer of shifted elements.
///
/// All elements share the code, but for the operations of their programs.
pub fn quads<E: Element, C: Encoding, M: Memory>(layer: &Quads<'_>, memory: &mut M, step: u16) {
    compute::<C, M>(
        layer,
        memory,
        step,
        Elements { kind: E::KIND, additions: quad::additions(E::KIND) },
    );
}

#[inline(never)]
fn compute<C: Encoding, M: Memory>(
    layer: &Quads<'_>,
    memory: &mut M,
    step: u16,
    elements: Elements,
) {
    let area = layer.area;
    if step != 0 && memory.word(DECODED) != 0 && memory.word(area.ready_at()) == step {
        go_on(layer, memory, step, elements.kind);
    } else {
        begin::<C, M>(layer, memory, step, elements);
    }
}

/// Computes step `step`, for which the run is ready.
#[inline]
fn go_on<M: Memory>(layer: &Quads<'_>, memory: &mut M, step: u16, kind: Kind) {
    let area = layer.area;
    let left = memory.word(area.rows_at());
    let rows = left.min(layer.block_rows);
    memory.store_word(area.run_at().wrapping_add(ROWS), rows);
    let left = left.wrapping_sub(rows);
    memory.store_word(area.rows_at(), left);
    memory.store_word(area.ready_at(), if left == 0 { 0 } else { step.wrapping_add(1) });
    quad::run(memory, area, kind);
}

/// Computes step `step` from its number alone.
#[inline(never)]
fn begin<C: Encoding, M: Memory>(
    layer: &Quads<'_>,
    memory: &mut M,
    step: u16,
    elements: Elements,
) {
    let channels = layer.output.tensor.channels;
    let part =
        if layer.part_steps == 1 { step } else { step.checked_div(layer.part_steps).unwrap_or(0) };
    let block = step.wrapping_sub(part.wrapping_mul(layer.part_steps));
    let first = part.wrapping_mul(layer.part_channels);
    let end = first.saturating_add(layer.part_channels).min(channels);
    let area = layer.area;
    let room = area.entries != 0 && area.words != 0;
    if first >= end || !room || memory.bytes(area.at, area.bytes()).is_empty() {
        return;
    }
    #[cfg(target_arch = "msp430")]
    if memory.direct().is_empty() {
        return;
    }
    if step == 0 {
        layer.output.tensor.clear_before_row(memory, 0);
    }
    memory.store_word(area.ready_at(), 0);
    let decodes = block == 0 || memory.word(DECODED) == 0;
    let mut rows: C::Stream<'_> = layer.rows(layer.table, memory, part);
    // The step that decodes leaves the first block to the next one.
    let runs = layer.part_steps == 1 || block != 0;
    let block = layer.block(if layer.part_steps == 1 { 0 } else { block.saturating_sub(1) });
    let mut placed = false;
    for channel in first..end {
        let scale = layer.channel_scale(channel);
        let short = scale.shortened();
        if decodes {
            let short = decode::<C, M>(layer, memory, &mut rows, elements, short.is_some());
            memory.store_word(area.short_at(), short.into());
        }
        let short = short.filter(|_| memory.word(area.short_at()) != 0);
        let kind = runs.then_some(elements.kind);
        placed = positions(layer, memory, channel, block, short.unwrap_or(scale), kind);
    }
    // Channel 0 stores the zeros of the frame, too.
    let left = layer.output.tensor.height.saturating_sub(block.y);
    let left = if runs { left.saturating_sub(block.rows) } else { left };
    let goes_on = layer.part_steps != 1 && first != 0 && block.cols == layer.output.tensor.width;
    if goes_on && placed && left != 0 {
        memory.store_word(area.rows_at(), left);
        memory.store_word(area.ready_at(), step.wrapping_add(1));
    }
    if decodes {
        let at = area.mark_at(part.wrapping_add(1));
        let [left, window] = rows.pause();
        memory.store_word(at, left);
        memory.store_word(at.wrapping_add(2), window);
        memory.store_word(DECODED, 1);
    }
}

/// Turns the next row into a program, and says whether it ends for the short scale, which there is or
/// not.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn decode<C: Encoding, M: Memory>(
    layer: &Quads<'_>,
    memory: &mut M,
    rows: &mut C::Stream<'_>,
    elements: Elements,
    short: bool,
) -> bool {
    let place = Place::new(layer.walk, layer.span, 1);
    let mut program = Program::new(memory, place, *elements.additions, layer);
    program.begin();
    C::row(rows, layer.coding, &mut program);
    program.finish(short)
}

/// Makes a run for `channel` at the positions of `block`, and runs it over elements of `kind`, if
/// that is given. Whether there is a run.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn positions<M: Memory>(
    layer: &Quads<'_>,
    memory: &mut M,
    channel: u16,
    block: Block,
    scale: Scale,
    kind: Option<Kind>,
) -> bool {
    if block.rows == 0 || block.cols == 0 {
        return false;
    }
    let Some(run) = layer.run(memory, channel, block, scale) else { return false };
    run.store(memory, layer.area.run_at());
    let Some(kind) = kind else { return true };
    quad::run(memory, layer.area, kind);
    let tensor = &layer.output.tensor;
    if channel == 0 && block.x.wrapping_add(block.cols) == tensor.width {
        for y in block.y..block.y.wrapping_add(block.rows) {
            tensor.clear_after_row(memory, y);
        }
    }
    true
}
