//! Sparse layers, in every encoding.

mod encode;
mod failures;
mod quads;

use std::vec::Vec;

use proptest::{prelude::*, sample, test_runner::TestCaseResult};

use super::reference::{self, Values, index, taps};
use super::{
    Noise, clear_frame, extent, extents, frame_bytes, framed, frames, kinds, lay_out, tensors,
    windows,
};
use crate::encoding::{Coding, Encoding, Packed, Rice, ShiftAdd, SparseBytes, UniformRice};
use crate::kernels::{PoolWindow, Residual, Scratch, Sparse, Walk, Windows, connected, sparse};
use crate::{
    EmulatedFram, Frame, HEADER_BYTES, I8, I16, Kind, LayerScale, Output, SHIFT_16, SHIFT_24,
    Tensor, U8, Window,
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
    /// Kind, frame and multiplier.
    residual: Option<(Kind, Frame, i16)>,
    output: Output,
    part_channels: u16,
    seed: u64,
}

/// What a case stands for in memory.
struct Layer {
    case: Case,
    rows: Vec<Vec<Tap>>,
    /// Exponents of the powers of two that rows are multiplied by.
    shifts: Vec<u8>,
    bias: Vec<u8>,
    windows: Windows,
    added: Tensor,
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

fn connected_step<C: Encoding>(kind: Kind) -> Step {
    match kind {
        Kind::U8 => connected::<U8, C, EmulatedFram>,
        Kind::I8 => connected::<I8, C, EmulatedFram>,
        Kind::I16 => connected::<I16, C, EmulatedFram>,
    }
}

/// All encodings that hold the weights of `case`: how rows are written, and read by the kernel
/// for all layers and by that for connected ones.
fn encodings(case: &Case) -> Vec<(Encoder, Step, Step)> {
    fn of<C: Encoding>(encoder: Encoder, kind: Kind) -> (Encoder, Step, Step) {
        (encoder, step::<C>(kind), connected_step::<C>(kind))
    }
    let kind = case.input.kind;
    let mut encodings = std::vec![
        of::<SparseBytes>(encode::sparse_bytes, kind),
        of::<Packed>(encode::packed, kind),
    ];
    if case.coding.uniform {
        encodings.push(of::<UniformRice>(encode::rice, kind));
    } else {
        encodings.push(of::<Rice>(encode::rice, kind));
        encodings.push(of::<ShiftAdd>(encode::shift_add, kind));
    }
    encodings
}

impl Case {
    fn depth(&self) -> u16 {
        self.input.channels / self.groups
    }

    /// Byte offset of the first window.
    fn origin(&self) -> u16 {
        let Case { input, window, .. } = self;
        input.at - window.top * input.row_bytes() - window.left * input.pixel_bytes()
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
            walk: Walk {
                run: self.depth(),
                runs: small(window.cols),
                run_skip: window.col_dilation * pixel - depth_bytes,
                row_skip: (window.row_dilation * row)
                    .wrapping_sub(window.cols * window.col_dilation * pixel),
            },
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
        let results = |extent: u16, stride: u16, taps: u16| (extent - 1) * stride + taps;
        let (pool, results_of) = (&self.pool, &self.output.tensor);
        let results = [
            results(results_of.height, pool.row_stride, pool.rows),
            results(results_of.width, pool.col_stride, pool.cols),
        ];
        case.input = framed(self.input, &self.window, results);
        let (kind, frame, _) = self.residual.unwrap_or((Kind::U8, Frame::NONE, 0));
        let mut added = Tensor { frame, kind, ..self.output.tensor };
        let mut list = vector(u16::try_from(longest).unwrap() * 4 + 140, Kind::I16);
        let mut memory = noise.memory(lay_out([
            &mut case.input,
            &mut case.output.tensor,
            &mut added,
            &mut list,
        ]));
        clear_frame(&mut memory, &case.input);
        let scratch = Scratch { at: list.at, weights: list.channels / 2 };
        let bias = noise.bytes(self.output.tensor.channels.into());
        let shifts = noise.bytes(rows.len()).into_iter().zip(&rows);
        let shifts = shifts.map(|(byte, row)| case.shift(byte % 8, row)).collect();
        Layer { windows: case.windows(scratch), case, rows, shifts, bias, added, memory }
    }

