//! What a table holds, read back from its bytes.

use freeml_core::encoding::{
    Coding, Encoding, Packed, Rice, ShiftAdd, SparseBytes, UniformRice, Visitor,
};

use super::Format;
/// A table of sparse weights.
#[derive(Debug, Clone, Copy)]
pub struct Table<'t> {
    /// Encoding.
    pub format: Format,
    /// Its parameters.
    pub coding: Coding,
    /// Number of rows.
    pub channels: u16,
    /// Rows of a part.
    pub part_channels: u16,
    /// What it consists of.
    pub bytes: &'t [u8],
}

/// The weights of each row of `table`, in their order, without the row's power of two.
pub fn rows(table: &Table<'_>) -> Vec<Vec<i16>> {
    let decode = match table.format {
        Format::SparseBytes => part::<SparseBytes>,
        Format::Packed => part::<Packed>,
        Format::Rice if table.coding.uniform => part::<UniformRice>,
        Format::Rice => part::<Rice>,
        Format::ShiftAdd => part::<ShiftAdd>,
    };
    let channels = usize::from(table.channels);
    let shifts = if table.coding.shifted { channels.div_ceil(2) } else { 0 };
    let mut bytes = table.bytes.get(channels + shifts..).unwrap_or(&[]);
    let mut rows = Vec::with_capacity(channels);
    while rows.len() < channels {
        let count = (channels - rows.len()).min(table.part_channels.max(1).into());
        let is_last = rows.len() + count == channels;
        let len = if is_last { bytes.len() } else { number(&mut bytes) };
        let (part, rest) = bytes.split_at(len.min(bytes.len()));
        rows.extend(decode(part, table.coding, count));
        bytes = rest;
    }
    rows
}

/// Reads what [`push_number`](super::push_number) has written.
fn number(bytes: &mut &[u8]) -> usize {
    let mut sum = 0;
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        sum += usize::from(byte);
        if byte != u8::MAX {
            break;
        }
    }
    sum
}

fn part<C: Encoding>(part: &[u8], coding: Coding, rows: usize) -> Vec<Vec<i16>> {
    let mut stream = C::Stream::from(part);
    let row = |_| {
        let mut weights = Weights(Vec::new());
        C::row(&mut stream, coding, &mut weights);
        weights.0
    };
    (0..rows).map(row).collect()
}

/// Takes the weights of a row.
struct Weights(Vec<i16>);

impl Visitor for Weights {
    fn weight(&mut self, _: u16, weight: i16) {
        self.0.push(weight);
    }

    fn unit(&mut self, _: u16, weight: i16) {
        self.0.push(weight);
    }

    fn rewind(&mut self) {}

    fn double(&mut self) {}
}
