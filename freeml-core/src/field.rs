//! Where convolutions read.

use crate::{Tensor, Window};

/// The receptive fields of a convolution's outputs: windows over a tensor and its frame, so
/// that every tap exists. Distances are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Byte offset in the state of the first tap of the first output.
    pub at: u16,
    /// From one output to the one below it.
    pub row_stride: u16,
    /// From one output to the next in its row.
    pub col_stride: u16,
    /// Taps in a column.
    pub rows: u16,
    /// Taps in a row.
    pub cols: u16,
    /// From one tap to the one below it.
    pub row_step: u16,
    /// From one tap to the next in its row.
    pub col_step: u16,
}

impl Field {
    /// `window` over `tensor`, whose frame reaches as far as the window does.
    pub const fn new(tensor: &Tensor, window: &Window) -> Field {
        let (row, pixel) = (tensor.row_bytes(), tensor.pixel_bytes());
        let above = window.top.wrapping_mul(row);
        let before = window.left.wrapping_mul(pixel);
        Field {
            at: tensor.at.wrapping_sub(above).wrapping_sub(before),
            row_stride: window.row_stride.wrapping_mul(row),
            col_stride: window.col_stride.wrapping_mul(pixel),
            rows: window.rows,
            cols: window.cols,
            row_step: window.row_dilation.wrapping_mul(row),
            col_step: window.col_dilation.wrapping_mul(pixel),
        }
    }

    /// Byte offset in the state of the first tap of the output at row `y` and column `x`.
    #[inline]
    pub(crate) fn place(&self, y: u16, x: u16) -> u16 {
        self.at
            .wrapping_add(y.wrapping_mul(self.row_stride))
            .wrapping_add(x.wrapping_mul(self.col_stride))
    }
}
