//! A layer with what follows from its description, so that steps need not compute it.

use super::super::walk::Walk;
use super::{Area, Quads};
use crate::encoding::{Coding, Stream};
use crate::mac::{self, times};
use crate::quad::{self, Ending, Moving, Run};
use crate::{Memory, Tensor};

/// A layer as kernels take it, from [`Quads::prepared`]: all that does not depend on the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreparedQuads<'a> {
    /// The run of channel 0, from the start.
    run: Run,
    pub(super) area: Area,
    pub(super) walk: Walk,
    pub(super) span: u16,
    ending: Ending,
    /// Bytes from the first window to the end of the last; all if that is too far.
    window_bytes: u16,
    /// The same of the outputs of a channel.
    out_bytes: u16,
    row_step: u16,
    out_row: u16,
    out_advance: u16,
    group_outputs: u16,
    group_step: u16,
    /// Biases and exponents, then the rows.
    table: &'a [u8],
    rows_at: u16,
    pub(super) coding: Coding,
    multiplier: u16,
    rounding: i32,
    /// What a bias is multiplied by.
    bias_power: i16,
    /// Rows that are shifted by less have a short scale.
    short_shifts: u16,
    bits_24: bool,
    pub(super) tensor: Tensor,
    pub(super) part_channels: u16,
    pub(super) part_steps: u16,
    pub(super) block: u16,
    pub(super) fours: u16,
}

/// Bytes of `counts` times `steps` and `more`, or the most there may be.
const fn extent(counts: [u16; 2], steps: [u16; 2], more: u16) -> u16 {
    // `u32::from` is not const.
    let bytes = counts[0] as u32 * steps[0] as u32 + counts[1] as u32 * steps[1] as u32;
    let bytes = bytes + more as u32;
    #[allow(clippy::cast_possible_truncation, reason = "it has 16 bits")]
    if bytes < u16::MAX as u32 { bytes as u16 } else { u16::MAX }
}

impl<'a> Quads<'a> {
    /// What kernels take; for constants, so that it takes no time.
    pub const fn prepared(self) -> PreparedQuads<'a> {
        let Quads { output, ending, scale, area, .. } = self;
        let tensor = output.tensor;
        let (outputs, times) = (ending.outputs(), self.fours_of_row());
        let covered = times.wrapping_mul(outputs);
        let back = covered.saturating_sub(tensor.width);
        let (out_step, out_row) = (tensor.channels, tensor.row_bytes());
        let width = self.near.wrapping_mul(2).wrapping_add(self.far);
        let counts = [tensor.height.saturating_sub(1), tensor.width.saturating_sub(outputs)];
        let last = extent([1, 1], [width, self.span], 0);
        let last_out = extent([outputs - 1, 0], [out_step, 0], 1);
        // Rows shorter than four windows have none.
        let fits = tensor.width >= outputs && area.entries != 0 && area.words != 0;
        PreparedQuads {
            run: Run {
                window: self.origin,
                advance: self.col_step.wrapping_mul(outputs),
                program: area.program_at(),
                near: self.near,
                far: self.far,
                out: tensor.at,
                out_step,
                times,
                window_skip: self.row_step.wrapping_sub(tensor.width.wrapping_mul(self.col_step)),
                out_skip: tensor.gap_bytes(),
                window_back: back.wrapping_mul(self.col_step),
                out_back: back.wrapping_mul(out_step),
                low: output.low,
                high: output.high,
            },
            area,
            walk: self.walk,
            span: self.span,
            ending,
            window_bytes: extent(counts, [self.row_step, self.col_step], last),
            out_bytes: extent(counts, [out_row, out_step], last_out),
            row_step: self.row_step,
            out_row,
            out_advance: out_step.wrapping_mul(outputs),
            group_outputs: self.group_outputs,
            group_step: self.group_step,
            table: self.table,
            rows_at: rows_at(tensor.channels, self.coding.shifted),
            coding: self.coding,
            multiplier: scale.multiplier.cast_unsigned(),
            rounding: scale.rounding,
            bias_power: 1 << if scale.bias_shift < 14 { scale.bias_shift } else { 14 },
            short_shifts: short_shifts(&self),
            bits_24: scale.shift == crate::SHIFT_24,
            tensor,
            part_channels: if self.part_channels == 0 { 1 } else { self.part_channels },
            part_steps: self.part_steps(),
            block: self.block,
            fours: if fits { self.fours() } else { 0 },
        }
    }
}

const fn rows_at(channels: u16, shifted: bool) -> u16 {
    channels.wrapping_add(if shifted { channels.div_ceil(2) } else { 0 })
}

/// By how many bits less than this rows of `layer` may be shifted such that a short scale has 16
/// bits for the multiplier and for the offset without it.
const fn short_shifts(layer: &Quads<'_>) -> u16 {
    let scale = layer.scale;
    let bias_shift = if scale.bias_shift < 14 { scale.bias_shift } else { 14 };
    let bias = 128i64 << bias_shift;
    let rounding = scale.rounding as i64;
    let offset_fits = rounding + bias <= i16::MAX as i64 && rounding - bias >= i16::MIN as i64;
    if scale.shift != crate::SHIFT_16 || !offset_fits || scale.multiplier < 0 {
        return 0;
    }
    let mut shifts = 0;
    while shifts < 15 && scale.multiplier as i64 * (1 << shifts) <= i16::MAX as i64 {
        shifts += 1;
    }
    shifts
}

