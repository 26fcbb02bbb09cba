//! Output channels side by side at one position: what dense layers spend their time on.

use core::marker::PhantomData;

use super::{Taps, imp};
use crate::kernels::Residual;
use crate::{Element, Kind, Memory, Output, Requantise};

/// Channels that are computed alike: sum over the taps, bias, requantisation, residual, bounds.
///
/// Elements of type `E` are neighbours in a row, or lie `APART`. Tables hold all channels of the
/// output, whose elements are bytes; `new` sees to that.
pub(crate) struct Channels<'a, E, const APART: bool> {
    pub(super) taps: &'a Taps,
    /// Bytes from the first element of a channel to that of the next; 0 if all read the same.
    pub(super) step: u16,
    pub(super) weights: &'a [u8],
    pub(super) requantise: &'a Requantise<'a>,
    /// What is added after the requantisation.
    pub residual: Option<&'a Residual>,
    /// Its bounds lie around 0.
    pub(super) output: &'a Output,
    element: PhantomData<E>,
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

impl<'a, E: Element, const APART: bool> Channels<'a, E, APART> {
    /// The channels of `output` from these tables; `None` if they do not hold all channels, or
    /// the layer is not of this form.
    #[inline]
    pub fn new(
        taps: &'a Taps,
        step: u16,
        weights: &'a [u8],
        requantise: &'a Requantise<'a>,
        output: &'a Output,
    ) -> Option<Self> {
        let count = output.tensor.channels;
        let bytes = taps.weight_bytes.checked_mul(count)?;
        let full = usize::from(bytes) <= weights.len()
            && usize::from(count) <= requantise.bias.len()
            && usize::from(count) <= requantise.multiplier.len();
        let spaced = if APART { taps.cols <= APART_COLS } else { taps.spacing == E::KIND.size() };
        let bytes = output.tensor.kind != Kind::I16 && output.low <= 0 && output.high >= 0;
        let some = taps.rows != 0 && taps.weight_skip == 0;
        (full && spaced && bytes && some).then_some(Channels {
            taps,
            step,
            weights,
            requantise,
            residual: None,
            output,
            element: PhantomData,
        })
    }

    /// Bytes from a position's first element to those of `channel`.
    #[inline]
    pub fn offset(&self, channel: u16) -> u16 {
        if self.step == 0 { 0 } else { channel.wrapping_mul(self.step) }
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

pub(crate) use imp::channels::{Prepared, suits};
