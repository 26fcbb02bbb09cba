//! Sparse layers, in every encoding.

mod encode;

use std::vec::Vec;

use proptest::{prelude::*, sample, test_runner::TestCaseResult};

use super::reference::{self, Values, index, taps};
use super::{Noise, extents, kinds, lay_out};
use crate::encoding::{Coding, Encoding, Packed, Rice, ShiftAdd, SparseBytes};
use crate::kernels::{PoolWindow, Residual, Scratch, Sparse, Windows, sparse};
use crate::{
    EmulatedFram, I8, I16, Kind, LayerScale, Output, SHIFT_16, SHIFT_24, Tensor, U8, Window,
};
use encode::{Encoder, Tap};

/// A layer whose weights and memory come from `seed`.
#[derive(Debug, Clone)]
struct Case {
    input: Tensor,
    window: Window,
    groups: u16,
    pool: PoolWindow,
    /// Percentage of weights kept.
    kept: u64,
    coding: Coding,
    scale: LayerScale,
    residual: Option<(Kind, i16)>,
    output: Output,
    part_channels: u16,
    seed: u64,
}

/// What a case stands for in memory.
struct Layer {
    case: Case,
    rows: Vec<Vec<Tap>>,
    bias: Vec<u8>,
    windows: Windows,
    residual: Option<Residual>,
    memory: EmulatedFram,
}

