//! Sparse weights as one number each.
//!
//! The number is `gap * 2 * magnitudes + 2 * magnitude + sign`, the gap being the positions
//! skipped since the last kept weight and the magnitude a number too. As a variable-length
//! integer it takes one byte where weights are near, and two elsewhere.

use serde::{Deserialize, Serialize};

use crate::quantise::{Filters, Tap};
use crate::train::{Levels, ROW_SHIFTS};

/// [`Filters`] as they are stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct FiltersBody {
    #[serde(with = "LevelsBody")]
    levels: Levels,
    rows: Vec<RowBody>,
    bias: Vec<i8>,
    bias_shift: u8,
    rounding: i32,
    multiplier: i16,
    shift: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Levels")]
enum LevelsBody {
    PowersOfTwo(u8),
    Uniform(u8),
}

/// The power of two of a row, and its weights.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RowBody(u8, Vec<u32>);

impl From<&Filters> for FiltersBody {
    fn from(filters: &Filters) -> Self {
        let Filters { levels, rows, bias, bias_shift, rounding, multiplier, shift } = filters;
        FiltersBody {
            levels: *levels,
            rows: rows.iter().map(|row| RowBody::of(row, *levels)).collect(),
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
        let FiltersBody { levels, rows, bias, bias_shift, rounding, multiplier, shift } = self;
        let most = if matches!(levels, Levels::PowersOfTwo(_)) { 8 } else { 16 };
        if levels.magnitudes() > most || !levels.magnitudes().is_power_of_two() {
            return None;
        }
        let rows = rows.iter().map(|row| row.taps(levels)).collect::<Option<_>>()?;
        Some(Filters { levels, rows, bias, bias_shift, rounding, multiplier, shift })
    }
}

impl RowBody {
    fn of(row: &[Tap], levels: Levels) -> Self {
        let shift = levels.row_shift(row.iter().map(|tap| tap.weight));
        let mut next = 0;
        let code = |tap: &Tap| {
            let gap = u32::from(tap.index).wrapping_sub(next);
            next = u32::from(tap.index) + 1;
            let number = u32::from(levels.number(tap.weight.unsigned_abs() >> shift));
            let codes = 2 * u32::from(levels.magnitudes());
            gap * codes + 2 * number + u32::from(tap.weight < 0)
        };
        RowBody(shift, row.iter().map(code).collect())
    }

    fn taps(&self, levels: Levels) -> Option<Vec<Tap>> {
        let RowBody(shift, codes) = self;
        let count = 2 * u32::from(levels.magnitudes());
        let mut next = 0u32;
        let tap = |code: &u32| {
            let (gap, code) = (code / count, code % count);
            let index = u16::try_from(next.checked_add(gap)?).ok()?;
            next = u32::from(index) + 1;
            let multiple = levels.multiple(code.to_le_bytes()[0] / 2);
            let weight = i16::try_from(u32::from(multiple) << shift).ok()?;
            Some(Tap { index, weight: if code % 2 == 1 { -weight } else { weight } })
        };
        (*shift < ROW_SHIFTS).then(|| codes.iter().map(tap).collect())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filters(levels: Levels, shift: u8, rows: &[Vec<(u16, u8, bool)>]) -> Filters {
        let tap = |(index, number, negative): (u16, u8, bool)| {
            let multiple = levels.multiple(number % levels.magnitudes()) << shift;
            let weight = i16::try_from(multiple).unwrap();
            Tap { index, weight: if negative { -weight } else { weight } }
        };
        let row = |row: &Vec<(u16, u8, bool)>| {
            let mut row: Vec<Tap> = row.iter().copied().map(tap).collect();
            row.sort_by_key(|tap| tap.index);
            row.dedup_by_key(|tap| tap.index);
            row
        };
        Filters {
            levels,
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
            (exponent, uniform, shift) in (0u32..4, any::<bool>(), 0..ROW_SHIFTS),
            rows in prop::collection::vec(
                prop::collection::vec(any::<(u16, u8, bool)>(), 0..40), 0..4),
        ) {
            let levels = if uniform { Levels::Uniform } else { Levels::PowersOfTwo }(1 << exponent);
            let filters = filters(levels, shift, &rows);
            let bytes = postcard::to_stdvec(&FiltersBody::from(&filters)).unwrap();
            let body: FiltersBody = postcard::from_bytes(&bytes).unwrap();
            prop_assert_eq!(body.filters(), Some(filters));
        }

        #[test]
        fn anything_else_is_refused_or_read(
            magnitudes: u8, uniform: bool, rows: Vec<(u8, Vec<u32>)>,
        ) {
            let levels = if uniform { Levels::Uniform } else { Levels::PowersOfTwo }(magnitudes);
            let rows = rows.into_iter().map(|(shift, codes)| RowBody(shift, codes)).collect();
            let body = FiltersBody::from(&filters(Levels::PowersOfTwo(1), 0, &[]));
            FiltersBody { levels, rows, ..body }.filters();
        }
    }

    #[test]
    fn a_near_weight_takes_a_byte() {
        let near: Vec<(u16, u8, bool)> = (0..100).map(|index| (index * 8, 3, true)).collect();
        let filters = filters(Levels::PowersOfTwo(4), 0, &[near]);
        let bytes = postcard::to_stdvec(&FiltersBody::from(&filters)).unwrap();
        assert!(bytes.len() < 120, "{} bytes", bytes.len());
    }
}
