//! What an early exit looks at: maxima over windows of some channels.

use crate::{Element, Memory, Output, Tensor, mac};

/// `max(input)` over windows side by side, of those channels of each window that are chosen.
///
/// The pooled map of FreeML's global exit (arXiv 2405.10426, gNet), of which training keeps the
/// elements that matter; the others are never computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features<'a> {
    /// The map that is pooled.
    pub input: Tensor,
    /// Rows of a window; the last windows may reach beyond the map.
    pub rows: u16,
    /// Columns of a window.
    pub cols: u16,
    /// For each feature, the number of elements of the pooled map (rows of columns of channels)
    /// between it and the one before. 255 stands for as many elements of which none is a feature.
    pub gaps: &'a [u8],
    /// The features, side by side, of the map's kind.
    pub output: Output,
}

/// Walks over the elements of the pooled map.
struct Place<'l> {
    layer: &'l Features<'l>,
    /// Row and column of the map where the window begins.
    y: u16,
    x: u16,
    /// Byte offset of its first element, and of that of the window at the left edge.
    at: u16,
    left_at: u16,
    channel: u16,
    /// From one window to the next along a row, and to the row below.
    col_bytes: u16,
    row_bytes: u16,
    /// From one column of the map to the next, and to the row below.
    pixel: u16,
    line: u16,
}

impl<'l> Place<'l> {
    fn new(layer: &'l Features<'l>) -> Self {
        let input = &layer.input;
        let (pixel, line) = (input.pixel_bytes().max(1), input.row_bytes());
        let (col_bytes, row_bytes) = (mac::times(layer.cols, pixel), mac::times(layer.rows, line));
        Place {
            layer,
            y: 0,
            x: 0,
            at: input.at,
            left_at: input.at,
            channel: 0,
            col_bytes,
            row_bytes,
            pixel,
            line,
        }
    }

    /// Goes on by `gap` elements.
    #[inline]
    fn pass(&mut self, gap: u16) {
        let channels = self.layer.input.channels.max(1);
        self.channel = self.channel.wrapping_add(gap);
        while self.channel >= channels {
            self.channel = self.channel.wrapping_sub(channels);
            self.x = self.x.wrapping_add(self.layer.cols);
            self.at = self.at.wrapping_add(self.col_bytes);
            if self.x >= self.layer.input.width {
                self.x = 0;
                self.y = self.y.wrapping_add(self.layer.rows);
                self.left_at = self.left_at.wrapping_add(self.row_bytes);
                self.at = self.left_at;
            }
        }
    }

    /// The largest element in the window, the least of its kind if there is none.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn largest<E: Element, M: Memory>(&self, memory: &M) -> i16 {
        let Features { input, rows, cols, .. } = self.layer;
        let rows = input.height.saturating_sub(self.y).min(*rows);
        let cols = input.width.saturating_sub(self.x).min(*cols);
        let size = E::KIND.size();
        let whole = cols == self.layer.cols;
        let bytes = if whole { self.col_bytes } else { mac::times(cols, self.pixel) };
        let span = bytes.wrapping_sub(self.pixel).wrapping_add(size);
        let channel = if size == 1 { self.channel } else { self.channel.wrapping_mul(size) };
        let mut at = self.at.wrapping_add(channel);
        let mut largest = E::KIND.range().0;
        for _ in 0..rows {
            largest = E::largest(largest, memory.bytes(at, span), self.pixel, cols);
            at = at.wrapping_add(self.line);
        }
        largest
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
    let (passed, gaps) = skip(layer.gaps, first);
    let mut place = Place::new(layer);
    place.pass(passed);
    let mut index = first;
    // From the feature before to the elements behind it.
    let mut next = 0u16;
    for &gap in gaps {
        if index >= end {
            return;
        }
        place.pass(next.wrapping_add(u16::from(gap)));
        next = 0;
        if gap == u8::MAX {
            continue;
        }
        let value = place.largest::<E, M>(memory);
        E::KIND.store(memory, tensor.at.wrapping_add(index.wrapping_mul(size)), value);
        index = index.wrapping_add(1);
        next = 1;
    }
}

/// Elements before that of feature `first`'s gap, and the gaps from this on.
fn skip(gaps: &[u8], first: u16) -> (u16, &[u8]) {
    let (mut passed, mut index) = (0u16, 0);
    let mut rest = gaps;
    while index < first {
        let Some((&gap, behind)) = rest.split_first() else { break };
        rest = behind;
        passed = passed.wrapping_add(gap.into());
        if gap != u8::MAX {
            passed = passed.wrapping_add(1);
            index = index.wrapping_add(1);
        }
    }
    (passed, rest)
}
