//! Where tensors lie and how windows move over them.

use crate::{Frame, Kind, Memory, frame};

/// A tensor in the state: rows of columns of channels, the channels of one position side by
/// side (HWC order), so that a window row of a convolution is one run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tensor {
    /// Byte offset in the state of the first element; even for words.
    pub at: u16,
    /// Rows.
    pub height: u16,
    /// Columns.
    pub width: u16,
    /// Channels.
    pub channels: u16,
    /// Zeros around it.
    pub frame: Frame,
    /// Element type.
    pub kind: Kind,
}

impl Tensor {
    /// Number of elements.
    pub const fn len(&self) -> u16 {
        self.height.wrapping_mul(self.width).wrapping_mul(self.channels)
    }

    /// Whether there is no element.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of bytes, the frame included.
    pub const fn bytes(&self) -> u16 {
        self.lead_bytes()
            .wrapping_add(self.height.wrapping_mul(self.row_bytes()))
            .wrapping_add(frame::extent(self.frame.bottom, self.row_bytes()))
    }

    /// Bytes from one row to the next.
    pub const fn row_bytes(&self) -> u16 {
        self.width.wrapping_mul(self.pixel_bytes()).wrapping_add(self.gap_bytes())
    }

    /// Bytes from one column to the next.
    pub const fn pixel_bytes(&self) -> u16 {
        self.channels.wrapping_mul(self.kind.size())
    }
}

/// A window that slides over a tensor in two dimensions, and over its edges where there is
/// padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Taps in a column.
    pub rows: u16,
    /// Taps in a row.
    pub cols: u16,
    /// Rows from one window to the next.
    pub row_stride: u16,
    /// Columns from one window to the next.
    pub col_stride: u16,
    /// Rows of padding before the tensor.
    pub top: u16,
    /// Columns of padding before the tensor.
    pub left: u16,
    /// Rows between two taps.
    pub row_dilation: u16,
    /// Columns between two taps.
    pub col_dilation: u16,
}

impl Window {
    /// One tap per position, without padding.
    pub const POINT: Window = Window {
        rows: 1,
        cols: 1,
        row_stride: 1,
        col_stride: 1,
        top: 0,
        left: 0,
        row_dilation: 1,
        col_dilation: 1,
    };
}

impl Window {
    /// The taps inside `input` of the window for output row `y` and column `x`.
    #[inline]
    pub(crate) fn place(&self, y: u16, x: u16, input: &Tensor) -> Placement {
        Placement {
            rows: Span::new(
                y.wrapping_mul(self.row_stride),
                self.top,
                self.rows,
                self.row_dilation,
                input.height,
            ),
            cols: Span::new(
                x.wrapping_mul(self.col_stride),
                self.left,
                self.cols,
                self.col_dilation,
                input.width,
            ),
        }
    }
}

/// The taps of one window that lie inside the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    pub rows: Span,
    pub cols: Span,
}

impl Placement {
    /// Byte offset in the state of the first tap's first channel.
    #[inline]
    pub fn at(&self, input: &Tensor) -> u16 {
        let row = self.rows.start.wrapping_mul(input.row_bytes());
        let col = self.cols.start.wrapping_mul(input.pixel_bytes());
        input.at.wrapping_add(row).wrapping_add(col)
    }
}

/// The taps of one window axis that lie inside the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First tap inside.
    pub first: u16,
    /// Number of taps inside.
    pub count: u16,
    /// Coordinate of the first tap inside.
    pub start: u16,
}

impl Span {
    /// Places `taps` taps, `dilation` apart, the first at `origin - pad`, on an axis of
    /// `extent` elements; all of them below 2^15, so that a coordinate left of the axis wraps
    /// to one beyond `extent`.
    #[inline]
    pub fn new(origin: u16, pad: u16, taps: u16, dilation: u16, extent: u16) -> Span {
        let mut start = origin.wrapping_sub(pad);
        let mut first = 0;
        while first < taps && start >= extent {
            first += 1;
            start = start.wrapping_add(dilation);
        }
        let mut count = 0;
        let mut at = start;
        while first + count < taps && at < extent {
            count += 1;
            at = at.wrapping_add(dilation);
        }
        Span { first, count, start }
    }
}

/// Walks through the output elements of one step, in memory order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Row of the element.
    pub y: u16,
    /// Column of the element.
    pub x: u16,
    /// Channel of the element.
    pub channel: u16,
    /// Number of the element in the tensor.
    pub index: u16,
    /// Byte offset of the element in the state.
    pub at: u16,
    /// Elements left, this one included.
    pub left: u16,
}

