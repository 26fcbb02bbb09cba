//! What a table holds, read back from its bytes.

use freeml_core::encoding::{Coding, Encoding, Packed, Rice, ShiftAdd, SparseBytes, Visitor};

use super::Format;
use crate::program::SparseKernel;

/// Numbers of weights of the rows of `table`, a row for every output channel of `kernel`.
pub fn kept(kernel: &SparseKernel, table: &[u8]) -> Vec<usize> {
    let layer = &kernel.layer;
    let rows = match kernel.format {
        Format::SparseBytes => row_counts::<SparseBytes>,
        Format::Packed => row_counts::<Packed>,
        Format::Rice => row_counts::<Rice>,
        Format::ShiftAdd => row_counts::<ShiftAdd>,
    };
    let channels = usize::from(layer.output.tensor.channels);
    let shifts = if layer.coding.shifted { channels.div_ceil(2) } else { 0 };
    let mut table = table.get(channels + shifts..).unwrap_or(&[]);
    let mut kept = Vec::with_capacity(channels);
    while kept.len() < channels {
        let count = (channels - kept.len()).min(layer.part_channels.max(1).into());
        let is_last = kept.len() + count == channels;
        let bytes = if is_last { table.len() } else { number(&mut table) };
        let (part, rest) = table.split_at(bytes.min(table.len()));
        kept.extend(rows(part, layer.coding, count));
        table = rest;
    }
    kept
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

fn row_counts<C: Encoding>(part: &[u8], coding: Coding, rows: usize) -> Vec<usize> {
    let mut stream = C::Stream::from(part);
    let row = |_| {
        let mut counter = Counter(0);
        C::row(&mut stream, coding, &mut counter);
        counter.0
    };
    (0..rows).map(row).collect()
}

/// Counts the weights of a row.
struct Counter(usize);

impl Visitor for Counter {
    fn weight(&mut self, _: u16, _: i16) {
        self.0 += 1;
    }

    fn unit(&mut self, _: u16, _: i16) {
        self.0 += 1;
    }

    fn rewind(&mut self) {}

    fn double(&mut self) {}
}