type Step = fn(&Sparse<'_>, &mut EmulatedFram, u16);

fn step<C: Encoding>(kind: Kind) -> Step {
    match kind {
        Kind::U8 => sparse::<U8, C, EmulatedFram>,
        Kind::I8 => sparse::<I8, C, EmulatedFram>,
        Kind::I16 => sparse::<I16, C, EmulatedFram>,
    }
}

/// All encodings: how rows are written and read.
fn encodings(kind: Kind) -> [(Encoder, Step); 4] {
    [
        (encode::sparse_bytes, step::<SparseBytes>(kind)),
        (encode::packed, step::<Packed>(kind)),
        (encode::rice, step::<Rice>(kind)),
        (encode::shift_add, step::<ShiftAdd>(kind)),
    ]
}

impl Case {
    fn depth(&self) -> u16 {
        self.input.channels / self.groups
    }

    fn span(&self) -> u16 {
        let Window { rows, cols, row_dilation, col_dilation, .. } = self.window;
        (rows - 1) * row_dilation * self.input.row_bytes()
            + (cols - 1) * col_dilation * self.input.pixel_bytes()
            + self.depth() * self.input.kind.size()
    }

    fn windows(&self, scratch: Scratch) -> Windows {
        let Case { input, window, pool, groups, .. } = self;
        let (row, pixel) = (input.row_bytes(), input.pixel_bytes());
        let depth_bytes = self.depth() * input.kind.size();
        let small = |value: u16| u8::try_from(value).unwrap();
        Windows {
            row_step: pool.row_stride * window.row_stride * row,
            col_step: pool.col_stride * window.col_stride * pixel,
            pool_rows: small(pool.rows),
            pool_cols: small(pool.cols),
            pool_row_step: window.row_stride * row,
            pool_col_step: window.col_stride * pixel,
            run: self.depth(),
            runs: small(window.cols),
            run_skip: window.col_dilation * pixel - depth_bytes,
            row_skip: (window.row_dilation * row)
                .wrapping_sub(window.cols * window.col_dilation * pixel),
            group_outputs: self.output.tensor.channels / groups,
            group_step: if *groups == 1 { 0 } else { depth_bytes },
            scratch,
        }
    }

    fn layer(&self) -> Layer {
        let mut noise = Noise(self.seed);
        let mut case = self.clone();
        let taps = self.window.rows * self.window.cols * self.depth();
        let rows: Vec<Vec<Tap>> = (0..self.output.tensor.channels)
            .map(|_| (0..taps).filter_map(|tap| noise.weight(self).map(|w| (tap, w))).collect())
            .collect();
        let longest = rows.iter().map(Vec::len).max().unwrap();
        let mut added = Tensor { kind: Kind::U8, ..self.output.tensor };
        let mut list = Tensor {
            at: 0,
            height: 1,
            width: 1,
            channels: longest.try_into().unwrap(),
            kind: Kind::I16,
        };
        list.channels *= 2;
        let memory = noise.memory(lay_out([
            &mut case.input,
            &mut case.output.tensor,
            &mut added,
            &mut list,
        ]));
        let scratch = Scratch { at: list.at, weights: list.channels / 2 };
        let residual =
            self.residual.map(|(kind, multiplier)| Residual { at: added.at, kind, multiplier });
        let bias = noise.bytes(self.output.tensor.channels.into());
        Layer { windows: case.windows(scratch), case, rows, bias, residual, memory }
    }
}

impl Noise {
    /// A weight if it is kept: a power of two that 8 bits hold.
    fn weight(&mut self, case: &Case) -> Option<i16> {
        let bits = self.bits();
        let magnitudes = (1 << (case.coding.code_bits - 1)).min(7);
        let magnitude = 1 << (bits / 128 % magnitudes);
        let weight = if bits % 128 < 64 { magnitude } else { -magnitude };
        (bits / 1024 % 100 < case.kept).then_some(weight)
    }
}

impl Layer {
    /// Biases, and parts with their lengths.
    fn table(&self, encoder: Encoder) -> Vec<u8> {
        let mut table = self.bias.clone();
        let mut parts = self.rows.chunks(self.case.part_channels.into()).peekable();
        while let Some(channels) = parts.next() {
            let rows = encoder(channels, self.case.coding);
            if parts.peek().is_some() {
                encode::number(&mut table, rows.len());
            }
            table.extend(rows);
        }
        table
    }

    fn descriptor<'a>(&'a self, table: &'a [u8]) -> Sparse<'a> {
        Sparse {
            origin: self.case.input.at,
            span: self.case.span(),
            windows: Some(&self.windows),
            table,
            part_channels: self.case.part_channels,
            coding: self.case.coding,
            scale: self.case.scale,
            residual: self.residual,
            output: self.case.output,
        }
    }

    fn sum(&self, input: &Values, y: i64, x: i64, channel: i64) -> i64 {
        let case = &self.case;
        let (cols, depth) = (i64::from(case.window.cols), i64::from(case.depth()));
        let group = channel / i64::from(self.windows.group_outputs);
        let row = &self.rows[index(channel)];
        let mut sum = 0;
        for source in 0..depth {
            for (row_tap, col, value) in taps(&case.window, input, (y, x), group * depth + source) {
                let place = (row_tap * cols + col) * depth + source;
                let tap = row.iter().find(|tap| i64::from(tap.0) == place);
                sum += tap.map_or(0, |tap| value * i64::from(tap.1));
            }
        }
        sum
    }

    fn expected(&self) -> Vec<i64> {
        let Case { scale, pool, output, .. } = &self.case;
        let input = Values::of(&self.memory, &self.case.input);
        let divisor = if scale.shift == SHIFT_24 { 1 << 24 } else { 1 << 16 };
        reference::outputs(output, |y, x, channel| {
            let mut largest = i64::MIN;
            for row in 0..i64::from(pool.rows) {
                for col in 0..i64::from(pool.cols) {
                    let y = y * i64::from(pool.row_stride) + row;
                    let x = x * i64::from(pool.col_stride) + col;
                    largest = largest.max(self.sum(&input, y, x, channel));
                }
            }
            let bias = i64::from(self.bias[index(channel)].cast_signed()) << scale.bias_shift;
            let sum = largest + bias + i64::from(scale.rounding);
            let value = (sum * i64::from(scale.multiplier)).div_euclid(divisor);
            let width = i64::from(output.tensor.width);
            let place = (y * width + x) * i64::from(output.tensor.channels) + channel;
            value
                + self.residual.map_or(0, |residual| {
                    reference::nearest(reference::residual(residual, &self.memory, index(place)))
                })
        })
    }

    /// Checks that `after` differs from the memory before in the output, which is as expected,
    /// and in the scratch area at most.
    fn is_right(&self, after: &EmulatedFram, expected: &[i64]) -> TestCaseResult {
        let output = &self.case.output.tensor;
        let values = Values::of(after, output);
        prop_assert_eq!(values.all(), expected);
        self.spares_the_rest(after)
    }

    fn spares_the_rest(&self, after: &EmulatedFram) -> TestCaseResult {
        let Scratch { at, weights } = self.windows.scratch;
        let output = &self.case.output.tensor;
        let stored = [(output.at, output.bytes()), (at, weights * 4)];
        for (place, (before, after)) in
            self.memory.contents().iter().zip(after.contents()).enumerate()
        {
            let may_differ = stored.iter().any(|&(at, bytes)| {
                (usize::from(at)..usize::from(at) + usize::from(bytes)).contains(&place)
            });
            prop_assert!(may_differ || before == after, "byte {} changed", place);
        }
        Ok(())
    }
}

/// Largest extent of an input whose windows, pooled, lie all inside.
fn extent(outputs: u16, pool: (u16, u16), stride: u16, taps: u16, dilation: u16) -> u16 {
    let (pool_taps, pool_stride) = pool;
    ((outputs - 1) * pool_stride + pool_taps - 1) * stride + (taps - 1) * dilation + 1
}

fn pools() -> impl Strategy<Value = PoolWindow> {
    let any = (extents(3), 1..=3u16, 1..=3u16);
    let any = any.prop_map(|((rows, cols), row_stride, col_stride)| PoolWindow {
        rows,
        cols,
        row_stride,
        col_stride,
    });
    prop_oneof![Just(PoolWindow::POINT), any]
}

fn windows() -> impl Strategy<Value = Window> {
    let dilations = (1..=2u16, 1..=2u16);
    (extents(3), 1..=2u16, 1..=2u16, dilations).prop_map(
        |((rows, cols), row_stride, col_stride, (row_dilation, col_dilation))| Window {
            rows,
            cols,
            row_stride,
            col_stride,
            row_dilation,
            col_dilation,
            ..Window::POINT
        },
    )
}

fn scales() -> impl Strategy<Value = LayerScale> {
    let shift = prop_oneof![Just(SHIFT_16), Just(SHIFT_24)];
    let multiplier = (0..=i16::MAX, 0..15u8).prop_map(|(multiplier, bits)| multiplier >> bits);
    (0..1 << 15, multiplier, 0..10u8, shift).prop_map(
        |(rounding, multiplier, bias_shift, shift)| LayerScale {
            rounding,
            multiplier,
            bias_shift,
            shift,
        },
    )
}

fn codings() -> impl Strategy<Value = Coding> {
    (1..=4u8, 0..=5u8, 0..=5u8).prop_map(|(code_bits, gap_bits, count_bits)| Coding {
        code_bits,
        gap_bits,
        count_bits,
    })
}

/// Blocks of any number of positions, parts of any number of channels.
fn cases(most: u16) -> impl Strategy<Value = Case> {
    let channels = (1..=3u16, 1..=4u16, 1..=3u16);
    let shape = (channels, extents(most), windows(), pools(), (0..3u16, 0..3u16));
    let kinds = (kinds(), kinds(), any::<bool>());
    let numbers = (sample::select(&[2, 20, 60, 100][..]), any::<[u16; 2]>(), any::<u64>());
    let residual = prop::option::of((prop_oneof![Just(Kind::U8), Just(Kind::I8)], 0..=i16::MAX));
    (shape, kinds, numbers, codings(), scales(), residual).prop_map(
        |(shape, (input, output, relu), numbers, coding, scale, residual)| {
            let ((groups, from, to), (height, width), window, pool, more) = shape;
            let (kept, [block, part], seed) = numbers;
            let (low, high) = output.range();
            let rows = (pool.rows, pool.row_stride);
            let cols = (pool.cols, pool.col_stride);
            let down = extent(height, rows, window.row_stride, window.rows, window.row_dilation);
            let along = extent(width, cols, window.col_stride, window.cols, window.col_dilation);
            let channels = groups * to;
            Case {
                input: Tensor {
                    at: 0,
                    height: down + more.0,
                    width: along + more.1,
                    channels: groups * from,
                    kind: input,
                },
                window,
                groups,
                pool,
                kept,
                coding,
                scale,
                residual,
                output: Output {
                    tensor: Tensor { at: 0, height, width, channels, kind: output },
                    low: if relu { 0 } else { low },
                    high,
                    per_step: (1 + block % (height * width)) * channels,
                },
                part_channels: 1 + part % channels,
                seed,
            }
        },
    )
}

fn dense_cases() -> impl Strategy<Value = Case> {
    let sizes = (1..=700u16, 1..=20u16, any::<u16>());
    (cases(1), sizes).prop_map(|(case, (inputs, outputs, part))| {
        let mut case = case;
        let kind = case.input.kind;
        let vector = |channels| Tensor { at: 0, height: 1, width: 1, channels, kind };
        case.input = vector(inputs);
        case.output.tensor = Tensor { kind: case.output.tensor.kind, ..vector(outputs) };
        case.output.per_step = outputs;
        case.part_channels = 1 + part % outputs;
        Case { window: Window::POINT, pool: PoolWindow::POINT, groups: 1, ..case }
    })
}

proptest! {
    #[test]
    fn sparse_is_the_plain_sum(case in cases(4)) {
        let layer = case.layer();
        let expected = layer.expected();
        for (encoder, kernel) in encodings(case.input.kind) {
            let table = layer.table(encoder);
            let descriptor = layer.descriptor(&table);
            let mut after = layer.memory.clone();
            for step in 0..=descriptor.steps() {
                kernel(&descriptor, &mut after, step);
            }
            layer.is_right(&after, &expected)?;
        }
    }

    #[test]
    fn a_single_window_needs_no_scratch(case in dense_cases()) {
        let mut layer = case.layer();
        let expected = layer.expected();
        layer.windows.scratch = Scratch::default();
        for (encoder, kernel) in encodings(case.input.kind) {
            let table = layer.table(encoder);
            let described = layer.descriptor(&table);
            for descriptor in [described, Sparse { windows: None, ..described }] {
                let mut after = layer.memory.clone();
                for step in 0..=descriptor.steps() {
                    kernel(&descriptor, &mut after, step);
                }
                layer.is_right(&after, &expected)?;
                prop_assert_eq!(after.stores(), u64::from(case.output.tensor.len()));
            }
        }
    }

    #[test]
    fn any_table_is_decoded_within_bounds(
        case in cases(3),
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(255)], 0..300),
        coding in any::<[u8; 3]>(),
    ) {
        let layer = case.layer();
        let [code_bits, gap_bits, count_bits] = coding;
        for (_, kernel) in encodings(case.input.kind) {
            for coding in [case.coding, Coding { code_bits, gap_bits, count_bits }] {
                let descriptor = Sparse { coding, ..layer.descriptor(&bytes) };
                let mut after = layer.memory.clone();
                for step in 0..=descriptor.steps() {
                    kernel(&descriptor, &mut after, step);
                }
                layer.spares_the_rest(&after)?;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn sparse_survives_failures(case in cases(2)) {
        let layer = case.layer();
        for (encoder, kernel) in encodings(case.input.kind) {
            let table = layer.table(encoder);
            let descriptor = layer.descriptor(&table);
            let (mut whole, mut cut) = (layer.memory.clone(), layer.memory.clone());
            for step in 0..descriptor.steps() {
                kernel(&descriptor, &mut whole, step);
                for stores in 0.. {
                    let run = |memory: &mut EmulatedFram| kernel(&descriptor, memory, step);
                    if cut.until_failure(stores, run).is_ok() {
                        break;
                    }
                }
                prop_assert_eq!(cut.contents(), whole.contents(), "step {}", step);
            }
        }
    }
}
