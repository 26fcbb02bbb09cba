//! Weights of any value, two bytes each: [`SparseBytes`](freeml_core::encoding::SparseBytes).

use super::{Row, gaps, number_bytes, push_number};

/// Bytes of some rows.
pub fn size(rows: &[Row]) -> usize {
    let weights = |row: &Row| gaps(row).map(|(gap, _)| number_bytes(gap.into()) + 1).sum::<usize>();
    rows.iter().map(|row| number_bytes(row.len()) + weights(row)).sum()
}

/// The rows in bytes.
pub fn write(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        push_number(&mut bytes, row.len());
        for (gap, weight) in gaps(row) {
            push_number(&mut bytes, gap.into());
            bytes.push(weight.to_le_bytes()[0]);
        }
    }
    bytes
}
