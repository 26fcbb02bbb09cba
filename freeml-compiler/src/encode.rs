//! From the filters of a layer to its table, in the encoding that suits them best.
//!
//! The decoders are in `freeml_core::encoding`. Every encoding says what a part takes without
//! writing it, so that a search may ask often.

mod bytes;
mod packed;
mod rice;
mod shift_add;
mod table;
#[cfg(test)]
mod tests;

use freeml_core::encoding::Coding;

use crate::quantise::{Filters, Tables, Tap};
use crate::train::Levels;

pub use table::{Table, rows};

/// How rows are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// [`SparseBytes`](freeml_core::encoding::SparseBytes).
    SparseBytes,
    /// [`Packed`](freeml_core::encoding::Packed).
    Packed,
    /// [`Rice`](freeml_core::encoding::Rice).
    Rice,
    /// [`ShiftAdd`](freeml_core::encoding::ShiftAdd).
    ShiftAdd,
}

/// What an encoding is chosen for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Objective {
    /// Fewest bytes.
    #[default]
    Size,
}

/// An encoding with its parameters and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The encoding.
    pub format: Format,
    /// Its parameters.
    pub coding: Coding,
    /// Bytes of the layer's table: biases, lengths of parts and rows.
    pub bytes: usize,
}

/// Kept weights of one output channel.
type Row = Vec<Tap>;

/// Bytes of the smallest table of `filters`, parts having `part_channels` channels.
///
/// A single part of all channels, as a search may assume, is less by a byte and a fraction for
/// every further one.
pub fn bytes(filters: &Filters, part_channels: usize) -> usize {
    choose(filters, part_channels, Objective::Size).bytes
}

/// The encoding of `filters` that is best for `objective`.
pub fn choose(filters: &Filters, part_channels: usize, objective: Objective) -> Choice {
    let Objective::Size = objective;
    let rows = Rows::of(filters);
    let coding = rows.coding();
    let mut best =
        rows.candidate(part_channels, Format::Rice, rice::parameters(&rows, part_channels));
    for format in [Format::Packed, Format::ShiftAdd, Format::SparseBytes] {
        if !rows.suit(format) {
            continue;
        }
        let other = rows.candidate(part_channels, format, coding);
        if other.bytes < best.bytes {
            best = other;
        }
    }
    best
}

/// The table of `filters`: biases, the shifts of rows if there are any, then the parts, each but
/// the last with its length first.
pub fn table(filters: &Filters, part_channels: usize, choice: Choice) -> Vec<u8> {
    let rows = Rows::of(filters);
    let mut table: Vec<u8> = filters.bias.iter().map(|bias| bias.cast_unsigned()).collect();
    if choice.coding.shifted {
        let pair = |pair: &[u8]| pair[0] << 4 | pair.get(1).unwrap_or(&0);
        table.extend(rows.shifts.chunks(2).map(pair));
    }
    let mut parts = rows.rows.chunks(part_channels.max(1)).peekable();
    while let Some(part) = parts.next() {
        let rows = write(part, choice.format, choice.coding);
        if parts.peek().is_some() {
            push_number(&mut table, rows.len());
        }
        table.extend(rows);
    }
    table
}

/// Rows whose weights are levels, and the powers of two that they are multiplied by.
#[allow(clippy::struct_field_names, reason = "rows of rows")]
struct Rows {
    rows: Vec<Row>,
    shifts: Vec<u8>,
    levels: Levels,
}

impl Rows {
    fn of(filters: &Filters) -> Self {
        let shift = |row: &Row| filters.levels.row_shift(row.iter().map(|tap| tap.weight));
        let shifts: Vec<u8> = filters.rows.iter().map(shift).collect();
        let rows = filters.rows.iter().zip(&shifts).map(|(row, shift)| {
            row.iter().map(|tap| Tap { weight: tap.weight >> shift, ..*tap }).collect()
        });
        Rows { rows: rows.collect(), shifts, levels: filters.levels }
    }

    /// Whether `format` has a code for every weight.
    fn suit(&self, format: Format) -> bool {
        match format {
            Format::Rice | Format::Packed => true,
            Format::ShiftAdd => matches!(self.levels, Levels::PowersOfTwo(_)),
            Format::SparseBytes => {
                self.rows.iter().flatten().all(|tap| i8::try_from(tap.weight).is_ok())
            }
        }
    }

