//! Convolutions of few weights as shifted elements of four windows at a time.

use freeml_core::kernels::{Area, Quads};
use freeml_core::{Ending, Kind, LayerScale, Tensor};

use super::cost::quads::{Fours, cut, entries};
use super::geometry::to_u16;
use super::windows::View;
use crate::encode::{self, Choice, Objective};
use crate::error::Error;
use crate::quantise::{Filters, QuantLayer, QuantOp, Tap};

/// A layer of this kind, without addresses.
pub struct QuadLayer {
    /// The descriptor; of its addresses, `origin` is the distance from the first window's first
    /// tap to the operand.
    pub layer: Quads<'static>,
    /// Encoding of the table.
    pub choice: Choice,
    /// The table.
    pub table: Vec<u8>,
    /// Multiply-accumulates.
    pub macs: u32,
}

/// `layer` in this form, if it has it: outputs of bytes from bytes, in rows that are long enough,
/// pooled by two at most, and nothing added.
pub fn of(
    layer: &QuantLayer,
    filters: &Filters,
    view: &View,
    input: &Tensor,
    output: &Tensor,
) -> Result<Option<QuadLayer>, Error> {
    let added = matches!(
        layer.op,
        QuantOp::Conv { residual: Some(_), .. } | QuantOp::Dense { residual: Some(_), .. }
    );
    let windows = view.windows()?;
    let forms = match (view.pool.rows, view.pool.cols) {
        (1, 1) => Some((windows.col_step, windows.col_step, Ending::Each)),
        (1, 2) => {
            let far = windows.col_step.checked_sub(windows.pool_col_step);
            far.map(|far| (windows.pool_col_step, far, Ending::Pairs))
        }
        (2, 2) => {
            let far = windows.pool_row_step.checked_sub(windows.pool_col_step);
            far.map(|far| (windows.pool_col_step, far, Ending::Largest))
        }
        _ => None,
    };
    let Some((near, far, ending)) = forms else { return Ok(None) };
    let bytes = view.kind != Kind::I16 && output.kind != Kind::I16;
    let single = output.height * output.width == 1 && ending != Ending::Largest;
    let weights: Vec<Vec<i16>> = filters.rows.iter().map(|row| row_weights(filters, row)).collect();
    let entries = entries(&weights, view.kind);
    if added || !bytes || single || output.width < ending.outputs() || entries == 0 {
        return Ok(None);
    }
    let fours = Fours { entries, kind: view.kind, ending, near };
    let cut = cut(&weights, output, &fours);
    let choice = encode::choose(filters, filters.rows.len(), Objective::Size);
    let pooled = usize::from(view.pool.rows) * usize::from(view.pool.cols);
    let positions = usize::from(output.height) * usize::from(output.width) * pooled;
    let words = weights.iter().map(|row| fours.words(row)).max().unwrap_or(1);
    let layer = Quads {
        origin: input.at.wrapping_sub(view.field.at),
        span: view.span()?,
        walk: windows.walk,
        row_step: windows.row_step,
        col_step: windows.col_step,
        near,
        far,
        ending,
        group_outputs: windows.group_outputs,
        group_step: windows.group_step,
        area: Area {
            at: 0,
            entries: to_u16("additions", entries)?,
            words: to_u16("words of a program", words)?,
        },
        table: &[],
        part_channels: to_u16("channels", cut.channels)?,
        block: to_u16("windows", cut.block)?,
        coding: choice.coding,
        scale: LayerScale {
            rounding: filters.rounding,
            multiplier: filters.multiplier,
            bias_shift: filters.bias_shift,
            shift: filters.shift,
        },
        output: freeml_core::Output {
            tensor: *output,
            low: layer.low,
            high: layer.high,
            per_step: 1,
        },
    };
    let macs = u32::try_from(filters.kept() * positions).unwrap_or(u32::MAX);
    let table = encode::table(filters, filters.rows.len(), choice);
    Ok(Some(QuadLayer { layer, choice, table, macs }))
}

/// The weights of a row without the power of two that the whole row is multiplied by.
fn row_weights(filters: &Filters, row: &[Tap]) -> Vec<i16> {
    let shift = filters.levels.row_shift(row.iter().map(|tap| tap.weight));
    row.iter().map(|tap| tap.weight >> shift).collect()
}
