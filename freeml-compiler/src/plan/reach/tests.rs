//! Distances against what kernels really read and store.

use std::cell::Cell;

use freeml_core::encoding::Coding;
use freeml_core::kernels::{
    Add, AveragePool, Conv, Depthwise, MaxPool, PoolWindow, Residual, Scratch, Sparse, Windows,
};
use freeml_core::{
    EmulatedFram, Field, Frame, Kind, LayerScale, Memory, Network, Output, Requantise, SHIFT_16,
    Signature, Tensor, Window,
};
use proptest::prelude::*;

use super::distance;
use crate::encode::{self, Choice, Format};
use crate::plan::cost;
use crate::plan::windows::View;
use crate::program::{Kernel, PlannedLayer, Program, SparseKernel};
use crate::quantise::{Filters, Tables, Tap};

/// Where a tensor lies that is not looked at.
const ASIDE: u16 = 30_000;

/// Where the lists of sparse layers lie.
const SCRATCH: u16 = 50_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Conv { pool: PoolWindow },
    Sparse { pool: PoolWindow },
    Depthwise,
    MaxPool,
    AveragePool,
    Add,
}

/// A layer whose tensors have no place yet.
#[derive(Debug, Clone)]
struct Case {
    form: Form,
    window: Window,
    /// Main operand and residual or second term.
    operands: [Tensor; 2],
    output: Output,
    seed: u32,
}

impl Case {
    /// The kernel with the frames of operands and output beginning at `starts`.
    fn kernel(&self, starts: [u16; 3]) -> Kernel {
        let place = |tensor: Tensor, start| Tensor { at: start + tensor.lead_bytes(), ..tensor };
        let (input, added) =
            (place(self.operands[0], starts[0]), place(self.operands[1], starts[1]));
        let output = Output { tensor: place(self.output.tensor, starts[2]), ..self.output };
        let (window, requantise) =
            (self.window, Requantise { bias: &[], multiplier: &[], shift: 16 });
        let term = |tensor: Tensor| Residual {
            at: tensor.at,
            gap: tensor.gap_bytes(),
            kind: tensor.kind,
            multiplier: 700,
        };
        match self.form {
            Form::Conv { pool } => Kernel::Conv(
                input.kind,
                Conv {
                    field: Field::new(&input, &window),
                    depth: input.channels,
                    group_outputs: output.tensor.channels,
                    pool,
                    weights: &[],
                    requantise,
                    residual: (pool == PoolWindow::POINT).then(|| term(added)),
                    output,
                },
            ),
            Form::Sparse { pool } => {
                let view = View {
                    field: Field::new(&input, &window),
                    kind: input.kind,
                    depth: input.channels,
                    group_outputs: None,
                    pool,
                };
                let residual = (pool == PoolWindow::POINT).then(|| term(added));
                self.sparse_kernel(&view, residual, output)
            }
            Form::Depthwise => Kernel::Depthwise(
                input.kind,
                Depthwise { field: Field::new(&input, &window), weights: &[], requantise, output },
            ),
            Form::MaxPool => Kernel::MaxPool(MaxPool { input, window, output }),
            Form::AveragePool => Kernel::AveragePool(AveragePool {
                input,
                window,
                inside_only: true,
                requantise,
                output,
            }),
            Form::Add => Kernel::Add(Add { operands: [term(input), term(added)], output }),
        }
    }

    /// Blocks of as many positions as other forms have elements in a step, parts of any number
    /// of channels.
    fn sparse_kernel(&self, view: &View, residual: Option<Residual>, output: Output) -> Kernel {
        let channels = output.tensor.channels;
        let weights = view.taps().try_into().unwrap();
        let scratch = Scratch { at: SCRATCH, weights };
        Kernel::Sparse(SparseKernel {
            layer: Sparse {
                origin: view.field.at,
                span: view.span().unwrap(),
                windows: None,
                table: &[],
                part_channels: self.part_channels(),
                coding: Coding::default(),
                scale: LayerScale {
                    rounding: 3_000,
                    multiplier: 300,
                    bias_shift: 4,
                    shift: SHIFT_16,
                },
                residual,
                output: Output { per_step: output.per_step * channels, ..output },
            },
            windows: Some(Windows { scratch, ..view.windows().unwrap() }),
            input: view.kind,
            format: Format::SparseBytes,
        })
    }

    fn part_channels(&self) -> u16 {
        let [part, ..] = self.seed.to_le_bytes();
        1 + u16::from(part) % self.output.tensor.channels
    }

    /// The table of a sparse layer; every row has its first tap.
    fn sparse_table(&self, taps: usize) -> Vec<u8> {
        let channels = usize::from(self.output.tensor.channels);
        let noise = noise(self.seed, channels * taps);
        let row = |weights: &[u8]| {
            let taps = (0..).zip(weights).filter(|&(index, byte)| index == 0 || byte % 2 == 0);
            taps.map(|(index, byte)| Tap { index, weight: byte.cast_signed().into() }).collect()
        };
        let filters = Filters {
            magnitudes: 8,
            rows: noise.chunks(taps).map(row).collect(),
            bias: vec![5; channels],
            bias_shift: 4,
            rounding: 3_000,
            multiplier: 300,
            shift: SHIFT_16,
        };
        let choice = Choice { format: Format::SparseBytes, coding: Coding::default(), bytes: 0 };
        encode::table(&filters, self.part_channels().into(), choice)
    }

