//! Distances against what kernels really read and store.

mod case;
mod generate;

use std::cell::Cell;

use freeml_core::{EmulatedFram, Memory, Network};
use proptest::prelude::*;

use super::distance;
use case::{Case, Form, elements};
use generate::cases;

/// Where a tensor lies that is not looked at.
const ASIDE: u16 = 30_000;

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
