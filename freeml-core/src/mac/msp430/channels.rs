//! Channels in one block of assembly each: what lies around it.

use super::super::Taps;
use super::super::channels::{APART_COLS, Channels, Place};
use super::channel_loop::{self as code, PASS};
use crate::{Element, Kind, Memory, SHIFT_24};

/// Assembly for a kind of elements.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    run: unsafe fn(&mut Loop),
    /// Bytes of unrolled instructions that the first pass of a row leaves out.
    entry: u16,
    /// Spacing of elements that lie apart, else bytes from row to row.
    distance: u16,
}

/// The code for these elements.
#[inline]
pub(crate) fn code<E: Element, const APART: bool>(taps: &Taps) -> Code {
    let (run, bytes): (unsafe fn(&mut Loop), u16) = match (APART, E::KIND) {
        (false, Kind::U8) => (code::beside_u8, code::BESIDE_U8),
        (false, Kind::I8) => (code::beside_i8, code::BESIDE_I8),
        (false, Kind::I16) => (code::beside_i16, code::BESIDE_I16),
        (true, Kind::U8) => (code::apart_u8, code::APART_U8),
        (true, Kind::I8) => (code::apart_i8, code::APART_I8),
        (true, Kind::I16) => (code::apart_i16, code::APART_I16),
    };
    if APART {
        let unused = APART_COLS.wrapping_sub(taps.cols);
        Code { run, entry: unused.wrapping_mul(bytes), distance: taps.spacing }
    } else {
        let unused = taps.cols.wrapping_neg() % PASS;
        Code { run, entry: unused.wrapping_mul(bytes), distance: taps.element_skip }
    }
}

/// What is the same at all positions.
pub(crate) struct Prepared(Loop);

impl Prepared {
    /// For these channels.
    #[inline]
    pub fn new(layer: &Channels<'_>) -> Self {
        let Channels { taps, output, .. } = layer;
        let row = taps.element_skip.wrapping_add(taps.cols.wrapping_mul(taps.spacing));
        let mut state = Loop {
            passes: taps.cols.wrapping_sub(1) / PASS + 1,
            rows: taps.rows,
            skip: taps.element_skip,
            rewind: layer.step.wrapping_sub(taps.rows.wrapping_mul(row)),
            end: core::ptr::null_mut(),
            extras: u16::from(layer.requantise.shift == SHIFT_24),
            below: output.low.wrapping_sub(1),
            low: output.low,
            high: output.high,
            residual: core::ptr::null(),
            mask: 0,
            residual_multiplier: 0,
            entry: layer.code.entry,
            distance: layer.code.distance,
            output: core::ptr::null_mut(),
            multiplier: core::ptr::null(),
            bias: core::ptr::null(),
            elements: core::ptr::null(),
            weights: core::ptr::null(),
        };
        if let Some(residual) = layer.residual {
            state.extras |= 2;
            state.mask = if residual.kind == Kind::I8 { u16::MAX } else { 0x3FFF };
            state.residual_multiplier = residual.multiplier;
        }
        Prepared(state)
    }
}

/// What the assembly reads, by the offsets in the comments.
#[repr(C)]
pub(crate) struct Loop {
    /// 0: passes through the unrolled instructions for a row.
    pub passes: u16,
    /// 2: rows.
    pub rows: u16,
    /// 4: from the place behind a row's last element to the next row's first.
    pub skip: u16,
    /// 6: from there to the first element of the next channel.
    pub rewind: u16,
    /// 8: address behind the last result.
    pub end: *mut u8,
    /// 10: 1 for a further shift by 8 bits, 2 for a residual.
    pub extras: u16,
    /// 12: what is below the lowest result, as a word that compares without sign.
    pub below: i16,
    /// 14
    pub low: i16,
    /// 16
    pub high: i16,
    /// 18: address of the next residual.
    pub residual: *const u8,
    /// 20: the bits of a residual times 64.
    pub mask: u16,
    /// 22
    pub residual_multiplier: i16,
    /// 24: bytes of unrolled instructions that the first pass of a row leaves out.
    pub entry: u16,
    /// 26: spacing of elements that lie apart, else bytes from row to row.
    pub distance: u16,
    /// 28: where the first channel begins.
    pub output: *mut u8,
    /// 30
    pub multiplier: *const i16,
    /// 32
    pub bias: *const i32,
    /// 34
    pub elements: *const u8,
    /// 36
    pub weights: *const u8,
}

const _: () = assert!(core::mem::offset_of!(Loop, weights) == 36);

/// Whether [`store`] works on this memory.
#[inline]
pub(crate) fn suits<M: Memory>(memory: &mut M) -> bool {
    !memory.direct().is_empty()
}

/// Whether `len` bytes from `at` on lie within `bytes`.
#[inline]
fn holds(bytes: &[u8], at: u16, len: u16) -> bool {
    at.checked_add(len).is_some_and(|end| usize::from(end) <= bytes.len())
}

/// Stores the channels at `place`, none if a byte of them or of their operands is outside.
#[inline]
pub(crate) fn store<M: Memory>(
    layer: &Channels<'_>,
    prepared: &mut Prepared,
    memory: &mut M,
    place: &Place,
) {
    let Channels { taps, requantise, .. } = layer;
    let bytes = memory.direct();
    // The step is 0 or the size of an element; a multiplication would be a call.
    let others = match layer.step {
        0 => 0,
        1 => place.count.wrapping_sub(1),
        _ => place.count.wrapping_sub(1).saturating_add(place.count.wrapping_sub(1)),
    };
    let Some(span) = taps.element_bytes.checked_add(others) else { return };
    if !(holds(bytes, place.elements, span)
        && holds(bytes, place.output, place.count)
        && (layer.residual.is_none() || holds(bytes, place.residual, place.count)))
    {
        return;
    }
    let channel = usize::from(place.channel);
    let filter = if channel == 0 { 0 } else { channel.wrapping_mul(taps.weight_bytes.into()) };
    let base = bytes.as_mut_ptr();
    // What these lead to exists by the checks above and those of `Channels::new`.
    let state = &mut prepared.0;
    state.output = base.wrapping_add(place.output.into());
    state.end = state.output.wrapping_add(place.count.into());
    state.residual = base.wrapping_add(place.residual.into());
    state.elements = base.wrapping_add(place.elements.into());
    state.weights = layer.weights.as_ptr().wrapping_add(filter);
    state.bias = requantise.bias.as_ptr().wrapping_add(channel);
    state.multiplier = requantise.multiplier.as_ptr().wrapping_add(channel);
    // SAFETY: memory and tables hold all taps of all channels, the results and the residuals. The
    // code is the one for these taps: those that lie apart have at most `APART_COLS` columns,
    // others are neighbours.
    unsafe { (layer.code.run)(state) }
}