    /// A program of the kernel alone, with noise for tables.
    fn program(&self, starts: [u16; 3]) -> Program {
        let kernel = self.kernel(starts);
        let channels = usize::from(kernel.output().tensor.channels);
        let taps = self.window.rows * self.window.cols * self.operands[0].channels;
        let weights = match self.form {
            Form::Sparse { .. } => self.sparse_table(taps.into()),
            _ => noise(self.seed, channels * usize::from(taps)),
        };
        let tables = Tables {
            weights,
            bias: vec![3_000; channels],
            multiplier: vec![300; channels],
            shift: 16,
        };
        let steps = kernel.steps().try_into().unwrap();
        let logits = kernel.output().tensor;
        let signature = Signature { identity: 0, steps, input: self.operands[0], logits };
        let macs = cost::macs(&kernel);
        let layer = PlannedLayer { name: String::new(), first_step: 0, kernel, tables, macs };
        Program::new(signature, vec![layer], usize::from(u16::MAX), Vec::new())
    }

    /// Memory that holds the operands, their frames and garbage elsewhere.
    fn memory(&self, starts: [u16; 3]) -> EmulatedFram {
        let mut memory = EmulatedFram::new(usize::from(u16::MAX), 0xA5);
        for (operand, &start) in self.operands.iter().zip(&starts) {
            let bytes = noise(self.seed ^ 1, operand.bytes().into());
            let elements = elements(operand);
            for (at, byte) in bytes.into_iter().enumerate() {
                let byte = if elements.contains(&at) { byte } else { 0 };
                memory.corrupt(usize::from(start) + at, byte);
            }
        }
        memory
    }

    /// The operands that the kernel reads.
    fn read(&self) -> &'static [usize] {
        match self.form {
            Form::Conv { pool: PoolWindow::POINT }
            | Form::Sparse { pool: PoolWindow::POINT }
            | Form::Add => &[0, 1],
            _ => &[0],
        }
    }

    fn output_bytes<'a>(&self, memory: &'a EmulatedFram, start: u16) -> &'a [u8] {
        &memory.contents()[usize::from(start)..][..usize::from(self.output.tensor.bytes())]
    }
}

/// Offsets, from where the frame begins, of the bytes of elements.
fn elements(tensor: &Tensor) -> Vec<usize> {
    let [height, row, inside, lead] = [
        tensor.height,
        tensor.row_bytes(),
        tensor.row_bytes() - tensor.gap_bytes(),
        tensor.lead_bytes(),
    ]
    .map(usize::from);
    (0..height).flat_map(|y| (0..inside).map(move |x| lead + y * row + x)).collect()
}

fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed;
    let byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(byte).take(len).collect()
}

/// Memory that notes the lowest byte read below [`ASIDE`] and the end of what is stored.
struct Traced {
    memory: EmulatedFram,
    lowest_read: Cell<usize>,
    stored_end: usize,
}

impl Memory for Traced {
    fn bytes(&self, at: u16, len: u16) -> &[u8] {
        if at < ASIDE {
            self.lowest_read.set(self.lowest_read.get().min(at.into()));
        }
        self.memory.bytes(at, len)
    }

    fn store(&mut self, at: u16, value: u8) {
        self.stored_end = self.stored_end.max(usize::from(at) + 1);
        self.memory.store(at, value);
    }

    fn store_word(&mut self, at: u16, value: u16) {
        self.stored_end = self.stored_end.max(usize::from(at) + 2);
        self.memory.store_word(at, value);
    }
}

/// The distance that the kernel's own accesses ask for.
fn traced_distance(case: &Case, operand: usize) -> usize {
    let mut starts = [ASIDE, ASIDE, 2 * ASIDE];
    starts[operand] = 0;
    let program = case.program(starts);
    let mut memory =
        Traced { memory: case.memory(starts), lowest_read: Cell::new(0), stored_end: 0 };
    let mut steps = Vec::new();
    for step in 0..program.signature.steps {
        memory.lowest_read.set(usize::MAX);
        memory.stored_end = 0;
        program.compute(&mut memory, step);
        let end = memory.stored_end.saturating_sub(usize::from(starts[2]));
        steps.push((memory.lowest_read.get(), end));
    }
    let mut lowest_read = usize::MAX;
    let mut distance = 0;
    for &(read, end) in steps.iter().rev() {
        lowest_read = lowest_read.min(read);
        distance = distance.max(end.saturating_sub(lowest_read));
    }
    distance
}

fn frames() -> impl Strategy<Value = Frame> {
    let any = (0..3u8, 0..3u8, 0..3u8).prop_map(|(top, bottom, side)| Frame { top, bottom, side });
    prop_oneof![Just(Frame::NONE), any]
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::U8), Just(Kind::I8), Just(Kind::I16)]
}

