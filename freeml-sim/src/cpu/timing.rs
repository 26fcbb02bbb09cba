//! Cycles per instruction, by TI's tables.
//!
//! CPUX: SLAU367 and SLAU445, tables 4-8 to 4-10. Classic: SLAU144, tables 3-14 to 3-16.

use crate::cpu::decode::{Destination, OneOp, Source, TwoOp};

/// Which of TI's cycle tables applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CycleModel {
    /// CPUX, the CPU of all devices with FRAM.
    #[default]
    X,
    /// The 16-bit CPU of the older families.
    Classic,
}

/// Cycles of a jump, taken or not.
pub const JUMP: u32 = 2;
/// Cycles of a return from interrupt.
pub const RETI: u32 = 5;

/// Cycles of an operation on two operands.
#[inline]
pub const fn two(model: CycleModel, op: TwoOp, source: Source, destination: Destination) -> u32 {
    let fetch = match source {
        Source::Register(_) | Source::Constant(_) => 1,
        Source::Indirect(_) | Source::IndirectIncrement(_) | Source::Immediate => 2,
        Source::Indexed(_) | Source::Absolute => 3,
    };
    match (destination, model, op) {
        (Destination::Register(0), _, _) if op.stores() => branch(model, source),
        (Destination::Register(_), _, _) => fetch,
        (_, CycleModel::X, TwoOp::Mov | TwoOp::Cmp | TwoOp::Bit) => fetch + 2,
        _ => fetch + 3,
    }
}

const fn branch(model: CycleModel, source: Source) -> u32 {
    match model {
        CycleModel::Classic => match source {
            Source::Register(_) | Source::Constant(_) | Source::Indirect(_) => 2,
            _ => 3,
        },
        CycleModel::X => match source {
            Source::Register(_) | Source::Constant(_) | Source::Immediate => 3,
            Source::Indirect(_) | Source::IndirectIncrement(_) => 4,
            Source::Indexed(_) | Source::Absolute => 5,
        },
    }
}

/// Cycles of an operation on one operand.
#[inline]
pub const fn one(model: CycleModel, op: OneOp, operand: Source) -> u32 {
    match (op, model) {
        (OneOp::Push, CycleModel::Classic) => push_classic(operand),
        (OneOp::Push, CycleModel::X) => push_x(operand),
        (OneOp::Call, CycleModel::Classic) => call_classic(operand),
        (OneOp::Call, CycleModel::X) => call_x(operand),
        (OneOp::Rrc | OneOp::Swpb | OneOp::Rra | OneOp::Sxt, _) => modify(operand),
    }
}

const fn modify(operand: Source) -> u32 {
    match operand {
        Source::Register(_) | Source::Constant(_) => 1,
        Source::Indirect(_) | Source::IndirectIncrement(_) | Source::Immediate => 3,
        Source::Indexed(_) | Source::Absolute => 4,
    }
}

const fn push_classic(operand: Source) -> u32 {
    match operand {
        Source::Register(_) | Source::Constant(_) => 3,
        Source::Indirect(_) | Source::Immediate => 4,
        Source::IndirectIncrement(_) | Source::Indexed(_) | Source::Absolute => 5,
    }
}

const fn push_x(operand: Source) -> u32 {
    match operand {
        Source::Indexed(_) | Source::Absolute => 4,
        _ => 3,
    }
}

const fn call_classic(operand: Source) -> u32 {
    match operand {
        Source::Register(_) | Source::Constant(_) | Source::Indirect(_) => 4,
        _ => 5,
    }
}

const fn call_x(operand: Source) -> u32 {
    match operand {
        Source::Indexed(_) => 5,
        Source::Absolute => 6,
        _ => 4,
    }
}
