//! Sparse convolutions at four windows at a time, against sums by plain arithmetic.
#![no_std]
#![no_main]

#[path = "../plain_rice.rs"]
mod plain_rice;

use core::marker::PhantomData;

use freeml_core::encoding::{Coding, Encoding, Packed, Rice, Visitor};
use freeml_core::kernels::{Area, Quads, Walk, quads};
use freeml_core::{
    Element, Ending, Frame, I8, Kind, LayerScale, Memory, Output, SHIFT_16, SHIFT_24, Tensor, U8,
};
use msp430_support::{entry, print_str};
use plain_rice::PlainRice;

entry!(main);

const HEIGHT: u16 = 5;
const WIDTH: u16 = 11;
const DEPTH: u16 = 3;
const ROW_BYTES: u16 = WIDTH * DEPTH;
const CHANNELS: u16 = 3;
/// Windows of two rows and columns.
const TAPS: u16 = 4 * DEPTH;
const INPUT_AT: u16 = 8;
const AREA_AT: u16 = INPUT_AT + HEIGHT * ROW_BYTES + 1;
/// The places of the next rows, the run, the heads of the lists, and entries and words.
const AREA_BYTES: u16 = 8 + 6 + 58 + 32 + ENTRIES_AND_WORDS;
/// Room for each tap with all doublings and the word that keeps its sum.
const ENTRIES_AND_WORDS: u16 = 270;
/// The result is last, so that it ends where the state does.
const RESULT_AT: u16 = AREA_AT + AREA_BYTES;
const STATE: usize = 668;
/// The word of the header which tells that a program is of this boot.
const DECODED: u16 = 6;

/// A state that begins at an even address.
#[repr(align(2))]
struct State {
    bytes: [u8; STATE],
    /// What there is of them.
    end: u16,
}

impl Memory for State {
    fn bytes(&self, at: u16, len: u16) -> &[u8] {
        let bytes = self.bytes.get(..self.end.into()).unwrap_or(&[]);
        let start = usize::from(at);
        bytes.get(start..start + usize::from(len)).unwrap_or(&[])
    }

    fn store(&mut self, at: u16, value: u8) {
        if let Some(byte) = self.bytes.get_mut(usize::from(at)) {
            *byte = value;
        }
    }

    fn store_word(&mut self, at: u16, value: u16) {
        let [low, high] = value.to_le_bytes();
        self.store(at, low);
        self.store(at + 1, high);
    }

