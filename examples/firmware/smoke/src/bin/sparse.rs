//! Sparse layers on the hardware multiplier, against sums by plain arithmetic.
#![no_std]
#![no_main]

#[path = "../plain_rice.rs"]
mod plain_rice;

use freeml_core::encoding::{Coding, Encoding, Packed, Rice, ShiftAdd, SparseBytes, Visitor};
use freeml_core::kernels::{Scratch, Sparse, Walk, Windows, sparse};
use freeml_core::{
    Element, Frame, I8, I16, Kind, LayerScale, Memory, Output, SHIFT_16, SHIFT_24, Tensor, U8,
};
use msp430_support::{entry, print_str};
use plain_rice::PlainRice;

entry!(main);

const STATE: usize = 256;
const HEIGHT: u16 = 3;
const WIDTH: u16 = 5;
const DEPTH: u16 = 3;
const CHANNELS: u16 = 5;
/// Windows of two rows and columns.
const TAPS: u16 = 4 * DEPTH;
/// Products with it have 31 bits even if all taps have positive and negative weights of all
/// magnitudes, as random bytes may say.
const MULTIPLIER: i16 = 10;

/// A state that begins at an even address.
#[repr(align(2))]
struct State([u8; STATE]);

impl Memory for State {
    fn bytes(&self, at: u16, len: u16) -> &[u8] {
        let start = usize::from(at);
        self.0.get(start..start + usize::from(len)).unwrap_or(&[])
    }

    fn store(&mut self, at: u16, value: u8) {
        if let Some(byte) = self.0.get_mut(usize::from(at)) {
            *byte = value;
        }
    }

    fn store_word(&mut self, at: u16, value: u16) {
        let [low, high] = value.to_le_bytes();
        self.store(at, low);
        self.store(at + 1, high);
    }

    fn direct(&mut self) -> &mut [u8] {
        &mut self.0
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
    for seed in 0..12 {
        good &= element::<U8>(seed) && element::<I8>(seed) && element::<I16>(seed);
    }
    print_str(if good { "sparse ok\n" } else { "sparse WRONG\n" });
}

fn element<E: Element>(seed: u16) -> bool {
    layer::<E, SparseBytes, SparseBytes>(seed)
        && layer::<E, Packed, Packed>(seed)
        && layer::<E, Rice, PlainRice>(seed)
        && layer::<E, ShiftAdd, ShiftAdd>(seed)
}

/// Whether a layer of random weights, which `P` decodes too, gives the plain sums: with blocks of
/// three positions, which decode into a list, and of one, which sum while they decode.
fn layer<E: Element, C: Encoding, P: Encoding>(seed: u16) -> bool {
    let mut state = State([0; STATE]);
    fill(&mut state.0, seed);
    let mut table = [0; 120];
    fill(&mut table, seed + 100);
    let size = E::KIND.size();
    let row_step = WIDTH * DEPTH * size;
    let scratch = Scratch { at: 160, weights: 12 };
    let windows = Windows {
        row_step,
        col_step: DEPTH * size,
        walk: Walk { run: 2 * DEPTH, runs: 1, run_skip: row_step - 2 * DEPTH * size, row_skip: 0 },
        scratch,
        ..Windows::SINGLE
    };
    let positions = if seed % 2 == 0 { 3 } else { 1 };
    let [code_bits, gap_bits, count_bits] = [seed.to_le_bytes()[0] % 4 + 1, 1, 2];
    let tensor = Tensor {
        at: 94,
        height: HEIGHT - 1,
        width: WIDTH - 1,
        channels: CHANNELS,
        frame: Frame::NONE,
        kind: Kind::I8,
    };
    let layer = Sparse {
        origin: 2,
        span: row_step + 2 * DEPTH * size,
        windows: Some(&windows),
        table: &table,
        part_channels: CHANNELS,
        coding: Coding { code_bits, gap_bits, count_bits, uniform: false, shifted: false },
        scale: LayerScale {
            rounding: 500,
            multiplier: MULTIPLIER,
            bias_shift: 3,
            shift: if size == 2 { SHIFT_24 } else { SHIFT_16 },
        },
        residual: None,
        output: Output { tensor, low: -127, high: 127, per_step: positions * CHANNELS },
    };
    for step in 0..layer.steps() {
        sparse::<E, C, State>(&layer, &mut state, step);
    }
    let mut good = true;
    for y in 0..tensor.height {
        for x in 0..tensor.width {
            let at = layer.origin + y * row_step + x * DEPTH * size;
            let listed = positions != 1;
            good &= position::<E, P>(&layer, &state, at, (y * tensor.width + x) * CHANNELS, listed);
        }
    }
    good
}

/// Whether the channels at element `index` are the plain sums over the window at `at`.
fn position<E: Element, C: Encoding>(
    layer: &Sparse<'_>,
    state: &State,
    at: u16,
    index: u16,
    listed: bool,
) -> bool {
    let (biases, rows) = layer.table.split_at(usize::from(CHANNELS));
    let mut rows = C::Stream::from(rows);
    let mut good = true;
    for (channel, bias) in (0..).zip(biases) {
        let mut plain = Plain::<'_, E> {
            state,
            at,
            next: 0,
            sum: 0,
            left: if listed { layer.windows.map_or(0, |w| w.scratch.weights) } else { u16::MAX },
            element: core::marker::PhantomData,
        };
        C::row(&mut rows, layer.coding, &mut plain);
        let sum = plain.sum + (i32::from(bias.cast_signed()) << 3) + 500;
        let value = (sum * i32::from(MULTIPLIER)) >> layer.scale.shift;
        let stored = state.byte(layer.output.tensor.at + index + channel).cast_signed();
        good &= i32::from(stored) == value.clamp(-127, 127);
    }
    good
}

/// Sums the weights of a row, of which there may be any number and in any order.
struct Plain<'s, E> {
    state: &'s State,
    at: u16,
    next: u16,
    sum: i32,
    left: u16,
    element: core::marker::PhantomData<E>,
}

impl<E: Element> Visitor for Plain<'_, E> {
    fn weight(&mut self, gap: u16, weight: i16) {
        let tap = self.next.wrapping_add(gap);
        self.next = tap.wrapping_add(1);
        if tap < TAPS && self.left != 0 {
            let size = E::KIND.size();
            let skip = if tap < TAPS / 2 { 0 } else { (WIDTH - 2) * DEPTH };
            let element = E::read(self.state.bytes(self.at + (tap + skip) * size, size));
            self.sum += i32::from(element) * i32::from(weight);
            self.left -= 1;
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