impl PreparedQuads<'_> {
    /// From the first of four windows to the last.
    pub(in super::super) fn width(&self) -> u16 {
        self.run.near.wrapping_mul(2).wrapping_add(self.run.far)
    }

    /// From the first window to the second.
    pub(super) fn near(&self) -> u16 {
        self.run.near
    }

    /// What becomes of the sums of four windows.
    pub(in super::super) fn ending(&self) -> Ending {
        self.ending
    }

    /// Where programs go.
    pub(in super::super) fn area(&self) -> Area {
        self.area
    }

    /// Whether there is something to do, and room in `memory` for the area and every channel.
    pub(super) fn fits<M: Memory>(&self, memory: &mut M) -> bool {
        #[cfg(target_arch = "msp430")]
        if memory.direct().is_empty() {
            return false;
        }
        let channels = self.tensor.channels;
        let out_bytes = self.out_bytes.saturating_add(channels.wrapping_sub(1));
        let windows = match self.group_step {
            0 => self.window_bytes,
            step => {
                let groups = channels.checked_div(self.group_outputs).unwrap_or(0);
                let groups = mac::checked_times(groups.saturating_sub(1), step);
                groups.and_then(|far| far.checked_add(self.window_bytes)).unwrap_or(u16::MAX)
            }
        };
        let run = &self.run;
        [(self.area.at, self.area.bytes()), (run.window, windows), (run.out, out_bytes)]
            .into_iter()
            .all(|(at, bytes)| !memory.bytes(at, bytes).is_empty())
    }

    /// Stores the zeros around the result.
    pub(super) fn clear_frame<M: Memory>(&self, memory: &mut M) {
        self.tensor.clear_before_row(memory, 0);
        for y in 0..self.tensor.height {
            self.tensor.clear_after_row(memory, y);
        }
    }

    /// The exponent of the power of two that the weights of `channel` are multiplied by.
    fn row_shift(&self, channel: u16) -> u16 {
        if !self.coding.shifted {
            return 0;
        }
        let at = self.tensor.channels.wrapping_add(channel / 2);
        let pair = self.table.get(usize::from(at)).copied().unwrap_or(0);
        u16::from(if channel & 1 == 0 { pair >> 4 } else { pair & 15 })
    }

    /// Whether there is a short scale for `channel`.
    pub(super) fn is_short(&self, channel: u16) -> bool {
        self.row_shift(channel) < self.short_shifts
    }

    /// What is left of the rows at part `part`.
    pub(super) fn rows<'t, S: Stream<'t>, M: Memory>(&'t self, memory: &M, part: u16) -> S {
        let rows = self.table.get(usize::from(self.rows_at)..).unwrap_or(&[]);
        if part == 0 {
            return rows.into();
        }
        let at = self.area.mark_at(part);
        S::resume(rows, [memory.word(at), memory.word(at.wrapping_add(2))])
    }

    /// Byte offset of the channels of the input that `channel` reads.
    fn group(&self, channel: u16) -> u16 {
        if self.group_step == 0 {
            return 0;
        }
        times(channel.checked_div(self.group_outputs).unwrap_or(0), self.group_step)
    }

    /// Puts the run of `channel` into the area, `done` times four windows from the start, to go on
    /// for `left` more.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    pub(super) fn place<M: Memory>(&self, memory: &mut M, channel: u16, done: u16, left: u16) {
        let base = quad::base(memory);
        let (y, x) = if done == 0 {
            (0, 0)
        } else {
            let y = done.checked_div(self.run.times).unwrap_or(0);
            (y, done.wrapping_sub(times(y, self.run.times)))
        };
        let down = times(y, self.row_step).wrapping_add(times(x, self.run.advance));
        let out = times(y, self.out_row).wrapping_add(times(x, self.out_advance));
        let run = Run {
            window: self
                .run
                .window
                .wrapping_add(base)
                .wrapping_add(self.group(channel))
                .wrapping_add(down),
            program: self.run.program.wrapping_add(base),
            out: self.run.out.wrapping_add(base).wrapping_add(channel).wrapping_add(out),
            ..self.run
        };
        let bias = self.table.get(usize::from(channel)).map_or(0, |byte| byte.cast_signed());
        let offset = mac::product(bias.into(), self.bias_power).wrapping_add(self.rounding);
        let shift = self.row_shift(channel);
        let mut moving = Moving {
            row_left: self.run.times.wrapping_sub(x),
            left,
            offset: words(offset),
            multiplier: self.multiplier,
            shift,
            bits_24: self.bits_24.into(),
        };
        if memory.word(self.area.short_at()) != 0 {
            let offset = moving.offset[0].cast_signed();
            moving.offset = words(mac::product(offset, self.multiplier.cast_signed()));
            moving.multiplier = times(self.multiplier, 1 << shift);
        }
        quad::store(memory, self.area, run, moving);
    }
}

/// Low and high word.
fn words(value: i32) -> [u16; 2] {
    let [a, b, c, d] = value.to_le_bytes();
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}
