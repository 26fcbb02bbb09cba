//! Where tensors lie and how windows move over them.

use crate::Kind;

/// A tensor in the state: rows of columns of channels, the channels of one position side by
/// side (HWC order), so that a window row of a convolution is one run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tensor {
    /// Byte offset in the state; even.
    pub at: u16,
    /// Rows.
    pub height: u16,
    /// Columns.
    pub width: u16,
    /// Channels.
    pub channels: u16,
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

    /// Number of bytes.
    pub const fn bytes(&self) -> u16 {
        self.len().wrapping_mul(self.kind.size())
    }

    /// Bytes from one row to the next.
    pub const fn row_bytes(&self) -> u16 {
        self.width.wrapping_mul(self.pixel_bytes())
    }

    /// Bytes from one column to the next.
    pub const fn pixel_bytes(&self) -> u16 {
        self.channels.wrapping_mul(self.kind.size())
    }
}

/// A window that slides over a tensor in two dimensions.
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

/// One output element: its coordinates and byte offset in the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub y: u16,
    pub x: u16,
    pub channel: u16,
    pub at: u16,
}

/// The output elements of one step, in memory order.
#[derive(Debug, Clone)]
pub(crate) struct Positions<'a> {
    tensor: &'a Tensor,
    next: Position,
    left: u16,
}

impl<'a> Positions<'a> {
    /// The elements `step * per_step ..` of `tensor`, `per_step` of them or up to its end.
    pub fn of_step(tensor: &'a Tensor, per_step: u16, step: u16) -> Self {
        let per_step = per_step.max(1);
        let first = step.wrapping_mul(per_step);
        let pixel = first.checked_div(tensor.channels).unwrap_or(0);
        let y = pixel.checked_div(tensor.width).unwrap_or(0);
        let next = Position {
            y,
            x: pixel.wrapping_sub(y.wrapping_mul(tensor.width)),
            channel: first.wrapping_sub(pixel.wrapping_mul(tensor.channels)),
            at: tensor.at.wrapping_add(first.wrapping_mul(tensor.kind.size())),
        };
        let left = tensor.len().saturating_sub(first).min(per_step);
        Positions { tensor, next, left }
    }
}

impl Iterator for Positions<'_> {
    type Item = Position;

    #[inline]
    fn next(&mut self) -> Option<Position> {
        self.left = self.left.checked_sub(1)?;
        let position = self.next;
        let next = &mut self.next;
        next.at = next.at.wrapping_add(self.tensor.kind.size());
        next.channel += 1;
        if next.channel >= self.tensor.channels {
            next.channel = 0;
            next.x += 1;
            if next.x >= self.tensor.width {
                next.x = 0;
                next.y += 1;
            }
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let tensor = Tensor { at: 6, height: 3, width: 4, channels: 5, kind: Kind::I16 };
        for per_step in [1, 4, 5, 7, 20, 60, 100] {
            let steps = tensor.len().div_ceil(per_step);
            let all: Vec<Position> =
                (0..steps).flat_map(|step| Positions::of_step(&tensor, per_step, step)).collect();
            assert_eq!(all.len(), usize::from(tensor.len()));
            for (index, position) in (0u16..).zip(&all) {
                let flat = (position.y * 4 + position.x) * 5 + position.channel;
                assert_eq!((flat, position.at), (index, 6 + 2 * index));
            }
        }
    }
}
