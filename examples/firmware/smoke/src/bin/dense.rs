//! Dense layers on the hardware multiplier, in memory that assembly stores to and in one that it
//! does not, against sums by plain arithmetic.
#![no_std]
#![no_main]

use freeml_core::kernels::{Conv, Depthwise, PoolWindow, Residual, conv, depthwise};
use freeml_core::{
    Element, Field, Frame, I8, I16, Kind, Memory, Output, Requantise, SHIFT_16, SHIFT_24, Tensor,
    U8,
};
use msp430_support::{entry, print_str};

entry!(main);

const STATE: usize = 420;
const HEIGHT: u16 = 3;
const WIDTH: u16 = 5;
const DEPTH: u16 = 9;
/// Windows of two rows and columns: 18 taps in a row of a convolution, more than one pass.
const ROWS: u16 = 2;
const COLS: u16 = 2;
const RESULT_AT: u16 = 280;
const RESIDUAL_AT: u16 = 352;

/// A state that begins at an even address, all of which assembly may store to if `DIRECT`.
#[derive(Clone)]
#[repr(align(2))]
struct State<const DIRECT: bool>([u8; STATE]);

impl<const DIRECT: bool> Memory for State<DIRECT> {
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
        if DIRECT { &mut self.0 } else { &mut [] }
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
    for seed in 0..8 {
        good &= element::<U8>(seed) && element::<I8>(seed) && element::<I16>(seed);
    }
    print_str(if good { "dense ok\n" } else { "dense WRONG\n" });
}

fn element<E: Element>(seed: u16) -> bool {
    layers::<E, true>(seed) && layers::<E, false>(seed)
}

/// What a layer of this run has besides its taps.
struct Rest<'a> {
    requantise: Requantise<'a>,
    residual: Option<Residual>,
    output: Output,
}

fn layers<E: Element, const DIRECT: bool>(seed: u16) -> bool {
    let mut weights = [0; 4 * 36];
    fill(&mut weights, seed + 100);
    // Results inside the bounds and beyond, on both sides.
    let bias = [70_000, -3, 0, -70_000, 500, 12_345, -40_000, 0, 9];
    let multiplier = [40, 150, 0, i16::MAX, 300, 90, 1_000, 7, 2_000];
    let kind = if seed % 2 == 0 { Kind::U8 } else { Kind::I8 };
    let tensor = Tensor {
        at: RESULT_AT,
        height: HEIGHT - 1,
        width: WIDTH - 1,
        channels: 4,
        frame: Frame::NONE,
        kind,
    };
    let (low, high) = kind.range();
    let mut rest = Rest {
        requantise: Requantise {
            bias: &bias,
            multiplier: &multiplier,
            shift: if seed % 3 == 0 { SHIFT_24 } else { SHIFT_16 },
        },
        residual: None,
        output: Output { tensor, low, high, per_step: 7 },
    };
    if seed % 4 > 1 {
        let multiplier = if seed % 8 > 3 { 700 } else { -1_100 };
        rest.residual = Some(Residual { at: RESIDUAL_AT, gap: 1, kind, multiplier });
    }
    let summed = convolution::<E, DIRECT>(seed, &weights, &rest);
    rest.residual = None;
    rest.output.tensor.channels = DEPTH;
    summed && channelwise::<E, DIRECT>(seed, &weights, &rest)
}

fn field<E: Element>() -> Field {
    let col = DEPTH * E::KIND.size();
    let row = WIDTH * col;
    Field {
        at: 2,
        row_stride: row,
        col_stride: col,
        rows: ROWS,
        cols: COLS,
        row_step: row,
        col_step: col,
    }
}

