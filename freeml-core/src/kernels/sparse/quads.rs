//! Convolutions of few weights without multiplications, four windows at a time.
//!
//! A step computes some channels at all positions, or one channel (a part) at some positions (a
//! block), blocks in turn for each part. Then a step before the first block decodes the row into
//! a program, which the blocks run, decoding it again only if the power failed since. Where the
//! rows of the next part begin is kept in the state, so that the table needs no marks.
//!
//! So is how far a run is: the step for which it is ready goes on with it, and any other step
//! finds its place by itself.

mod area;
mod prepared;

pub use area::Area;
pub use prepared::PreparedQuads;

use super::program::Program;
use super::walk::{Place, Walk};
use crate::encoding::{Coding, Encoding, Stream};
use crate::engine::DECODED;
use crate::mac::times;
use crate::quad::{self, Additions, Ending, LEFT};
use crate::{Element, Kind, LayerScale, Memory, Output};

/// `clamp(scale(max over the pool window of conv(input)))`, outputs being bytes.
///
/// Windows are given by their addresses; they lie inside the input with its frame of zeros, and
/// so do the windows that are next to them in a group of four. What kernels take is
/// [`prepared`](Quads::prepared).
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
    /// Times four windows of one block; 0 if a part is one step.
    pub block: u16,
    /// Parameters of the encoding.
    pub coding: Coding,
    /// From sums to output units.
    pub scale: LayerScale,
    /// The result; `per_step` is not used.
    pub output: Output,
}

impl Quads<'_> {
    /// Times four windows of a channel.
    pub const fn fours(&self) -> u16 {
        self.output.tensor.height.wrapping_mul(self.fours_of_row())
    }

    const fn fours_of_row(&self) -> u16 {
        self.output.tensor.width.div_ceil(self.ending.outputs())
    }

    /// Steps of one part: 1, or one more than its blocks.
    pub const fn part_steps(&self) -> u16 {
        if self.block == 0 { 1 } else { self.fours().div_ceil(self.block).wrapping_add(1) }
    }

    /// Number of steps that the layer takes.
    pub const fn steps(&self) -> u16 {
        let part_channels = if self.part_channels == 0 { 1 } else { self.part_channels };
        self.output.tensor.channels.div_ceil(part_channels).wrapping_mul(self.part_steps())
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
pub fn quads<E: Element, C: Encoding, M: Memory>(
    layer: &PreparedQuads<'_>,
    memory: &mut M,
    step: u16,
) {
    let area = layer.area;
    if step != 0 && memory.word(DECODED) != 0 && memory.word(area.ready_at()) == step {
        go_on(layer, memory, step, E::KIND);
    } else {
        let additions = quad::additions(E::KIND, layer.near());
        let elements = Elements { kind: E::KIND, additions };
        begin::<C, M>(layer, memory, step, elements);
    }
}

/// Computes step `step`, for which the run is ready.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn go_on<M: Memory>(layer: &PreparedQuads<'_>, memory: &mut M, step: u16, kind: Kind) {
    let area = layer.area;
    let left = memory.word(area.left_at());
    let fours = left.min(layer.block);
    let left = left.wrapping_sub(fours);
    memory.store_word(area.run_at().wrapping_add(LEFT), fours);
    memory.store_word(area.left_at(), left);
    memory.store_word(area.ready_at(), if left == 0 { 0 } else { step.wrapping_add(1) });
    quad::run(memory, area, kind);
}

/// Computes step `step` from its number alone.
#[inline(never)]
fn begin<C: Encoding, M: Memory>(
    layer: &PreparedQuads<'_>,
    memory: &mut M,
    step: u16,
    elements: Elements,
) {
    let whole = layer.part_steps == 1;
    let part = if whole { step } else { step.checked_div(layer.part_steps).unwrap_or(0) };
    let block = step.wrapping_sub(times(part, layer.part_steps));
    let first = times(part, layer.part_channels);
    let end = first.saturating_add(layer.part_channels).min(layer.tensor.channels);
    let area = layer.area;
    if first >= end || !layer.fits(memory) {
        return;
    }
    if step == 0 {
        layer.clear_frame(memory);
    }
    memory.store_word(area.ready_at(), 0);
    let decodes = block == 0 || memory.word(DECODED) == 0;
    let mut rows: C::Stream<'_> = layer.rows(memory, part);
    // The step that decodes leaves the first block to the next one.
    let runs = whole || block != 0;
    let done = if block == 0 { 0 } else { times(block.wrapping_sub(1), layer.block) };
    let left = layer.fours.saturating_sub(done);
    let fours = if whole { left } else { left.min(layer.block) };
    if fours == 0 {
        return;
    }
    for channel in first..end {
        if decodes {
            let short = layer.is_short(channel);
            let short = decode::<C, M>(layer, memory, &mut rows, elements, short);
            memory.store_word(area.short_at(), short.into());
        }
        layer.place(memory, channel, done, fours);
        if runs {
            quad::run(memory, area, elements.kind);
        }
    }
    let left = if runs { left.wrapping_sub(fours) } else { left };
    if left != 0 {
        memory.store_word(area.left_at(), left);
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
    layer: &PreparedQuads<'_>,
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