impl Cursor {
    /// At element `step * per_step` of `tensor`, `per_step` elements or the end before it.
    pub fn of_step(tensor: &Tensor, per_step: u16, step: u16) -> Self {
        let per_step = per_step.max(1);
        let index = step.wrapping_mul(per_step);
        let pixel = index.checked_div(tensor.channels).unwrap_or(0);
        let y = pixel.checked_div(tensor.width).unwrap_or(0);
        Cursor {
            y,
            x: pixel.wrapping_sub(y.wrapping_mul(tensor.width)),
            channel: index.wrapping_sub(pixel.wrapping_mul(tensor.channels)),
            index,
            at: tensor
                .at
                .wrapping_add(index.wrapping_mul(tensor.kind.size()))
                .wrapping_add(y.wrapping_mul(tensor.gap_bytes())),
            left: tensor.len().saturating_sub(index).min(per_step),
        }
    }

    /// Goes on to the same channel of the next position; behind a row, channel 0 stores the zeros
    /// of the frame there.
    #[inline]
    pub fn advance_pixel<M: Memory>(&mut self, memory: &mut M, tensor: &Tensor) {
        self.left = self.left.saturating_sub(tensor.channels.max(1));
        self.index = self.index.wrapping_add(tensor.channels);
        self.at = self.at.wrapping_add(tensor.pixel_bytes());
        self.x = self.x.wrapping_add(1);
        if self.x >= tensor.width {
            self.x = 0;
            self.at = self.at.wrapping_add(tensor.gap_bytes());
            if self.channel == 0 {
                tensor.clear_after_row(memory, self.y);
            }
            self.y = self.y.wrapping_add(1);
        }
    }

    /// Goes on to the next element; behind a row, stores the zeros of the frame there.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    pub fn advance<M: Memory>(&mut self, memory: &mut M, tensor: &Tensor) {
        self.left = self.left.wrapping_sub(1);
        self.index = self.index.wrapping_add(1);
        self.at = self.at.wrapping_add(tensor.kind.size());
        self.channel = self.channel.wrapping_add(1);
        if self.channel >= tensor.channels {
            self.channel = 0;
            self.x = self.x.wrapping_add(1);
            if self.x >= tensor.width {
                self.end_row(memory, tensor);
            }
        }
    }

    /// The element and those behind it that belong to its position and the step.
    #[inline]
    pub fn beside(&self, tensor: &Tensor) -> u16 {
        tensor.channels.saturating_sub(self.channel).clamp(1, self.left.max(1))
    }

    /// Goes on by `count` elements, which [`beside`](Self::beside) gave.
    #[inline]
    pub fn advance_beside<M: Memory>(&mut self, memory: &mut M, tensor: &Tensor, count: u16) {
        let before = count.wrapping_sub(1);
        self.left = self.left.wrapping_sub(before);
        self.index = self.index.wrapping_add(before);
        self.at = self.at.wrapping_add(before.wrapping_mul(tensor.kind.size()));
        self.channel = self.channel.wrapping_add(before);
        self.advance(memory, tensor);
    }

    /// Apart from `advance`, whose usual path then saves no registers.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn end_row<M: Memory>(&mut self, memory: &mut M, tensor: &Tensor) {
        tensor.clear_after_row(memory, self.y);
        self.at = self.at.wrapping_add(tensor.gap_bytes());
        self.x = 0;
        self.y = self.y.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmulatedFram;
    use std::vec::Vec;

    #[test]
    fn span_keeps_the_taps_inside() {
        for (origin, pad, taps, dilation, extent) in [
            (0, 1, 3, 1, 8),
            (7, 1, 3, 1, 8),
            (0, 4, 3, 2, 5),
            (3, 0, 3, 1, 4),
            (0, 3, 2, 1, 9),
            (9, 0, 2, 1, 9),
        ] {
            let span = Span::new(origin, pad, taps, dilation, extent);
            let inside: Vec<i32> = (0..i32::from(taps))
                .filter(|tap| {
                    let at = i32::from(origin) - i32::from(pad) + tap * i32::from(dilation);
                    (0..i32::from(extent)).contains(&at)
                })
                .collect();
            assert_eq!(usize::from(span.count), inside.len());
            if let Some(&first) = inside.first() {
                assert_eq!(i32::from(span.first), first);
                assert_eq!(
                    i32::from(span.start),
                    i32::from(origin) - i32::from(pad) + first * i32::from(dilation)
                );
            }
        }
    }

    #[test]
    fn steps_cover_every_element_once_in_order() {
        for side in [0, 2] {
            let frame = Frame { top: 1, bottom: 3, side };
            let tensor =
                Tensor { at: 60, height: 3, width: 4, channels: 5, frame, kind: Kind::I16 };
            let mut memory = EmulatedFram::new(600, 0);
            for per_step in [1, 4, 5, 7, 20, 60, 100] {
                let mut count = 0;
                for step in 0..tensor.len().div_ceil(per_step) {
                    let mut cursor = Cursor::of_step(&tensor, per_step, step);
                    while cursor.left != 0 {
                        let flat = (cursor.y * 4 + cursor.x) * 5 + cursor.channel;
                        let at = 60 + 2 * (count + cursor.y * u16::from(side) * 5);
                        assert_eq!((flat, cursor.index, cursor.at), (count, count, at));
                        count += 1;
                        cursor.advance(&mut memory, &tensor);
                    }
                }
                assert_eq!(count, tensor.len());
            }
        }
    }
}
