//! Channels one by one.

use super::super::Taps;
use super::super::channels::{Channels, Place};
use crate::{Element, I8, Kind, Memory, U8, mac};

/// Sums the taps of a channel.
pub(crate) type Code = fn(i32, &[u8], &[u8], &Taps) -> i32;

/// The code for these elements.
pub(crate) fn code<E: Element, const APART: bool>(_: &Taps) -> Code {
    if APART { E::dot_spaced } else { E::dot }
}

/// What is the same at all positions; here nothing is worth it.
pub(crate) struct Prepared;

impl Prepared {
    /// For these channels.
    pub fn new(_: &Channels<'_>) -> Self {
        Prepared
    }
}

/// Whether [`store`] works on this memory.
pub(crate) fn suits<M: Memory>(_: &mut M) -> bool {
    true
}

/// Stores the channels at `place`.
pub(crate) fn store<M: Memory>(
    layer: &Channels<'_>,
    _: &mut Prepared,
    memory: &mut M,
    place: &Place,
) {
    for index in 0..place.count {
        let channel = place.channel.wrapping_add(index);
        let at = place.elements.wrapping_add(index.wrapping_mul(layer.step));
        let elements = memory.bytes(at, layer.taps.element_bytes());
        let filter = usize::from(channel).wrapping_mul(layer.taps.weight_bytes.into());
        let weights = layer.weights.get(filter..).unwrap_or(&[]);
        let sum = (layer.code)(0, elements, weights, layer.taps);
        let mut value = layer.requantise.apply(sum, channel);
        if let Some(residual) = layer.residual {
            let byte = memory.bytes(place.residual.wrapping_add(index), 1);
            let added = match residual.kind {
                Kind::I8 => I8::read(byte),
                Kind::U8 | Kind::I16 => U8::read(byte),
            };
            // As `Residual::scaled`: the multiplier has 10 fraction bits.
            let term = mac::product(added << 6, residual.multiplier);
            value = value.wrapping_add(term.wrapping_add(1 << 15) >> 16);
        }
        let value = value.clamp(layer.output.low.into(), layer.output.high.into());
        memory.store(place.output.wrapping_add(index), value.to_le_bytes()[0]);
    }
}
