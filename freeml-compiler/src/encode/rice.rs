//! Weights in few bits: [`Rice`](freeml_core::encoding::Rice).

use freeml_core::encoding::Coding;

use super::{Row, Rows, code, gaps, number_bytes};

/// Rice parameters that are tried: all that gaps of 16 bits may want.
const PARAMETERS: usize = 16;

/// The parameters of the smallest table.
pub fn parameters(rows: &Rows, part_channels: usize) -> Coding {
    let parts: Vec<_> = rows.rows.chunks(part_channels.max(1)).map(Part::of).collect();
    let coding = rows.coding();
    let mut best = (usize::MAX, coding);
    for (gap_bits, count_bits) in
        (0..PARAMETERS).flat_map(|gap| (0..PARAMETERS).map(move |count| (gap, count)))
    {
        let part_bytes = |(index, part): (usize, &Part)| {
            let bits = part.gaps[gap_bits] + part.counts[count_bits];
            let bytes = (bits + part.weights * usize::from(coding.code_bits)).div_ceil(8);
            bytes + if index + 1 == parts.len() { 0 } else { number_bytes(bytes) }
        };
        let bytes = parts.iter().enumerate().map(part_bytes).sum();
        if bytes < best.0 {
            let [gap_bits, count_bits] = [gap_bits, count_bits].map(|bits| bits.to_le_bytes()[0]);
            best = (bytes, Coding { gap_bits, count_bits, ..coding });
        }
    }
    best.1
}

/// Bits that the gaps and the counts of a part take with each parameter.
struct Part {
    weights: usize,
    gaps: [usize; PARAMETERS],
    counts: [usize; PARAMETERS],
}

impl Part {
    fn of(rows: &[Row]) -> Self {
        let mut part = Part { weights: 0, gaps: [0; PARAMETERS], counts: [0; PARAMETERS] };
        for row in rows {
            part.weights += row.len();
            add(&mut part.counts, row.len());
            for (gap, _) in gaps(row) {
                add(&mut part.gaps, gap.into());
            }
        }
        part
    }
}

/// Adds the length of `value`'s code with each parameter.
fn add(bits: &mut [usize; PARAMETERS], value: usize) {
    for (low_bits, bits) in bits.iter_mut().enumerate() {
        *bits += (value >> low_bits) + 1 + low_bits;
    }
}

/// Bytes of some rows.
pub fn size(rows: &[Row], coding: Coding) -> usize {
    let rice = |value: usize, low_bits: u8| (value >> low_bits) + 1 + usize::from(low_bits);
    let weight =
        |(gap, _): (u16, i16)| rice(gap.into(), coding.gap_bits) + usize::from(coding.code_bits);
    let row = |row: &Row| rice(row.len(), coding.count_bits) + gaps(row).map(weight).sum::<usize>();
    rows.iter().map(row).sum::<usize>().div_ceil(8)
}

/// The rows in bytes.
pub fn write(rows: &[Row], coding: Coding) -> Vec<u8> {
    let mut bits = Bits::default();
    for row in rows {
        bits.rice(row.len(), coding.count_bits);
        for (gap, weight) in gaps(row) {
            bits.rice(gap.into(), coding.gap_bits);
            bits.lowest(code(weight, coding).into(), coding.code_bits);
        }
    }
    bits.bytes
}

/// Bits in bytes, the highest of each first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// Bits that the last byte lacks.
    free: u8,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.free == 0 {
            self.bytes.push(0);
            self.free = 8;
        }
        self.free -= 1;
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << self.free;
        }
    }

    /// The lowest `count` bits of `value`, the highest of them first.
    fn lowest(&mut self, value: usize, count: u8) {
        for bit in (0..count).rev() {
            self.push(value >> bit & 1 == 1);
        }
    }

    /// `value / 2^low_bits` ones, a zero, and the lowest bits.
    fn rice(&mut self, value: usize, low_bits: u8) {
        for _ in 0..value >> low_bits {
            self.push(true);
        }
        self.push(false);
        self.lowest(value, low_bits);
    }
}