    /// The largest shift up to `most` by which sums over `row` stay within 32 bits, as the
    /// compiler guarantees.
    fn shift(&self, most: u8, row: &[Tap]) -> u8 {
        if !self.coding.shifted {
            return 0;
        }
        let weights: i64 = row.iter().map(|tap| i64::from(tap.1).abs()).sum();
        let reach = weights * i64::from(self.input.kind.range().1);
        (0..=most).rev().find(|shift| reach << shift < 1 << 30).unwrap_or(0)
    }
}

impl Noise {
    /// A weight if it is kept: a level that 8 bits hold.
    fn weight(&mut self, case: &Case) -> Option<i16> {
        let bits = self.bits();
        let magnitudes = (1 << (case.coding.code_bits - 1)).min(7);
        let number = bits / 128 % magnitudes;
        let magnitude =
            if case.coding.uniform { i16::try_from(number).unwrap() + 1 } else { 1 << number };
        let weight = if bits % 128 < 64 { magnitude } else { -magnitude };
        (bits / 1024 % 100 < case.kept).then_some(weight)
    }
}

impl Layer {
    /// Biases, and parts with their lengths.
    fn table(&self, encoder: Encoder) -> Vec<u8> {
        let mut table = self.bias.clone();
        if self.case.coding.shifted {
            let pair = |pair: &[u8]| pair[0] * 16 + pair.get(1).unwrap_or(&0);
            table.extend(self.shifts.chunks(2).map(pair));
        }
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

    fn residual(&self) -> Option<Residual> {
        let Tensor { at, kind, .. } = self.added;
        let gap = self.added.gap_bytes();
        self.case.residual.map(|(_, _, multiplier)| Residual { at, gap, kind, multiplier })
    }

    fn descriptor<'a>(&'a self, table: &'a [u8]) -> Sparse<'a> {
        Sparse {
            origin: self.case.origin(),
            span: self.case.span(),
            windows: Some(&self.windows),
            table,
            part_channels: self.case.part_channels,
            coding: self.case.coding,
            scale: self.case.scale,
            residual: self.residual(),
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
        sum << self.shifts[index(channel)]
    }

    fn expected(&self) -> Vec<i64> {
        let Case { scale, pool, output, .. } = &self.case;
        let [input, added] =
            [&self.case.input, &self.added].map(|operand| Values::of(&self.memory, operand));
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
            value
                + self.case.residual.map_or(0, |(_, _, multiplier)| {
                    reference::nearest(reference::residual(multiplier, &added, [y, x, channel]))
                })
        })
    }

    /// Checks that `after` differs from the memory before in the output, which is as expected
    /// with zeros in its frame, and in the scratch area at most.
    fn is_right(&self, after: &EmulatedFram, expected: &[i64]) -> TestCaseResult {
        let output = &self.case.output.tensor;
        let values = Values::of(after, output);
        prop_assert_eq!(values.all(), expected);
        prop_assert!(frame_bytes(output).iter().all(|&at| after.contents()[at] == 0));
        self.spares_the_rest(after)
    }

