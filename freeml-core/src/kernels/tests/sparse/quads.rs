//! Layers of shifted elements, four windows at a time.

use proptest::prelude::*;

use super::*;
use crate::engine::DECODED;
use crate::kernels::{Area, PreparedQuads, Quads, quads};
use crate::{Ending, Memory};

pub(super) type Step = fn(&PreparedQuads<'_>, &mut EmulatedFram, u16);

fn step<C: Encoding>(kind: Kind) -> Step {
    if kind == Kind::I8 { quads::<I8, C, EmulatedFram> } else { quads::<U8, C, EmulatedFram> }
}

/// The kernel of Rice codes.
fn rice(case: &Case) -> Step {
    if case.coding.uniform {
        step::<UniformRice>(case.input.kind)
    } else {
        step::<Rice>(case.input.kind)
    }
}

pub(super) fn encodings(case: &Case) -> Vec<(Encoder, Step)> {
    let kind = case.input.kind;
    let mut encodings: Vec<(Encoder, Step)> = std::vec![
        (encode::sparse_bytes, step::<SparseBytes>(kind)),
        (encode::packed, step::<Packed>(kind)),
    ];
    encodings.push((encode::rice, rice(case)));
    if !case.coding.uniform {
        encodings.push((encode::shift_add, step::<ShiftAdd>(kind)));
    }
    encodings
}

/// A case that has this form.
pub(super) fn cases() -> impl Strategy<Value = Case> {
    let pools = prop_oneof![
        2 => Just([1, 1, 1, 1]),
        1 => (2..=3u16).prop_map(|stride| [1, 2, 1, stride]),
        1 => (1..=3u16, 1..=3u16).prop_map(|(rows, cols)| [2, 2, rows, cols]),
    ];
    let widths = (4..=9u16, any::<bool>(), any::<bool>());
    (super::cases(4), pools, widths).prop_map(|(case, pool, (width, signed, signed_output))| {
        let [rows, cols, row_stride, col_stride] = pool;
        let mut case = Case {
            pool: PoolWindow { rows, cols, row_stride, col_stride },
            residual: None,
            ..case
        };
        let kind = |signed| if signed { Kind::I8 } else { Kind::U8 };
        case.input.kind = kind(signed);
        case.output.tensor.kind = kind(signed_output);
        case.output.tensor.width = width;
        case.output.high = case.output.tensor.kind.range().1;
        case.output.low = if signed_output { -127 } else { 0 };
        // Sums of few additions stay within 16 bits.
        case.coding.code_bits = case.coding.code_bits.min(3);
        case
    })
}

impl Layer {
    pub(super) fn quads<'a>(&'a self, table: &'a [u8], block: u16) -> Quads<'a> {
        let Sparse { origin, span, coding, scale, output, .. } = self.descriptor(table);
        let Windows { row_step, col_step, pool_row_step, pool_col_step, walk, .. } = self.windows;
        let (near, far, ending) = match (self.case.pool.rows, self.case.pool.cols) {
            (1, 1) => (col_step, col_step, Ending::Each),
            (1, _) => (pool_col_step, col_step - pool_col_step, Ending::Pairs),
            _ => (pool_col_step, pool_row_step - pool_col_step, Ending::Largest),
        };
        let Scratch { at, weights } = self.windows.scratch;
        Quads {
            origin,
            span,
            walk,
            row_step,
            col_step,
            near,
            far,
            ending,
            group_outputs: self.windows.group_outputs,
            group_step: self.windows.group_step,
            // A magnitude of 8 and an element of 255 sixteen times.
            area: Area { at, entries: 16, words: weights * 2 - 84 },
            table,
            part_channels: if block == 0 { self.case.part_channels } else { 1 },
            block,
            coding,
            scale,
            output,
        }
    }

    /// Biases, shifts and all rows.
    pub(super) fn rows(&self, encoder: Encoder) -> Vec<u8> {
        let mut table = self.bias.clone();
        if self.case.coding.shifted {
            let pair = |pair: &[u8]| pair[0] * 16 + pair.get(1).unwrap_or(&0);
            table.extend(self.shifts.chunks(2).map(pair));
        }
        table.extend(encoder(&self.rows, self.case.coding));
        table
    }
}

proptest! {
    #[test]
    fn quads_are_the_plain_sum(case in cases(), block in 0..=7u16) {
        let layer = case.layer();
        let expected = layer.expected();
        for (encoder, kernel) in encodings(&case) {
            let table = layer.rows(encoder);
            let descriptor = layer.quads(&table, block);
        let steps = descriptor.steps();
        let descriptor = descriptor.prepared();
            let mut after = layer.memory.clone();
            for step in 0..=steps {
                kernel(&descriptor, &mut after, step);
            }
            layer.is_right(&after, &expected)?;
        }
    }

    #[test]
    fn outputs_may_end_the_state(case in cases(), block in 0..=7u16) {
        let mut layer = case.layer();
        let expected = layer.expected();
        let before = layer.memory.contents();
        let tensor = Tensor { frame: Frame::NONE, ..case.output.tensor };
        let end = (before.len() + usize::from(tensor.len())).next_multiple_of(2);
        let mut memory = EmulatedFram::new(end, 0xA5);
        for (at, &byte) in (0..).zip(before) {
            memory.store(at, byte);
        }
        layer.memory = memory;
        let at = u16::try_from(end).unwrap() - tensor.len();
        layer.case.output.tensor = Tensor { at, ..tensor };
        let table = layer.rows(encode::rice);
        let descriptor = layer.quads(&table, block);
        let steps = descriptor.steps();
        let descriptor = descriptor.prepared();
        let kernel = rice(&case);
        let mut after = layer.memory.clone();
        for step in 0..steps {
            kernel(&descriptor, &mut after, step);
        }
        layer.is_right(&after, &expected)?;
    }

    #[test]
    fn resets_between_steps_change_nothing(case in cases(), block in 0..=7u16) {
        let layer = case.layer();
        let expected = layer.expected();
        let table = layer.rows(encode::rice);
        let descriptor = layer.quads(&table, block);
        let steps = descriptor.steps();
        let descriptor = descriptor.prepared();
        let kernel = rice(&case);
        let mut after = layer.memory.clone();
        for step in 0..steps {
            for stores in (0..).step_by(7) {
                after.store_word(DECODED, 0);
                let run = |memory: &mut EmulatedFram| kernel(&descriptor, memory, step);
                if after.until_failure(stores, run).is_ok() {
                    break;
                }
            }
        }
        layer.is_right(&after, &expected)?;
    }

    #[test]
    fn any_table_stays_within_bounds(
        case in cases(),
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(255)], 0..300),
        coding in any::<[u8; 3]>(),
        block in 0..=7u16,
    ) {
        let layer = case.layer();
        let [code_bits, gap_bits, count_bits] = coding;
        for (_, kernel) in encodings(&case) {
            let coding = Coding { code_bits, gap_bits, count_bits, ..case.coding };
            let descriptor = Quads { coding, ..layer.quads(&bytes, block) };
            let steps = descriptor.steps();
            let descriptor = descriptor.prepared();
            let mut after = layer.memory.clone();
            for step in 0..=steps {
                kernel(&descriptor, &mut after, step);
            }
            layer.spares_the_rest(&after)?;
        }
    }
}
