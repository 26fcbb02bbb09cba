//! What is encoded is what the device decodes, in as many bytes as were announced.

use freeml_core::SHIFT_16;
use freeml_core::encoding::{
    Coding, Encoding, Packed, Rice, ShiftAdd, SparseBytes, UniformRice, Visitor,
};
use proptest::prelude::*;

use super::{Choice, Format, Row, Rows, bytes, choose, dense, rice, table};
use crate::encode::Objective;
use crate::quantise::{Filters, Tap};
use crate::train::Levels;

const FORMATS: [Format; 4] = [Format::SparseBytes, Format::Packed, Format::Rice, Format::ShiftAdd];

/// Collects the weights of a row.
#[derive(Default)]
struct Collect {
    next: usize,
    taps: Row,
}

impl Visitor for Collect {
    fn weight(&mut self, gap: u16, weight: i16) {
        let index = self.next + usize::from(gap);
        self.next = index + 1;
        self.taps.push(Tap { index: u16::try_from(index).unwrap(), weight });
    }

    fn unit(&mut self, gap: u16, weight: i16) {
        self.weight(gap, weight);
    }

    fn rewind(&mut self) {
        self.next = 0;
    }

    fn double(&mut self) {}
}

fn decode<E: Encoding>(stream: &[u8], coding: Coding, rows: usize) -> Vec<Row> {
    let mut stream = E::Stream::from(stream);
    let row = |_| {
        let mut collect = Collect::default();
        E::row(&mut stream, coding, &mut collect);
        collect.taps.sort_by_key(|tap| tap.index);
        collect.taps
    };
    (0..rows).map(row).collect()
}

/// The rows of a table whose parts have `part_channels` channels.
fn decode_table(table: &[u8], choice: Choice, channels: usize, part_channels: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let (shifts, mut rest) = if choice.coding.shifted {
        table[channels..].split_at(channels.div_ceil(2))
    } else {
        table[channels..].split_at(0)
    };
    while rows.len() < channels {
        let count = part_channels.min(channels - rows.len());
        let mut bytes = 0;
        if rows.len() + count < channels {
            let escapes = rest.iter().take_while(|&&byte| byte == 255).count();
            bytes = 255 * escapes + usize::from(rest[escapes]);
            rest = &rest[escapes + 1..];
        }
        rows.extend(match choice.format {
            Format::SparseBytes => decode::<SparseBytes>(rest, choice.coding, count),
            Format::Packed => decode::<Packed>(rest, choice.coding, count),
            Format::Rice if choice.coding.uniform => {
                decode::<UniformRice>(rest, choice.coding, count)
            }
            Format::Rice => decode::<Rice>(rest, choice.coding, count),
            Format::ShiftAdd => decode::<ShiftAdd>(rest, choice.coding, count),
        });
        rest = &rest[bytes..];
    }
    let shift = |row: usize| shifts.get(row / 2).map_or(0, |pair| pair >> (4 * (1 - row % 2)) & 15);
    for (index, row) in rows.iter_mut().enumerate() {
        for tap in row.iter_mut() {
            tap.weight <<= shift(index);
        }
    }
    rows
}

/// Filters of random density and any gaps.
fn filters() -> impl Strategy<Value = Filters> {
    let powers = prop_oneof![Just(1u8), Just(2), Just(4), Just(8)].prop_map(Levels::PowersOfTwo);
    let uniform = prop_oneof![Just(1u8), Just(4), Just(16)].prop_map(Levels::Uniform);
    let levels = prop_oneof![powers, uniform];
    let spread = prop_oneof![Just(1u16), Just(4), Just(40), Just(2000)];
    let shifts = prop_oneof![Just(0u8), Just(7)];
    (levels, spread, shifts, 1usize..12).prop_flat_map(|(levels, spread, shifts, channels)| {
        let tap = (0..spread, 0..levels.magnitudes(), any::<bool>());
        let taps = prop::collection::vec(tap, 0..40);
        let row = (taps, 0..=shifts).prop_map(move |(taps, shift)| {
            let mut next = 0;
            let tap = |(gap, number, negative): (u16, u8, bool)| {
                let index = next + gap;
                next = index + 1;
                let level = match levels {
                    Levels::PowersOfTwo(_) => 1 << number,
                    Levels::Uniform(_) => i16::from(number) + 1,
                };
                Tap { index, weight: if negative { -level } else { level } << shift }
            };
            taps.into_iter().map(tap).collect::<Row>()
        });
        let rows = prop::collection::vec(row, channels);
        let bias = prop::collection::vec(any::<i8>(), channels);
        (rows, bias).prop_map(move |(rows, bias)| Filters {
            levels,
            rows,
            bias,
            bias_shift: 3,
            rounding: 100,
            multiplier: 1000,
            shift: SHIFT_16,
        })
    })
}

proptest! {
    #[test]
    fn tables_give_back_the_filters(filters in filters(), part_channels in 1usize..13) {
        let channels = filters.rows.len();
        for format in FORMATS {
            let rows = Rows::of(&filters);
            if !rows.suit(format) {
                continue;
            }
            let coding = rice::parameters(&rows, part_channels);
            let choice = rows.candidate(part_channels, format, coding);
            let table = table(&filters, part_channels, choice);
            prop_assert_eq!(table.len(), choice.bytes, "{:?}", format);
            let bias: Vec<u8> = filters.bias.iter().map(|bias| bias.cast_unsigned()).collect();
            prop_assert_eq!(&table[..channels], &bias);
            let rows = decode_table(&table, choice, channels, part_channels);
            prop_assert_eq!(&rows, &filters.rows, "{:?}", format);
        }
    }

    #[test]
    fn nothing_is_smaller_than_the_choice(
        filters in filters(), part_channels in 1usize..13, gap_bits in 0u8..8, count_bits in 0u8..8,
    ) {
        let choice = choose(&filters, part_channels, Objective::Size);
        prop_assert_eq!(choice.bytes, bytes(&filters, part_channels));
        let rows = Rows::of(&filters);
        let coding = Coding { gap_bits, count_bits, ..rows.coding() };
        for format in FORMATS {
            if rows.suit(format) {
                let other = rows.candidate(part_channels, format, coding);
                prop_assert!(choice.bytes <= other.bytes, "{:?}", other);
            }
        }
    }

    #[test]
    fn dense_tables_hold_the_same_layer(filters in filters()) {
        const TAPS: usize = 80_000;
        let Some(tables) = dense(&filters, TAPS) else {
            prop_assert!(filters.rows.iter().flatten().any(|tap| tap.weight.abs() > 127));
            return Ok(());
        };
        for (channel, row) in filters.rows.iter().enumerate() {
            let weights = tables.weights[channel * TAPS..][..TAPS].iter().enumerate();
            let kept: Vec<(usize, i16)> = weights
                .filter(|weight| *weight.1 != 0)
                .map(|(index, weight)| (index, i16::from(weight.cast_signed())))
                .collect();
            let expected: Vec<(usize, i16)> =
                row.iter().map(|tap| (tap.index.into(), tap.weight)).collect();
            prop_assert_eq!(kept, expected);
            prop_assert_eq!(tables.bias[channel], i32::from(filters.bias[channel]) * 8 + 100);
            prop_assert_eq!(tables.multiplier[channel], 1000);
        }
    }
}