/// Layers with windows of one or three taps, padded so that all of them reach the operand.
fn cases() -> impl Strategy<Value = Case> {
    let pools = prop_oneof![
        Just(PoolWindow::POINT),
        Just(PoolWindow { rows: 2, cols: 2, row_stride: 2, col_stride: 2 }),
    ];
    let forms = prop_oneof![
        2 => pools.clone().prop_map(|pool| Form::Conv { pool }),
        4 => pools.prop_map(|pool| Form::Sparse { pool }),
        1 => Just(Form::Depthwise),
        1 => Just(Form::MaxPool),
        1 => Just(Form::AveragePool),
        1 => Just(Form::Add),
    ];
    let shape = (3..7u16, 3..7u16, 1..4u16, 1..4u16);
    let windows = (prop_oneof![Just(1u16), Just(3)], 1..3u16, 0..2u16);
    let elements = (kinds(), kinds(), frames(), frames(), frames(), 1..30u16);
    (forms, shape, windows, elements, any::<u32>()).prop_map(
        |(form, (height, width, from, to), (taps, stride, pad), elements, seed)| {
            let (from_kind, to_kind, frame, added_frame, to_frame, per_step) = elements;
            let pad = pad.min(taps / 2);
            let (taps, stride, pad) =
                if form == Form::Add { (1, 1, 0) } else { (taps, stride, pad) };
            let (rows, cols) = (taps, taps);
            let window = Window {
                rows,
                cols,
                row_stride: stride,
                col_stride: stride,
                top: pad,
                left: pad,
                ..Window::POINT
            };
            let pooled = matches!(form, Form::Conv { pool } | Form::Sparse { pool }
                if pool != PoolWindow::POINT);
            let results = |extent: u16| {
                let results = (extent + 2 * pad - taps) / stride + 1;
                if pooled { (results / 2).max(1) } else { results }
            };
            // Two rows more than the padding for a single result that the pool reads beyond.
            let widest = |frame: u8| frame.max(u8::try_from(pad).unwrap_or(0) + 2);
            let frame = match form {
                Form::Conv { .. } | Form::Sparse { .. } | Form::Depthwise => Frame {
                    top: widest(frame.top),
                    bottom: widest(frame.bottom),
                    side: widest(frame.side),
                },
                _ => frame,
            };
            let to =
                if matches!(form, Form::Conv { .. } | Form::Sparse { .. }) { to } else { from };
            let bytes = if form == Form::Add { Kind::U8 } else { from_kind };
            let input = Tensor { at: 0, height, width, channels: from, frame, kind: bytes };
            let kind = match form {
                Form::MaxPool => from_kind,
                _ => to_kind,
            };
            let tensor = Tensor {
                at: 0,
                height: results(height),
                width: results(width),
                channels: to,
                frame: to_frame,
                kind,
            };
            let added = Tensor { frame: added_frame, kind: Kind::U8, ..tensor };
            let (low, high) = kind.range();
            let output = Output { tensor, low, high, per_step };
            Case { form, window, operands: [input, added], output, seed }
        },
    )
}

proptest! {
    #[test]
    fn distances_are_those_of_the_accesses(case in cases()) {
        for &operand in case.read() {
            let computed = distance(&case.kernel([0; 3]), operand);
            let traced = traced_distance(&case, operand);
            let slack = match (case.form, operand) {
                (Form::Conv { .. } | Form::Add, _) | (Form::Sparse { .. }, 0) => 0,
                // A part is taken for the whole block.
                (Form::Sparse { .. }, _) => case.output.tensor.channels,
                // Channels that read their own channel alone are taken for the position's first.
                _ => case.operands[0].pixel_bytes(),
            };
            let slack = usize::from(slack);
            prop_assert!(
                (traced..=traced + slack).contains(&computed),
                "operand {operand}: computed {computed}, traced {traced}"
            );
        }
    }

    #[test]
    fn a_framed_result_over_a_dying_operand_is_right(case in cases()) {
        let apart = [0, ASIDE, 2 * ASIDE];
        let mut whole = case.memory(apart);
        let program = case.program(apart);
        for step in 0..program.signature.steps {
            program.compute(&mut whole, step);
        }
        let expected = case.output_bytes(&whole, apart[2]);
        let inside: Vec<usize> = elements(&case.output.tensor);
        for (at, &byte) in expected.iter().enumerate() {
            prop_assert!(byte == 0 || inside.contains(&at), "the frame at {at}");
        }
        for &operand in case.read() {
            let near = distance(&case.kernel([0; 3]), operand).next_multiple_of(2);
            let mut starts = [ASIDE, ASIDE, 0];
            starts[1 - operand] = 2 * ASIDE;
            starts[operand] = u16::try_from(near).unwrap();
            let mut memory = case.memory(starts);
            let program = case.program(starts);
            for step in 0..program.signature.steps {
                for stores in 0.. {
                    let cut = memory
                        .until_failure(stores, |memory| program.compute(memory, step));
                    if cut.is_ok() {
                        break;
                    }
                }
            }
            prop_assert_eq!(case.output_bytes(&memory, 0), expected, "operand {}", operand);
        }
    }
}
