//! Output channels side by side at one position: what dense layers spend their time on.

use super::{Taps, imp};
use crate::kernels::Residual;
use crate::{Element, Kind, Memory, Output, Requantise};

/// Channels that are computed alike: sum over the taps, bias, requantisation, residual, bounds.
///
/// Tables hold all channels of the output, whose elements are bytes; `new` sees to that.
pub(crate) struct Channels<'a> {
    /// The code for the kind of the elements and how they lie, which suits the taps.
    pub(super) code: imp::channels::Code,
    pub(super) taps: &'a Taps,
    /// Bytes from the first element of a channel to that of the next; 0 if all read the same.
    pub(super) step: u16,
    pub(super) weights: &'a [u8],
    pub(super) requantise: &'a Requantise<'a>,
    /// What is added after the requantisation.
    pub residual: Option<&'a Residual>,
    /// Its bounds lie around 0.
    pub(super) output: &'a Output,
}

/// Some channels of one position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Byte offset of the first tap of the first of them.
    pub elements: u16,
    /// Byte offset of the first result.
    pub output: u16,
    /// Byte offset of the first residual.
    pub residual: u16,
    /// The first of them.
    pub channel: u16,
    /// How many.
    pub count: u16,
}

/// Most columns of elements that lie apart: one pass through the unrolled instructions.
pub(super) const APART_COLS: u16 = 8;

impl<'a> Channels<'a> {
    /// The channels of `output` from these tables, for elements of type `E` that are neighbours in
    /// a row or lie `APART`; `None` if the tables do not hold all channels, or the layer is not
    /// of this form.
    #[inline]
    pub fn new<E: Element, const APART: bool>(
        taps: &'a Taps,
        weights: &'a [u8],
        requantise: &'a Requantise<'a>,
        output: &'a Output,
    ) -> Option<Self> {
        let spaced = if APART { taps.cols <= APART_COLS } else { taps.spacing == E::KIND.size() };
        if !spaced || !complete(taps, weights, requantise, output) {
            return None;
        }
        let code = imp::channels::code::<E, APART>(taps);
        let step = if APART { E::KIND.size() } else { 0 };
        Some(Channels { code, taps, step, weights, requantise, residual: None, output })
    }

    /// Bytes from a position's first element to those of `channel`.
    #[inline]
    pub fn offset(&self, channel: u16) -> u16 {
        if channel == 0 { 0 } else { channel.wrapping_mul(self.step) }
    }

    /// Stores the channels at `place`, none if they are not all part of the layer.
    #[inline]
    pub fn store<M: Memory>(&self, prepared: &mut Prepared, memory: &mut M, place: &Place) {
        let inside = place.channel.checked_add(place.count);
        if inside.is_some_and(|end| end <= self.output.tensor.channels) && place.count != 0 {
            imp::channels::store(self, prepared, memory, place);
        }
    }
}

/// Whether the tables hold all channels of `output`, whose elements are bytes around 0.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn complete(taps: &Taps, weights: &[u8], requantise: &Requantise<'_>, output: &Output) -> bool {
    let count = output.tensor.channels;
    let bytes = taps.weight_bytes.checked_mul(count);
    bytes.is_some_and(|bytes| usize::from(bytes) <= weights.len())
        && usize::from(count) <= requantise.bias.len()
        && usize::from(count) <= requantise.multiplier.len()
        && taps.rows != 0
        && taps.weight_skip == 0
        && output.tensor.kind != Kind::I16
        && output.low <= 0
        && output.high >= 0
}

pub(crate) use imp::channels::{Prepared, suits};
