//! Windows of sparse layers, as distances in memory.

use freeml_core::kernels::{PoolWindow, Scratch, Walk, Windows};
use freeml_core::{Field, Kind, Tensor};

use super::geometry::{conv_window, pool_window, to_u8, to_u16, whole};
use crate::error::Error;
use crate::quantise::{QuantLayer, QuantOp};

/// What a layer with weights reads of its operand.
pub struct View {
    /// Taps, for the operand where it lies.
    pub field: Field,
    /// Element type of the operand.
    pub kind: Kind,
    /// Input channels of a filter.
    pub depth: u16,
    /// Output channels of a group; `None` if there is one group.
    pub group_outputs: Option<u16>,
    /// Windows of which the largest sum is kept.
    pub pool: PoolWindow,
}

/// The view of `layer` on its operand `input`.
pub fn view(layer: &QuantLayer, input: &Tensor) -> Result<View, Error> {
    let kind = input.kind;
    let (conv, pool) = match &layer.op {
        QuantOp::Conv { conv, pool, .. } => (conv, pool.as_ref()),
        QuantOp::Depthwise { conv, .. } => (conv, None),
        _ => {
            let (field, depth) = whole(input);
            return Ok(View { field, kind, depth, group_outputs: None, pool: PoolWindow::POINT });
        }
    };
    let (outputs, depth, ..) = conv.weight.dim();
    let group_outputs = to_u16("channels", outputs / conv.groups.max(1))?;
    Ok(View {
        field: Field::new(input, &conv_window(conv)?),
        kind,
        depth: to_u16("channels", depth)?,
        group_outputs: (conv.groups > 1).then_some(group_outputs),
        pool: pool.map_or(Ok(PoolWindow::POINT), pool_window)?,
    })
}

impl View {
    /// Taps of a filter.
    pub fn taps(&self) -> usize {
        [self.field.rows, self.field.cols, self.depth].into_iter().map(usize::from).product()
    }

    /// Bytes from a window's first tap to the end of its last.
    pub fn span(&self) -> Result<u16, Error> {
        let Field { rows, cols, row_step, col_step, .. } = self.field;
        let distance = |count: u16, step: u16| usize::from(count.max(1) - 1) * usize::from(step);
        let last = distance(rows, row_step) + distance(cols, col_step);
        to_u16("window bytes", last + usize::from(self.depth_bytes()))
    }

    fn depth_bytes(&self) -> u16 {
        self.depth.wrapping_mul(self.kind.size())
    }

    /// How the windows move and where their taps lie; the scratch area is still to be placed.
    pub fn windows(&self) -> Result<Windows, Error> {
        let Field { row_stride, col_stride, .. } = self.field;
        Ok(Windows {
            row_step: self.pool.row_stride.wrapping_mul(row_stride),
            col_step: self.pool.col_stride.wrapping_mul(col_stride),
            pool_rows: to_u8("pool rows", self.pool.rows)?,
            pool_cols: to_u8("pool columns", self.pool.cols)?,
            pool_row_step: row_stride,
            pool_col_step: col_stride,
            walk: self.walk()?,
            group_outputs: self.group_outputs.unwrap_or(u16::MAX),
            group_step: self.group_outputs.map_or(0, |_| self.depth_bytes()),
            scratch: Scratch::default(),
        })
    }

    /// Where the taps of a window lie.
    fn walk(&self) -> Result<Walk, Error> {
        let Field { rows, cols, row_step, col_step, .. } = self.field;
        let row_skip = row_step.wrapping_sub(cols.wrapping_mul(col_step));
        let run_skip = col_step.wrapping_sub(self.depth_bytes());
        let rows_join = rows == 1 || row_skip == 0;
        if cols == 1 || run_skip == 0 {
            // A row is one run.
            let run = cols.wrapping_mul(self.depth);
            let skip = row_step.wrapping_sub(run.wrapping_mul(self.kind.size()));
            let all = rows == 1 || skip == 0;
            let rows = Walk { run, runs: 1, run_skip: skip, row_skip: 0 };
            return Ok(if all { Walk::SIDE_BY_SIDE } else { rows });
        }
        let runs = if rows_join { u8::MAX } else { to_u8("kernel columns", cols)? };
        let row_skip = if rows_join { 0 } else { row_skip };
        Ok(Walk { run: self.depth, runs, run_skip, row_skip })
    }
}
