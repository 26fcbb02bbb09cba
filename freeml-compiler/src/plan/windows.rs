//! Windows of sparse layers, as distances in memory.

use freeml_core::kernels::{PoolWindow, Scratch, Windows};
use freeml_core::{Tensor, Window};

use super::geometry::{self, conv_window, flat, pool_window, to_u8, to_u16};
use crate::error::Error;
use crate::quantise::{QuantLayer, QuantOp, QuantTensor};

/// What a layer with weights reads of its operand.
pub struct View {
    /// The operand, at address 0.
    pub input: Tensor,
    /// Taps.
    pub window: Window,
    /// Input channels of a filter.
    pub depth: u16,
    /// Output channels of a group; all of them if there is one group.
    pub group_outputs: u16,
    /// Windows of which the largest sum is kept.
    pub pool: PoolWindow,
    padded: bool,
}

/// The view of `layer` on its operand `input`.
pub fn view(layer: &QuantLayer, input: &QuantTensor) -> Result<View, Error> {
    let input = geometry::tensor(input, 0)?;
    let (conv, pool) = match &layer.op {
        QuantOp::Conv { conv, pool, .. } => (conv, pool.as_ref()),
        QuantOp::Depthwise { conv, .. } => (conv, None),
        _ => {
            return Ok(View {
                input: flat(input),
                window: Window::POINT,
                depth: input.len(),
                group_outputs: u16::MAX,
                pool: PoolWindow::POINT,
                padded: false,
            });
        }
    };
    let (outputs, depth, ..) = conv.weight.dim();
    Ok(View {
        input,
        window: conv_window(conv)?,
        depth: to_u16("channels", depth)?,
        group_outputs: to_u16("channels", outputs / conv.groups.max(1))?,
        pool: pool.map_or(Ok(PoolWindow::POINT), pool_window)?,
        padded: geometry::is_padded(conv),
    })
}

impl View {
    /// Taps of a filter.
    pub fn taps(&self) -> usize {
        [self.window.rows, self.window.cols, self.depth].into_iter().map(usize::from).product()
    }

    /// Whether windows reach beyond the operand.
    pub fn is_padded(&self) -> bool {
        self.padded
    }

    /// Bytes from the first window's first tap to the operand's first element.
    pub fn lead(&self) -> u16 {
        let Window { top, left, .. } = self.window;
        let [row, pixel] = [self.input.row_bytes(), self.input.pixel_bytes()];
        top.wrapping_mul(row).wrapping_add(left.wrapping_mul(pixel))
    }

    /// Bytes from a window's first tap to the end of its last.
    pub fn span(&self) -> Result<u16, Error> {
        let Window { rows, cols, row_dilation, col_dilation, .. } = self.window;
        let distance = |count: u16, dilation: u16, bytes: u16| {
            (usize::from(count).max(1) - 1) * usize::from(dilation) * usize::from(bytes)
        };
        let down = distance(rows, row_dilation, self.input.row_bytes());
        let along = distance(cols, col_dilation, self.input.pixel_bytes());
        to_u16("window bytes", down + along + usize::from(self.depth_bytes()))
    }

    fn depth_bytes(&self) -> u16 {
        self.depth.wrapping_mul(self.input.kind.size())
    }

    /// How the windows move and where their taps lie; the scratch area is still to be placed.
    pub fn windows(&self) -> Result<Windows, Error> {
        let View { input, window, pool, .. } = self;
        let (row, pixel) = (input.row_bytes(), input.pixel_bytes());
        let pool_row_step = window.row_stride.wrapping_mul(row);
        let pool_col_step = window.col_stride.wrapping_mul(pixel);
        let grouped = self.depth != input.channels;
        let (run, runs, run_skip, row_skip) = self.runs()?;
        Ok(Windows {
            row_step: pool.row_stride.wrapping_mul(pool_row_step),
            col_step: pool.col_stride.wrapping_mul(pool_col_step),
            pool_rows: to_u8("pool rows", pool.rows)?,
            pool_cols: to_u8("pool columns", pool.cols)?,
            pool_row_step,
            pool_col_step,
            run,
            runs,
            run_skip,
            row_skip,
            group_outputs: self.group_outputs,
            group_step: if grouped { self.depth_bytes() } else { 0 },
            scratch: Scratch::default(),
        })
    }

    /// Taps side by side, how many such runs a window row has, and the distances after a run and
    /// after a row; [`u16::MAX`] if all taps are side by side.
    fn runs(&self) -> Result<(u16, u8, u16, u16), Error> {
        let Window { rows, cols, row_dilation, col_dilation, .. } = self.window;
        let row = row_dilation.wrapping_mul(self.input.row_bytes());
        let pixel = col_dilation.wrapping_mul(self.input.pixel_bytes());
        let row_skip = row.wrapping_sub(cols.wrapping_mul(pixel));
        let run_skip = pixel.wrapping_sub(self.depth_bytes());
        let rows_join = rows == 1 || row_skip == 0;
        if cols == 1 || run_skip == 0 {
            // A row is one run.
            let run = cols.wrapping_mul(self.depth);
            let skip = row.wrapping_sub(run.wrapping_mul(self.input.kind.size()));
            let all = rows == 1 || skip == 0;
            return Ok(if all { (u16::MAX, 1, 0, 0) } else { (run, 1, skip, 0) });
        }
        let runs = if rows_join { u8::MAX } else { to_u8("kernel columns", cols)? };
        Ok((self.depth, runs, run_skip, if rows_join { 0 } else { row_skip }))
    }
}
