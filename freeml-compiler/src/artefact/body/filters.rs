//! Sparse weights as one number each.
//!
//! The number is `gap * 2 * magnitudes + 2 * exponent + sign`, the gap being the positions
//! skipped since the last kept weight. As a variable-length integer it takes one byte where
//! weights are near, and two elsewhere.

use serde::{Deserialize, Serialize};

use crate::quantise::{Filters, Tap};

/// [`Filters`] as they are stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct FiltersBody {
    magnitudes: u8,
    rows: Vec<Vec<u32>>,
    bias: Vec<i8>,
    bias_shift: u8,
    rounding: i32,
    multiplier: i16,
    shift: u8,
}

impl From<&Filters> for FiltersBody {
    fn from(filters: &Filters) -> Self {
        let Filters { magnitudes, rows, bias, bias_shift, rounding, multiplier, shift } = filters;
        FiltersBody {
            magnitudes: *magnitudes,
            rows: rows.iter().map(|row| codes(row, *magnitudes)).collect(),
            bias: bias.clone(),
            bias_shift: *bias_shift,
            rounding: *rounding,
            multiplier: *multiplier,
            shift: *shift,
        }
    }
}

impl FiltersBody {
    /// The filters, `None` if no filters are stored so.
    pub fn filters(self) -> Option<Filters> {
        let FiltersBody { magnitudes, rows, bias, bias_shift, rounding, multiplier, shift } = self;
        if !matches!(magnitudes, 1..=15) {
            return None;
        }
        let rows = rows.iter().map(|row| taps(row, magnitudes)).collect::<Option<_>>()?;
        Some(Filters { magnitudes, rows, bias, bias_shift, rounding, multiplier, shift })
    }
}

fn codes(row: &[Tap], magnitudes: u8) -> Vec<u32> {
    let mut next = 0;
    let code = |tap: &Tap| {
        let gap = u32::from(tap.index).wrapping_sub(next);
        next = u32::from(tap.index) + 1;
        let sign = u32::from(tap.weight < 0);
        gap * 2 * u32::from(magnitudes) + 2 * tap.weight.unsigned_abs().trailing_zeros() + sign
    };
    row.iter().map(code).collect()
}

fn taps(codes: &[u32], magnitudes: u8) -> Option<Vec<Tap>> {
    let mut next = 0u32;
    let tap = |code: &u32| {
        let (gap, code) = (code / (2 * u32::from(magnitudes)), code % (2 * u32::from(magnitudes)));
        let index = u16::try_from(next.checked_add(gap)?).ok()?;
        next = u32::from(index) + 1;
        let weight = 1i16 << (code / 2);
        Some(Tap { index, weight: if code % 2 == 1 { -weight } else { weight } })
    };
    codes.iter().map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filters(magnitudes: u8, rows: &[Vec<(u16, u8, bool)>]) -> Filters {
        let tap = |(index, exponent, negative): (u16, u8, bool)| {
            let weight = 1i16 << (exponent % magnitudes);
            Tap { index, weight: if negative { -weight } else { weight } }
        };
        let row = |row: &Vec<(u16, u8, bool)>| {
            let mut row: Vec<Tap> = row.iter().copied().map(tap).collect();
            row.sort_by_key(|tap| tap.index);
            row.dedup_by_key(|tap| tap.index);
            row
        };
        Filters {
            magnitudes,
            rows: rows.iter().map(row).collect(),
            bias: vec![-3; rows.len()],
            bias_shift: 4,
            rounding: 1000,
            multiplier: 77,
            shift: 16,
        }
    }

    proptest! {
        #[test]
        fn come_back(
            exponent in 0u32..4,
            rows in prop::collection::vec(
                prop::collection::vec(any::<(u16, u8, bool)>(), 0..40), 0..4),
        ) {
            let filters = filters(1 << exponent, &rows);
            let bytes = postcard::to_stdvec(&FiltersBody::from(&filters)).unwrap();
            let body: FiltersBody = postcard::from_bytes(&bytes).unwrap();
            prop_assert_eq!(body.filters(), Some(filters));
        }

        #[test]
        fn anything_else_is_refused_or_read(magnitudes: u8, rows: Vec<Vec<u32>>) {
            let body = FiltersBody::from(&filters(1, &[]));
            FiltersBody { magnitudes, rows, ..body }.filters();
        }
    }

    #[test]
    fn a_near_weight_takes_a_byte() {
        let near: Vec<(u16, u8, bool)> = (0..100).map(|index| (index * 8, 3, true)).collect();
        let filters = filters(4, &[near]);
        let bytes = postcard::to_stdvec(&FiltersBody::from(&filters)).unwrap();
        assert!(bytes.len() < 120, "{} bytes", bytes.len());
    }
}