    /// Parameters that do not depend on the encoding.
    fn coding(&self) -> Coding {
        Coding {
            code_bits: 1 + self.levels.magnitudes().next_power_of_two().ilog2().to_le_bytes()[0],
            uniform: matches!(self.levels, Levels::Uniform(_)),
            shifted: self.shifts.iter().any(|shift| *shift != 0),
            ..Coding::default()
        }
    }

    /// What `format` costs with these parameters.
    fn candidate(&self, part_channels: usize, format: Format, coding: Coding) -> Choice {
        let parts = self.rows.chunks(part_channels.max(1));
        let last = parts.len().saturating_sub(1);
        let part_bytes = |(index, part): (usize, &[Row])| {
            let rows = size(part, format, coding);
            rows + if index == last { 0 } else { number_bytes(rows) }
        };
        let shifts = if coding.shifted { self.rows.len().div_ceil(2) } else { 0 };
        let parts = parts.enumerate().map(part_bytes).sum::<usize>();
        Choice { format, coding, bytes: self.rows.len() + shifts + parts }
    }
}

/// Tables of signed bytes for the dense kernels, whose filters have `taps` taps; `None` if a
/// weight needs more than 8 bits.
pub fn dense(filters: &Filters, taps: usize) -> Option<Tables> {
    if !fits_bytes(filters) {
        return None;
    }
    let mut weights = vec![0; taps * filters.rows.len()];
    for (channel, row) in filters.rows.iter().enumerate() {
        for tap in row {
            weights[channel * taps + usize::from(tap.index)] = tap.weight.to_le_bytes()[0];
        }
    }
    let bias = |&bias: &i8| (i32::from(bias) << filters.bias_shift) + filters.rounding;
    Some(Tables {
        weights,
        bias: filters.bias.iter().map(bias).collect(),
        multiplier: vec![filters.multiplier; filters.rows.len()],
        shift: filters.shift,
    })
}

/// Bytes of the rows of one part.
fn size(part: &[Row], format: Format, coding: Coding) -> usize {
    match format {
        Format::SparseBytes => bytes::size(part),
        Format::Packed => packed::size(part, coding),
        Format::Rice => rice::size(part, coding),
        Format::ShiftAdd => shift_add::size(part, coding),
    }
}

/// The rows of one part.
fn write(part: &[Row], format: Format, coding: Coding) -> Vec<u8> {
    match format {
        Format::SparseBytes => bytes::write(part),
        Format::Packed => packed::write(part, coding),
        Format::Rice => rice::write(part, coding),
        Format::ShiftAdd => shift_add::write(part, coding),
    }
}

/// Whether all weights are signed bytes.
fn fits_bytes(filters: &Filters) -> bool {
    filters.rows.iter().flatten().all(|tap| i8::try_from(tap.weight).is_ok())
}

/// Taps passed over before each weight, and the weight.
fn gaps(row: &[Tap]) -> impl Iterator<Item = (u16, i16)> {
    let mut next: u16 = 0;
    row.iter().map(move |tap| {
        let gap = tap.index.wrapping_sub(next);
        next = tap.index.wrapping_add(1);
        (gap, tap.weight)
    })
}

/// The magnitude's number, then the sign as the lowest bit.
fn code(weight: i16, coding: Coding) -> u8 {
    let magnitude = weight.unsigned_abs();
    let number = if coding.uniform {
        magnitude.saturating_sub(1).to_le_bytes()[0]
    } else {
        magnitude.trailing_zeros().to_le_bytes()[0]
    };
    number << 1 | u8::from(weight < 0)
}

/// Bytes that [`push_number`] takes.
fn number_bytes(value: usize) -> usize {
    value / 255 + 1
}

/// Writes `value` as a byte, 255 standing for 255 more than what follows.
fn push_number(bytes: &mut Vec<u8>, value: usize) {
    bytes.extend(std::iter::repeat_n(255, value / 255));
    bytes.push((value % 255).to_le_bytes()[0]);
}
