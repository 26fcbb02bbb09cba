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
    /// From one window to the next along a row, and to the row below.
    col_bytes: u16,
    row_bytes: u16,
    channel: u16,
}

impl<'l> Place<'l> {
    fn new(layer: &'l Features<'l>) -> Self {
        let input = &layer.input;
        Place {
            layer,
            y: 0,
            x: 0,
            at: input.at,
            left_at: input.at,
            col_bytes: mac::times(layer.cols, input.pixel_bytes()),
            row_bytes: mac::times(layer.rows, input.row_bytes()),
            channel: 0,
        }
    }

    /// Goes on by `gap` elements.
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

    /// The largest element in the window.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn largest<E: Element, M: Memory>(&self, memory: &M, size: u16, pixel: u16) -> i16 {
        let Features { input, rows, cols, .. } = self.layer;
        let rows = input.height.saturating_sub(self.y).min(*rows);
        let cols = input.width.saturating_sub(self.x).min(*cols);
        let span = cols.wrapping_sub(1).wrapping_mul(pixel).wrapping_add(size);
        let channel = if size == 1 { self.channel } else { self.channel.wrapping_mul(size) };
        let mut at = self.at.wrapping_add(channel);
        let mut largest = i16::MIN;
        for _ in 0..rows {
            let mut taps = memory.bytes(at, span);
            while !taps.is_empty() {
                largest = largest.max(E::read(taps));
                taps = taps.get(pixel.into()..).unwrap_or(&[]);
            }
            at = at.wrapping_add(input.row_bytes());
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
    let pixel = layer.input.pixel_bytes().max(1);
    let (passed, gaps) = skip(layer.gaps, first);
    let mut place = Place::new(layer);
    place.pass(passed);
    let mut index = first;
    for &gap in gaps {
        place.pass(gap.into());
        if gap == u8::MAX {
            continue;
        }
        if index >= end {
            return;
        }
        let value = place.largest::<E, M>(memory, size, pixel);
        let at = tensor.at.wrapping_add(index.wrapping_mul(size));
        layer.output.put(memory, at, value.into());
        index = index.wrapping_add(1);
        place.pass(1);
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
