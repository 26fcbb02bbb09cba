//! Single layers as programs, their memory laid out as a test wants it.

use freeml_core::encoding::Coding;
use freeml_core::kernels::{
    Add, AveragePool, Conv, Depthwise, MaxPool, PoolWindow, Residual, Scratch, Sparse, Windows,
};
use freeml_core::{
    EmulatedFram, Field, LayerScale, Output, Requantise, SHIFT_16, Signature, Tensor, Window,
};

use crate::encode::{self, Choice, Format};
use crate::plan::cost;
use crate::plan::windows::View;
use crate::program::{Kernel, PlannedLayer, Program, SparseKernel};
use crate::quantise::{Filters, Tables, Tap};
use crate::train::Levels;

/// Where the lists of sparse layers lie.
const SCRATCH: u16 = 50_000;

/// Which kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Conv { pool: PoolWindow },
    Sparse { pool: PoolWindow },
    Depthwise,
    MaxPool,
    AveragePool,
    Add,
}

/// A layer whose tensors have no place yet.
#[derive(Debug, Clone)]
pub struct Case {
    pub form: Form,
    pub window: Window,
    /// Main operand and residual or second term.
    pub operands: [Tensor; 2],
    pub output: Output,
    pub seed: u32,
}

impl Case {
    /// The kernel with the frames of operands and output beginning at `starts`.
    pub fn kernel(&self, starts: [u16; 3]) -> Kernel {
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
            levels: Levels::PowersOfTwo(8),
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
    pub fn program(&self, starts: [u16; 3]) -> Program {
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
        Program::new(signature, vec![layer], Vec::new(), usize::from(u16::MAX), Vec::new())
    }

    /// Memory that holds the operands, their frames and garbage elsewhere.
    pub fn memory(&self, starts: [u16; 3]) -> EmulatedFram {
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
    pub fn read(&self) -> &'static [usize] {
        match self.form {
            Form::Conv { pool: PoolWindow::POINT }
            | Form::Sparse { pool: PoolWindow::POINT }
            | Form::Add => &[0, 1],
            _ => &[0],
        }
    }

    pub fn output_bytes<'a>(&self, memory: &'a EmulatedFram, start: u16) -> &'a [u8] {
        &memory.contents()[usize::from(start)..][..usize::from(self.output.tensor.bytes())]
    }
}

/// Offsets, from where the frame begins, of the bytes of elements.
pub fn elements(tensor: &Tensor) -> Vec<usize> {
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
