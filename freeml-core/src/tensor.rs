//! Where tensors lie and how windows move over them.

use crate::{Kind, Memory};

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

/// Zeros around a tensor: the padding of the convolutions that read it.
///
/// Whoever stores the elements stores the zeros on the way, in memory order. The columns
/// between two rows are right of the one and left of the other, so there is one `side`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Rows above the tensor.
    pub top: u8,
    /// Rows below the tensor.
    pub bottom: u8,
    /// Columns before the first row, between rows and behind the last row.
    pub side: u8,
}

impl Frame {
    /// Nothing around it.
    pub const NONE: Frame = Frame { top: 0, bottom: 0, side: 0 };
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
            .wrapping_add(rows(self.frame.bottom, self.row_bytes()))
    }

    /// Bytes of the frame before the first element.
    pub const fn lead_bytes(&self) -> u16 {
        rows(self.frame.top, self.row_bytes()).wrapping_add(self.gap_bytes())
    }

    /// Bytes from one row to the next.
    pub const fn row_bytes(&self) -> u16 {
        self.width.wrapping_mul(self.pixel_bytes()).wrapping_add(self.gap_bytes())
    }

    /// Bytes from one column to the next.
    pub const fn pixel_bytes(&self) -> u16 {
        self.channels.wrapping_mul(self.kind.size())
    }

    /// Bytes of the frame between two rows.
    pub const fn gap_bytes(&self) -> u16 {
        rows(self.frame.side, self.pixel_bytes())
    }

    /// Stores the zeros of the frame that come before row `y` and behind no other.
    pub(crate) fn clear_before_row<M: Memory>(&self, memory: &mut M, y: u16) {
        if y == 0 && self.frame != Frame::NONE {
            let lead = self.lead_bytes();
            clear(memory, self.at.wrapping_sub(lead), lead);
        }
    }

    /// Stores the zeros of the frame that come behind row `y`, up to the next row or the end.
    pub(crate) fn clear_after_row<M: Memory>(&self, memory: &mut M, y: u16) {
        if self.frame == Frame::NONE {
            return;
        }
        let (row, gap) = (self.row_bytes(), self.gap_bytes());
        let next = y.wrapping_add(1);
        let below = if next == self.height { rows(self.frame.bottom, row) } else { 0 };
        let at = self.at.wrapping_add(next.wrapping_mul(row)).wrapping_sub(gap);
        clear(memory, at, gap.wrapping_add(below));
    }
}

/// Bytes of `count` rows or columns of `bytes` bytes.
const fn rows(count: u8, bytes: u16) -> u16 {
    // `u16::from` is not const.
    (count as u16).wrapping_mul(bytes)
}

#[cfg_attr(target_arch = "msp430", inline(never))]
fn clear<M: Memory>(memory: &mut M, mut at: u16, bytes: u16) {
    for _ in 0..bytes {
        memory.store(at, 0);
        at = at.wrapping_add(1);
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
                self.x = 0;
                self.at = self.at.wrapping_add(tensor.gap_bytes());
                tensor.clear_after_row(memory, self.y);
                self.y = self.y.wrapping_add(1);
            }
        }
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

    #[test]
    fn a_frame_is_cleared_row_by_row() {
        let frame = Frame { top: 1, bottom: 2, side: 1 };
        let tensor = Tensor { at: 23, height: 2, width: 3, channels: 4, frame, kind: Kind::U8 };
        assert_eq!((tensor.row_bytes(), tensor.lead_bytes(), tensor.bytes()), (16, 20, 84));
        let mut memory = EmulatedFram::new(100, 1);
        let zeros = |memory: &EmulatedFram| -> Vec<usize> {
            memory.contents().iter().enumerate().filter(|at| *at.1 == 0).map(|at| at.0).collect()
        };
        let mut expected: Vec<usize> = (3..23).collect();
        tensor.clear_before_row(&mut memory, 0);
        assert_eq!(zeros(&memory), expected);
        tensor.clear_after_row(&mut memory, 0);
        expected.extend(35..39);
        assert_eq!(zeros(&memory), expected);
        tensor.clear_before_row(&mut memory, 1);
        assert_eq!(zeros(&memory), expected);
        tensor.clear_after_row(&mut memory, 1);
        expected.extend(51..87);
        assert_eq!(zeros(&memory), expected);
    }
}
