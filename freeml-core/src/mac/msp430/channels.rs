//! Channels in one block of assembly each: what lies around it.

use super::super::channels::{APART_COLS, Channels, Place};
use super::channel_loop::{self, Loop, PASS, Start};
use crate::{Element, Kind, Memory, SHIFT_24};

/// What is the same at all positions.
pub(crate) struct Prepared {
    state: Loop,
    /// Unrolled taps that the first pass of a row leaves out.
    unused: u16,
}

impl Prepared {
    /// For these channels.
    #[inline]
    pub fn new<E: Element, const APART: bool>(layer: &Channels<'_, E, APART>) -> Self {
        let Channels { taps, output, .. } = layer;
        let last = taps.cols.wrapping_sub(1);
        let row = taps.element_skip.wrapping_add(taps.cols.wrapping_mul(taps.spacing));
        let mut state = Loop {
            passes: last / PASS + 1,
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
            multiplier: 0,
        };
        if let Some(residual) = layer.residual {
            state.extras |= 2;
            state.mask = if residual.kind == Kind::I8 { u16::MAX } else { 0x3FFF };
            state.multiplier = residual.multiplier;
        }
        let unused = if APART {
            APART_COLS.wrapping_sub(taps.cols)
        } else {
            (PASS - 1).wrapping_sub(last % PASS)
        };
        Prepared { state, unused }
    }
}

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
#[inline(never)]
pub(crate) fn store<E: Element, M: Memory, const APART: bool>(
    layer: &Channels<'_, E, APART>,
    prepared: &mut Prepared,
    memory: &mut M,
    place: &Place,
) {
    let taps = layer.taps;
    let bytes = memory.direct();
    let channels =
        if layer.step == 0 { Some(0) } else { place.count.wrapping_sub(1).checked_mul(layer.step) };
    let Some(span) = channels.and_then(|bytes| bytes.checked_add(taps.element_bytes)) else {
        return;
    };
    if !(holds(bytes, place.elements, span)
        && holds(bytes, place.output, place.count)
        && (layer.residual.is_none() || holds(bytes, place.residual, place.count)))
    {
        return;
    }
    let channel = usize::from(place.channel);
    let filter = if channel == 0 { 0 } else { channel.wrapping_mul(taps.weight_bytes.into()) };
    let base = bytes.as_mut_ptr();
    let output = base.wrapping_add(place.output.into());
    let Prepared { state, unused } = prepared;
    state.end = output.wrapping_add(place.count.into());
    state.residual = base.wrapping_add(place.residual.into());
    // What these lead to exists by the checks above and those of `Channels::new`.
    let start = Start {
        elements: base.wrapping_add(place.elements.into()),
        weights: layer.weights.as_ptr().wrapping_add(filter),
        bias: layer.requantise.bias.as_ptr().wrapping_add(channel),
        multiplier: layer.requantise.multiplier.as_ptr().wrapping_add(channel),
        output,
    };
    let distance = if APART { taps.spacing } else { taps.element_skip };
    // SAFETY: memory and tables hold all taps of all channels, the results and the residuals;
    // taps that lie apart have at most `APART_COLS` columns, others are neighbours.
    unsafe {
        match (APART, E::KIND) {
            (false, Kind::U8) => channel_loop::beside_u8(state, &start, *unused, distance),
            (false, Kind::I8) => channel_loop::beside_i8(state, &start, *unused, distance),
            (false, Kind::I16) => channel_loop::beside_i16(state, &start, *unused, distance),
            (true, Kind::U8) => channel_loop::apart_u8(state, &start, *unused, distance),
            (true, Kind::I8) => channel_loop::apart_i8(state, &start, *unused, distance),
            (true, Kind::I16) => channel_loop::apart_i16(state, &start, *unused, distance),
        }
    }
}
