//! Powers of two by magnitude: [`ShiftAdd`](freeml_core::encoding::ShiftAdd).

use freeml_core::encoding::Coding;

use super::{Row, gaps, number_bytes, push_number};

/// Number of weights from which on it goes on behind the byte of both numbers.
const LONG: usize = 15;

/// The positive and the negative weights of each magnitude, the largest one first.
fn lists(row: &Row, coding: Coding) -> impl Iterator<Item = [Row; 2]> {
    let magnitudes = 1_u8 << (coding.code_bits - 1);
    (0..magnitudes).rev().map(|exponent| {
        [1, -1].map(|sign: i16| {
            let same =
                |tap: &_| matches!(tap, super::Tap { weight, .. } if *weight == sign << exponent);
            row.iter().copied().filter(same).collect()
        })
    })
}

/// Bytes of some rows.
pub fn size(rows: &[Row], coding: Coding) -> usize {
    let list = |list: &Row| {
        let length = list.len().checked_sub(LONG).map_or(0, number_bytes);
        length + gaps(list).map(|(gap, _)| number_bytes(gap.into())).sum::<usize>()
    };
    let pair = |pair: [Row; 2]| 1 + pair.iter().map(list).sum::<usize>();
    rows.iter().flat_map(|row| lists(row, coding)).map(pair).sum()
}

/// The rows in bytes.
pub fn write(rows: &[Row], coding: Coding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for pair in rows.iter().flat_map(|row| lists(row, coding)) {
        let [positive, negative] = [&pair[0], &pair[1]].map(|list| list.len().min(LONG));
        bytes.push((positive << 4 | negative).to_le_bytes()[0]);
        for more in pair.iter().filter_map(|list| list.len().checked_sub(LONG)) {
            push_number(&mut bytes, more);
        }
        for (gap, _) in pair.iter().flat_map(|list| gaps(list)) {
            push_number(&mut bytes, gap.into());
        }
    }
    bytes
}