fn convolution<E: Element, const DIRECT: bool>(seed: u16, weights: &[u8], rest: &Rest<'_>) -> bool {
    let mut state = State::<DIRECT>([0; STATE]);
    fill(&mut state.0, seed);
    let before = state.clone();
    let &Rest { requantise, residual, output } = rest;
    let layer = Conv {
        field: field::<E>(),
        depth: DEPTH,
        group_outputs: output.tensor.channels,
        pool: PoolWindow::POINT,
        weights,
        requantise,
        residual,
        output,
    };
    for step in 0..output.steps() {
        conv::<E, State<DIRECT>>(&layer, &mut state, step);
    }
    agrees(
        &before,
        &state,
        rest,
        |at, channel| {
            let mut sum = 0;
            for tap in 0..ROWS * COLS * DEPTH {
                let place = at
                    + (tap / (COLS * DEPTH) * WIDTH * DEPTH + tap % (COLS * DEPTH))
                        * E::KIND.size();
                sum += product::<E>(&before, place, weights, channel * ROWS * COLS * DEPTH + tap);
            }
            sum
        },
        field::<E>(),
    )
}

fn channelwise<E: Element, const DIRECT: bool>(seed: u16, weights: &[u8], rest: &Rest<'_>) -> bool {
    let mut state = State::<DIRECT>([0; STATE]);
    fill(&mut state.0, seed);
    let before = state.clone();
    let &Rest { requantise, output, .. } = rest;
    let layer = Depthwise { field: field::<E>(), weights, requantise, output };
    for step in 0..output.steps() {
        depthwise::<E, State<DIRECT>>(&layer, &mut state, step);
    }
    agrees(
        &before,
        &state,
        rest,
        |at, channel| {
            let mut sum = 0;
            for tap in 0..ROWS * COLS {
                let element = (tap / COLS * WIDTH + tap % COLS) * DEPTH + channel;
                let place = at + element * E::KIND.size();
                sum += product::<E>(&before, place, weights, channel * ROWS * COLS + tap);
            }
            sum
        },
        field::<E>(),
    )
}

fn product<E: Element>(state: &impl Memory, at: u16, weights: &[u8], weight: u16) -> i32 {
    let weight = weights.get(usize::from(weight)).copied().unwrap_or(0).cast_signed();
    i32::from(E::read(state.bytes(at, E::KIND.size()))) * i32::from(weight)
}

/// Whether `after` has what `sum`, of a window and a channel, says, and else what was `before`.
fn agrees<const DIRECT: bool>(
    before: &State<DIRECT>,
    after: &State<DIRECT>,
    rest: &Rest<'_>,
    sum: impl Fn(u16, u16) -> i32,
    field: Field,
) -> bool {
    let mut expected = before.clone();
    let Tensor { at, height, width, channels, kind, .. } = rest.output.tensor;
    for index in 0..height * width * channels {
        let (pixel, channel) = (index / channels, index % channels);
        let window = field.at + pixel / width * field.row_stride + pixel % width * field.col_stride;
        let number = usize::from(channel);
        let bias = rest.requantise.bias.get(number).copied().unwrap_or(0);
        let multiplier = rest.requantise.multiplier.get(number).copied().unwrap_or(0);
        let mut value = scaled(sum(window, channel) + bias, multiplier, rest.requantise.shift);
        if let Some(residual) = rest.residual {
            let byte = before.byte(residual.at + index + pixel / width * residual.gap);
            let term = match kind {
                Kind::I8 => i32::from(byte.cast_signed()),
                _ => byte.into(),
            };
            value += (term * i32::from(residual.multiplier) + 512) >> 10;
        }
        let value = value.clamp(rest.output.low.into(), rest.output.high.into());
        expected.store(at + index, value.to_le_bytes()[0]);
    }
    expected.0 == after.0
}

/// `floor(sum * multiplier / 2^shift)` by halves, since the product may have more than 32 bits.
fn scaled(sum: i32, multiplier: i16, shift: u8) -> i32 {
    let multiplier = i32::from(multiplier);
    let low = (sum & 0xFF) * multiplier;
    let middle = ((sum >> 8) & 0xFF) * multiplier + (low >> 8);
    let scaled = (sum >> 16) * multiplier + (middle >> 8);
    if shift == SHIFT_24 { scaled >> 8 } else { scaled }
}
