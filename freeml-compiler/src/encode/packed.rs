//! Powers of two, a byte each: [`Packed`](freeml_core::encoding::Packed).

use freeml_core::encoding::Coding;

use super::{Row, code, gaps, number_bytes, push_number};

/// The gap that stands for no weight, and how often one byte may pass over it.
fn escape(coding: Coding) -> (u8, u16) {
    (0xFF >> coding.code_bits, 1 << coding.code_bits)
}

/// Bytes of some rows.
pub fn size(rows: &[Row], coding: Coding) -> usize {
    let (escape, most) = escape(coding);
    let bytes = |(gap, _): (u16, i16)| 1 + usize::from((gap / u16::from(escape)).div_ceil(most));
    rows.iter().map(|row| number_bytes(row.len()) + gaps(row).map(bytes).sum::<usize>()).sum()
}

/// The rows in bytes.
pub fn write(rows: &[Row], coding: Coding) -> Vec<u8> {
    let (escape, most) = escape(coding);
    let mut bytes = Vec::new();
    for row in rows {
        push_number(&mut bytes, row.len());
        for (gap, weight) in gaps(row) {
            let [mut turns, rest] = [gap / u16::from(escape), gap % u16::from(escape)];
            while turns != 0 {
                let passed = turns.min(most);
                bytes.push(escape << coding.code_bits | (passed - 1).to_le_bytes()[0]);
                turns -= passed;
            }
            bytes.push(rest.to_le_bytes()[0] << coding.code_bits | code(weight, coding));
        }
    }
    bytes
}
