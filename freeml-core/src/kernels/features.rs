//! What an early exit looks at: maxima over windows of some channels.

use crate::{Element, Memory, Output, Tensor, Window};

/// `max(input)` over the windows of a grid, of those channels of each that are chosen.
///
/// The pooled map of FreeML's global exit (arXiv 2405.10426, gNet), of which training keeps the
/// elements that matter; the others are never computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features<'a> {
    /// The map that is pooled.
    pub input: Tensor,
    /// The windows, without dilation; taps outside the map do not count.
    pub window: Window,
    /// Windows in a row of the grid.
    pub cols: u16,
    /// For each feature, the number of elements of the pooled map (rows of columns of channels)
    /// between it and the one before. 255 stands for as many elements of which none is a feature.
    pub gaps: &'a [u8],
    /// The features, side by side, of the map's kind.
    pub output: Output,
}

/// An element of the pooled map.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    y: u16,
    x: u16,
    channel: u16,
}

impl Place {
    /// Goes on by `gap` elements.
    #[inline]
    fn pass(&mut self, layer: &Features<'_>, gap: u16) {
        let channels = layer.input.channels.max(1);
        self.channel = self.channel.wrapping_add(gap);
        while self.channel >= channels {
            self.channel = self.channel.wrapping_sub(channels);
            self.x = self.x.wrapping_add(1);
            if self.x >= layer.cols {
                self.x = 0;
                self.y = self.y.wrapping_add(1);
            }
        }
    }
}

/// Computes step `step`, some of the features.
#[inline(never)]
pub fn features<E: Element, M: Memory>(layer: &Features<'_>, memory: &mut M, step: u16) {
    let tensor = &layer.output.tensor;
    let per_step = layer.output.per_step.max(1);
    let first = step.wrapping_mul(per_step);
    let end = first.saturating_add(per_step).min(tensor.channels);
    let size = E::KIND.size();
    let mut place = Place { y: 0, x: 0, channel: 0 };
    let mut index = 0;
    for &gap in layer.gaps {
        place.pass(layer, gap.into());
        if gap == u8::MAX {
            continue;
        }
        if index >= end {
            return;
        }
        if index >= first {
            let value = largest::<E, M>(layer, memory, place);
            layer.output.put(
                memory,
                tensor.at.wrapping_add(index.wrapping_mul(size)),
                value.into(),
            );
        }
        index = index.wrapping_add(1);
        place.pass(layer, 1);
    }
}

/// The largest element in the window of `place`.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn largest<E: Element, M: Memory>(layer: &Features<'_>, memory: &M, place: Place) -> i16 {
    let input = &layer.input;
    let window = layer.window.place(place.y, place.x, input);
    let size = E::KIND.size();
    let pixel = input.pixel_bytes();
    let span = window.cols.count.wrapping_sub(1).wrapping_mul(pixel).wrapping_add(size);
    let mut at = window.at(input).wrapping_add(place.channel.wrapping_mul(size));
    let mut largest = i16::MIN;
    for _ in 0..window.rows.count {
        let row = memory.bytes(at, span);
        for tap in row.chunks(pixel.max(1).into()) {
            largest = largest.max(E::read(tap));
        }
        at = at.wrapping_add(input.row_bytes());
    }
    largest
}
