//! Arithmetic, logic and flags, as pure functions.

use crate::cpu::Width;
use crate::cpu::decode::{OneOp, TwoOp};
use crate::cpu::status::{CARRY, NEGATIVE, OVERFLOW, ZERO};

/// A result, as wide as the operation, and the status register after it.
pub type Outcome = (u16, u16);

/// Runs an operation on two operands, whose bits above the width are zero.
#[inline]
pub fn two(op: TwoOp, source: u16, destination: u16, status: u16, width: Width) -> Outcome {
    let mask = width.mask();
    let inverted = !source & mask;
    let carry = status & CARRY;
    match op {
        TwoOp::Mov => (source, status),
        TwoOp::Add => add(source, destination, 0, status, width),
        TwoOp::Addc => add(source, destination, carry, status, width),
        TwoOp::Subc => add(inverted, destination, carry, status, width),
        TwoOp::Sub | TwoOp::Cmp => add(inverted, destination, 1, status, width),
        TwoOp::Dadd => decimal_add(source, destination, carry, status, width),
        TwoOp::Bit | TwoOp::And => {
            let result = source & destination;
            (result, flags(status, result, width, result != 0, false))
        }
        TwoOp::Bic => (destination & !source, status),
        TwoOp::Bis => (destination | source, status),
        TwoOp::Xor => {
            let result = source ^ destination;
            let both_negative = source & destination & width.sign() != 0;
            (result, flags(status, result, width, result != 0, both_negative))
        }
    }
}

/// Runs a rotation, byte swap or sign extension; `PUSH` and `CALL` pass their operand on.
#[inline]
pub fn one(op: OneOp, operand: u16, status: u16, width: Width) -> Outcome {
    match op {
        OneOp::Rrc => rotate(operand, status & CARRY != 0, status, width),
        OneOp::Rra => rotate(operand, operand & width.sign() != 0, status, width),
        OneOp::Sxt => {
            let low = operand & 0xFF;
            let result = if low & 0x80 == 0 { low } else { low | 0xFF00 };
            (result, flags(status, result, Width::Word, result != 0, false))
        }
        OneOp::Swpb => (operand.swap_bytes(), status),
        OneOp::Push | OneOp::Call => (operand, status),
    }
}

#[inline]
fn add(source: u16, destination: u16, carry: u16, status: u16, width: Width) -> Outcome {
    let sum = u32::from(source) + u32::from(destination) + u32::from(carry);
    let mask = width.mask();
    #[expect(clippy::cast_possible_truncation, reason = "the mask keeps 16 bits at most")]
    let result = sum as u16 & mask;
    let overflow = (source ^ result) & (destination ^ result) & width.sign() != 0;
    (result, flags(status, result, width, sum > u32::from(mask), overflow))
}

fn decimal_add(source: u16, destination: u16, carry: u16, status: u16, width: Width) -> Outcome {
    let digits = match width {
        Width::Byte => 2,
        Width::Word => 4,
    };
    let (mut result, mut carry) = (0, carry);
    for shift in (0..digits).map(|digit| 4 * digit) {
        let sum = (source >> shift & 15) + (destination >> shift & 15) + carry;
        carry = u16::from(sum > 9);
        result |= (if sum > 9 { sum - 10 } else { sum } & 15) << shift;
    }
    // The guides leave V undefined here.
    (result, flags(status, result, width, carry != 0, false))
}

#[inline]
fn rotate(operand: u16, fill: bool, status: u16, width: Width) -> Outcome {
    let top = if fill { width.sign() } else { 0 };
    let result = operand >> 1 | top;
    (result, flags(status, result, width, operand & 1 != 0, false))
}

#[inline]
fn flags(status: u16, result: u16, width: Width, carry: bool, overflow: bool) -> u16 {
    let select = |flag, set| if set { flag } else { 0 };
    status & !(CARRY | ZERO | NEGATIVE | OVERFLOW)
        | select(CARRY, carry)
        | select(ZERO, result == 0)
        | select(NEGATIVE, result & width.sign() != 0)
        | select(OVERFLOW, overflow)
}

#[cfg(test)]
mod tests;
