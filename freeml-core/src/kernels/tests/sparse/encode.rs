//! Encoders as plain as can be, one per encoding.

use std::vec::Vec;

use crate::encoding::Coding;

/// A kept weight and its place in the filter.
pub type Tap = (u16, i16);

/// Encodes the rows of a part.
pub type Encoder = fn(&[Vec<Tap>], Coding) -> Vec<u8>;

/// Gaps before the weights, which come by increasing place.
fn gaps(taps: &[Tap]) -> Vec<(u16, i16)> {
    let mut next = 0;
    let gap = |&(index, weight): &Tap| {
        let gap = index - next;
        next = index + 1;
        (gap, weight)
    };
    taps.iter().map(gap).collect()
}

/// A byte, where 255 stands for 255 more than what follows.
pub fn number(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 255 {
        bytes.push(255);
        value -= 255;
    }
    bytes.push(value.try_into().unwrap());
}

fn code(weight: i16, coding: Coding) -> u16 {
    let magnitude = weight.unsigned_abs();
    let number = if coding.uniform { magnitude - 1 } else { magnitude.ilog2().try_into().unwrap() };
    number * 2 + u16::from(weight < 0)
}

pub fn sparse_bytes(rows: &[Vec<Tap>], _coding: Coding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        number(&mut bytes, row.len());
        for (gap, weight) in gaps(row) {
            number(&mut bytes, gap.into());
            bytes.push(weight.to_le_bytes()[0]);
        }
    }
    bytes
}

pub fn packed(rows: &[Vec<Tap>], coding: Coding) -> Vec<u8> {
    let codes = 1 << coding.code_bits;
    let escape = 256 / codes - 1;
    let mut bytes = Vec::new();
    for row in rows {
        number(&mut bytes, row.len());
        for (gap, weight) in gaps(row) {
            let mut gap = gap;
            while gap >= escape {
                let turns = (gap / escape).min(codes);
                gap -= turns * escape;
                bytes.push((escape * codes + turns - 1).try_into().unwrap());
            }
            bytes.push((gap * codes + code(weight, coding)).try_into().unwrap());
        }
    }
    bytes
}

pub fn rice(rows: &[Vec<Tap>], coding: Coding) -> Vec<u8> {
    let mut bits = Vec::new();
    let fixed = |bits: &mut Vec<bool>, value: u16, count: u8| {
        bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    };
    let rice = |bits: &mut Vec<bool>, value: u16, low_bits: u8| {
        bits.extend((0..value >> low_bits).map(|_| true));
        bits.push(false);
        fixed(bits, value, low_bits);
    };
    for row in rows {
        rice(&mut bits, row.len().try_into().unwrap(), coding.count_bits);
        for (gap, weight) in gaps(row) {
            rice(&mut bits, gap, coding.gap_bits);
            fixed(&mut bits, code(weight, coding), coding.code_bits);
        }
    }
    let byte = |bits: &[bool]| {
        (0..8).fold(0, |byte, bit| byte * 2 + u8::from(bits.get(bit) == Some(&true)))
    };
    bits.chunks(8).map(byte).collect()
}

pub fn shift_add(rows: &[Vec<Tap>], coding: Coding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        for exponent in (0..1 << (coding.code_bits - 1)).rev() {
            let lists = [1, -1].map(|sign| {
                row.iter().copied().filter(|tap| tap.1 == sign << exponent).collect::<Vec<Tap>>()
            });
            let half = |list: &[Tap]| u8::try_from(list.len().min(15)).unwrap();
            bytes.push(half(&lists[0]) << 4 | half(&lists[1]));
            for list in lists.iter().filter(|list| list.len() >= 15) {
                number(&mut bytes, list.len() - 15);
            }
            for list in &lists {
                for (gap, _) in gaps(list) {
                    number(&mut bytes, gap.into());
                }
            }
        }
    }
    bytes
}