    fn spares_the_rest(&self, after: &EmulatedFram) -> TestCaseResult {
        let Scratch { at, weights } = self.windows.scratch;
        let list = usize::from(at)..usize::from(at + weights * 4);
        let header = 0..usize::from(HEADER_BYTES);
        let stored = [extent(&self.case.output.tensor), list, header];
        for (place, (before, after)) in
            self.memory.contents().iter().zip(after.contents()).enumerate()
        {
            let may_differ = stored.iter().any(|range| range.contains(&place));
            prop_assert!(may_differ || before == after, "byte {} changed", place);
        }
        Ok(())
    }
}

fn vector(channels: u16, kind: Kind) -> Tensor {
    Tensor { at: 0, height: 1, width: 1, channels, frame: Frame::NONE, kind }
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
    (1..=4u8, 0..=5u8, 0..=5u8, any::<[bool; 2]>()).prop_map(
        |(code_bits, gap_bits, count_bits, [uniform, shifted])| Coding {
            code_bits,
            gap_bits,
            count_bits,
            uniform,
            shifted,
        },
    )
}

/// Blocks of any number of positions, parts of any number of channels.
fn cases(most: u16) -> impl Strategy<Value = Case> {
    let channels = (1..=3u16, 1..=3u16, 1..=3u16);
    let shapes = channels.prop_flat_map(move |(groups, from, to)| {
        (Just(groups), tensors(7, groups * from), tensors(most, groups * to))
    });
    let numbers = (sample::select(&[2, 20, 60, 100][..]), any::<[u16; 2]>(), any::<u64>());
    let kinds = prop_oneof![Just(Kind::U8), Just(Kind::I8)];
    let residual = prop::option::of((kinds, frames(), 0..=i16::MAX));
    let layer = (codings(), scales(), residual, any::<bool>());
    (shapes, windows(), pools(), numbers, layer).prop_map(
        |((groups, input, tensor), window, pool, numbers, layer)| {
            let (kept, [block, part], seed) = numbers;
            let (coding, scale, residual, relu) = layer;
            let (low, high) = tensor.kind.range();
            let Tensor { height, width, channels, .. } = tensor;
            Case {
                input,
                window,
                groups,
                pool,
                kept,
                coding,
                scale,
                residual,
                output: Output {
                    tensor,
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

/// A window over all of the input.
fn dense_cases() -> impl Strategy<Value = Case> {
    let maps = (1..=6u16).prop_flat_map(|channels| tensors(7, channels));
    let vectors = (1..=700u16, kinds()).prop_map(|(channels, kind)| vector(channels, kind));
    let sizes = (1..=20u16, any::<u16>());
    (cases(1), prop_oneof![vectors, maps], sizes).prop_map(|(case, input, (outputs, part))| {
        let mut case = case;
        case.output.tensor.channels = outputs;
        case.output.per_step = outputs;
        let window = Window { rows: input.height, cols: input.width, ..Window::POINT };
        let part_channels = 1 + part % outputs;
        Case { input, window, pool: PoolWindow::POINT, groups: 1, part_channels, ..case }
    })
}

proptest! {
    #[test]
    fn sparse_is_the_plain_sum(case in cases(4)) {
        let layer = case.layer();
        let expected = layer.expected();
        for (encoder, kernel, _) in encodings(&case) {
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
        for (encoder, kernel, connected) in encodings(&case) {
            let table = layer.table(encoder);
            let described = layer.descriptor(&table);
            let side_by_side = layer.case.input.frame.side == 0 || layer.case.input.height == 1;
            let single = Sparse { windows: None, ..described };
            if side_by_side && single.residual.is_none() {
                let mut after = layer.memory.clone();
                (0..=single.steps()).for_each(|step| connected(&single, &mut after, step));
                layer.is_right(&after, &expected)?;
            }
            let descriptors = [Some(described), side_by_side.then_some(single)];
            for descriptor in descriptors.into_iter().flatten() {
                let mut after = layer.memory.clone();
                for step in 0..=descriptor.steps() {
                    kernel(&descriptor, &mut after, step);
                }
                layer.is_right(&after, &expected)?;
                let tensor = &layer.case.output.tensor;
                let stores = usize::from(tensor.len()) + frame_bytes(tensor).len();
                prop_assert_eq!(usize::try_from(after.stores()), Ok(stores));
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
        for (_, kernel, _) in encodings(&case) {
            let other = Coding { code_bits, gap_bits, count_bits, ..case.coding };
            for coding in [case.coding, other] {
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
        for (encoder, kernel, _) in encodings(&case) {
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
