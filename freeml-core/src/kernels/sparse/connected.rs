//! Fully connected layers of few weights: a single window of taps side by side.

use core::marker::PhantomData;

use super::Sparse;
#[cfg(target_arch = "msp430")]
use super::rice;
use super::walk::{Place, Walk};
#[cfg(target_arch = "msp430")]
use crate::Kind;
#[cfg(target_arch = "msp430")]
use crate::encoding::{BitStream, Coding};
use crate::encoding::{Encoding, Visitor};
use crate::{Element, Memory, mac};

/// Computes step `step`, a part of the channels, of a layer without windows or residual.
#[inline(never)]
pub fn connected<E: Element, C: Encoding, M: Memory>(
    layer: &Sparse<'_>,
    memory: &mut M,
    step: u16,
) {
    let tensor = &layer.output.tensor;
    let parts = layer.parts();
    if step >= parts {
        return;
    }
    if step == 0 {
        tensor.clear_before_row(memory, 0);
    }
    let mut rows = C::Stream::from(layer.rows(step, parts));
    let first = step.wrapping_mul(layer.part_channels);
    let end = first.saturating_add(layer.part_channels.max(1)).min(tensor.channels);
    for channel in first..end {
        let sum = sum::<E, C>(layer, memory.bytes(layer.origin, layer.span), &mut rows);
        let sum = sum.wrapping_shl(layer.row_shift(channel).into());
        let value = layer.scale.apply(sum.wrapping_add(layer.scale.offset(layer.bias(channel))));
        let at = tensor.at.wrapping_add(channel.wrapping_mul(tensor.kind.size()));
        layer.output.put(memory, at, value);
    }
    if end == tensor.channels {
        tensor.clear_after_row(memory, 0);
    }
}

/// The sum of the next row over `elements`.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn sum<E: Element, C: Encoding>(
    layer: &Sparse<'_>,
    elements: &[u8],
    rows: &mut C::Stream<'_>,
) -> i32 {
    let place = Place::new(Walk::SIDE_BY_SIDE, layer.span, E::KIND.size());
    let mut sum = Sum::<E> { elements, place, total: 0, element: PhantomData };
    C::row(rows, layer.coding, &mut sum);
    sum.total
}

/// Sums the weights of a row while it is decoded.
struct Sum<'e, E> {
    elements: &'e [u8],
    place: Place,
    total: i32,
    element: PhantomData<E>,
}

impl<E: Element> Sum<'_, E> {
    fn element(&mut self, gap: u16) -> Option<i16> {
        let offset = self.place.pass(gap, E::KIND.size())?;
        self.elements.get(usize::from(offset)..).map(E::read)
    }
}

impl<E: Element> Visitor for Sum<'_, E> {
    fn weight(&mut self, gap: u16, weight: i16) {
        if let Some(element) = self.element(gap) {
            self.total = self.total.wrapping_add(mac::product(element, weight));
        }
    }

    fn unit(&mut self, gap: u16, weight: i16) {
        if let Some(element) = self.element(gap).map(i32::from) {
            let signed = if weight < 0 { element.wrapping_neg() } else { element };
            self.total = self.total.wrapping_add(signed);
        }
    }

    #[cfg(target_arch = "msp430")]
    const DECODES_RICE: bool = E::KIND.size() == 1;

    #[cfg(target_arch = "msp430")]
    fn rice(&mut self, stream: &mut BitStream<'_>, coding: Coding, count: u16) {
        if self.elements.len() < usize::from(self.place.span()) {
            return;
        }
        let (signed, window) = (E::KIND == Kind::I8, self.elements.as_ptr());
        // SAFETY: the elements span what the place reaches.
        self.total = unsafe { rice::sum(stream, coding, count, &mut self.place, window, signed) };
    }

    fn rewind(&mut self) {
        self.place.rewind();
    }

    fn double(&mut self) {
        self.total = self.total.wrapping_shl(1);
    }
}