    fn direct(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

/// Bytes without a pattern.
fn fill(bytes: &mut [u8], mut seed: u16) {
    for byte in bytes {
        seed = seed.wrapping_mul(25_173).wrapping_add(13_849);
        *byte = seed.to_be_bytes()[0];
    }
}

fn main() {
    let mut good = true;
    for seed in 0..16 {
        for ending in [Ending::Each, Ending::Pairs, Ending::Largest] {
            good &= element::<U8>(ending, seed) && element::<I8>(ending, seed);
        }
    }
    print_str(if good { "quads ok\n" } else { "quads WRONG\n" });
}

fn element<E: Element>(ending: Ending, seed: u16) -> bool {
    let mut good = true;
    for cut in [Cut::Channels, Cut::Rows, Cut::Windows] {
        good &= layer::<E, Rice, PlainRice>(ending, cut, seed)
            && layer::<E, Packed, Packed>(ending, cut, seed);
    }
    good
}

/// What a step computes.
#[derive(Clone, Copy)]
enum Cut {
    /// Two channels at all positions.
    Channels,
    /// A channel in one row.
    Rows,
    /// A channel at twice four windows.
    Windows,
}

/// Numbers that go with a number of bits of a code: the additions that 16 bits hold, or fewer, so
/// that sums are kept, and a multiplier by which no product has more than 32 bits.
fn numbers(code_bits: u8, seed: u16) -> (u16, i16) {
    match code_bits {
        1 => (if seed & 4 == 0 { 2 } else { 12 }, 20_000),
        2 => (if seed & 4 == 0 { 3 } else { 12 }, 8_000),
        3 => (if seed & 4 == 0 { 5 } else { 12 }, 1_000),
        _ => (1, 300),
    }
}

/// Whether a layer of random weights, which `P` decodes too, gives the plain sums.
fn layer<E: Element, C: Encoding, P: Encoding>(ending: Ending, cut: Cut, seed: u16) -> bool {
    let mut state = State { bytes: [0; STATE], end: 0 };
    fill(&mut state.bytes, seed);
    let mut table = [0; 60];
    fill(&mut table, seed + 100);
    // Rows are shifted by three at most.
    for shifts in table.iter_mut().skip(usize::from(CHANNELS)).take(2) {
        *shifts &= 0x33;
    }
    let code_bits = seed.to_le_bytes()[0] % 4 + 1;
    let (entries, multiplier) = numbers(code_bits, seed);
    // Windows of a pool that are a byte apart have additions of their own.
    let near = if seed % 3 == 0 && !matches!(ending, Ending::Each) { 1 } else { DEPTH };
    let (far, [rows, cols]) = match ending {
        Ending::Each => (DEPTH, [1, 1]),
        Ending::Pairs => (2 * DEPTH - near, [1, 2]),
        Ending::Largest => (ROW_BYTES - near, [2, 2]),
    };
    let signed = seed & 2 == 0;
    let tensor = Tensor {
        at: RESULT_AT,
        height: if rows == 1 { HEIGHT - 1 } else { (HEIGHT - 1) / 2 },
        width: if cols == 1 { WIDTH - 1 } else { (WIDTH - 1) / 2 },
        channels: CHANNELS,
        frame: Frame::NONE,
        kind: if signed { Kind::I8 } else { Kind::U8 },
    };
    state.end = RESULT_AT + tensor.height * tensor.width * CHANNELS;
    let (part_channels, block) = match cut {
        Cut::Channels => (2, 0),
        Cut::Rows => (1, tensor.width.div_ceil(ending.outputs())),
        Cut::Windows => (1, 2),
    };
    let layer = Quads {
        origin: INPUT_AT,
        span: ROW_BYTES + 2 * DEPTH,
        walk: Walk { run: 2 * DEPTH, runs: 1, run_skip: ROW_BYTES - 2 * DEPTH, row_skip: 0 },
        row_step: rows * ROW_BYTES,
        col_step: cols * DEPTH,
        near,
        far,
        ending,
        group_outputs: CHANNELS,
        group_step: 0,
        area: Area { at: AREA_AT, entries, words: (ENTRIES_AND_WORDS - 4 * entries) / 2 },
        table: &table,
        part_channels,
        block,
        coding: Coding { code_bits, gap_bits: 1, count_bits: 2, uniform: false, shifted: true },
        scale: LayerScale {
            rounding: 500,
            multiplier,
            bias_shift: 3,
            shift: if seed & 8 == 0 { SHIFT_16 } else { SHIFT_24 },
        },
        output: Output {
            tensor,
            low: if signed { -127 } else { 0 },
            high: if signed { 127 } else { 255 },
            per_step: 1,
        },
    };
    let prepared = layer.prepared();
    for step in 0..layer.steps() {
        // As if the power failed before every fourth step.
        if step % 4 == 3 {
            state.store_word(DECODED, 0);
        }
        quads::<E, C, State>(&prepared, &mut state, step);
    }
    is_right::<E, P>(&layer, &state, [rows, cols])
}

/// Whether all outputs, each of the largest of `rows * cols` sums, are what plain sums give.
fn is_right<E: Element, P: Encoding>(
    layer: &Quads<'_>,
    state: &State,
    [rows, cols]: [u16; 2],
) -> bool {
    let tensor = &layer.output.tensor;
    let (biases, rest) = layer.table.split_at(usize::from(CHANNELS));
    let (shifts, weights) = rest.split_at(2);
    let mut stream = P::Stream::from(weights);
    let mut good = true;
    for (channel, bias) in (0..CHANNELS).zip(biases) {
        let pair = shifts.get(usize::from(channel / 2)).copied().unwrap_or(0);
        let shift = if channel % 2 == 0 { pair >> 4 } else { pair & 15 };
        let mut row = Row { weights: [0; TAPS as usize], next: 0 };
        P::row(&mut stream, layer.coding, &mut row);
        for y in 0..tensor.height {
            for x in 0..tensor.width {
                let mut largest = i32::MIN;
                for pooled in 0..rows * cols {
                    let (below, right) = (pooled / cols, pooled % cols);
                    let row_at = INPUT_AT + (y * rows + below) * ROW_BYTES;
                    let at = row_at + x * cols * DEPTH + right * layer.near;
                    largest = largest.max(row.sum(state, at, PhantomData::<E>));
                }
                let bias = i32::from(bias.cast_signed()) << layer.scale.bias_shift;
                let sum = (largest << shift) + bias + layer.scale.rounding;
                let value = (sum * i32::from(layer.scale.multiplier)) >> layer.scale.shift;
                let value = value.clamp(layer.output.low.into(), layer.output.high.into());
                let stored = state.byte(tensor.at + (y * tensor.width + x) * CHANNELS + channel);
                good &= stored == value.to_le_bytes()[0];
            }
        }
    }
    good
}

/// A row by its taps.
struct Row {
    weights: [i16; TAPS as usize],
    next: u16,
}

impl Row {
    fn sum<E: Element>(&self, state: &State, at: u16, _: PhantomData<E>) -> i32 {
        let mut sum = 0;
        for (tap, &weight) in (0..TAPS).zip(&self.weights) {
            let skip = if tap < TAPS / 2 { 0 } else { ROW_BYTES - 2 * DEPTH };
            let element = E::read(state.bytes(at + tap + skip, 1));
            sum += i32::from(element) * i32::from(weight);
        }
        sum
    }
}

impl Visitor for Row {
    fn weight(&mut self, gap: u16, weight: i16) {
        let tap = self.next.wrapping_add(gap);
        self.next = tap.wrapping_add(1);
        if let Some(slot) = self.weights.get_mut(usize::from(tap)) {
            *slot = weight;
        }
    }

    fn unit(&mut self, gap: u16, weight: i16) {
        self.weight(gap, weight);
    }

    fn rewind(&mut self) {
        self.next = 0;
    }

    fn double(&mut self) {}
}
