//! From an instruction word to its parts.

use crate::cpu::Width;
use crate::fault::FaultKind;

/// An instruction, without the values of its extension words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Two operands (format I).
    Two {
        /// The operation.
        op: TwoOp,
        /// Byte or word.
        width: Width,
        /// Where the first operand comes from.
        source: Source,
        /// The second operand and the place of the result.
        destination: Destination,
    },
    /// One operand (format II).
    One {
        /// The operation.
        op: OneOp,
        /// Byte or word.
        width: Width,
        /// The operand, and the place of the result if there is one.
        operand: Source,
    },
    /// Return from interrupt.
    Reti,
    /// Relative jump.
    Jump {
        /// When the jump is taken.
        condition: Condition,
        /// Bytes from the next instruction to the target, as a two's complement number.
        offset: u16,
    },
}

/// Operations on two operands; the discriminants are the opcodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the mnemonics say it")]
pub enum TwoOp {
    Mov = 0x4,
    Add = 0x5,
    Addc = 0x6,
    Subc = 0x7,
    Sub = 0x8,
    Cmp = 0x9,
    Dadd = 0xA,
    Bit = 0xB,
    Bic = 0xC,
    Bis = 0xD,
    Xor = 0xE,
    And = 0xF,
}

impl TwoOp {
    /// Whether the result goes to the destination.
    pub const fn stores(self) -> bool {
        !matches!(self, Self::Cmp | Self::Bit)
    }

    /// Whether the old value of the destination matters.
    pub const fn reads_destination(self) -> bool {
        !matches!(self, Self::Mov)
    }
}

/// Operations on one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the mnemonics say it")]
pub enum OneOp {
    Rrc,
    Swpb,
    Rra,
    Sxt,
    Push,
    Call,
}

/// Conditions of jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `jne`: Z is 0.
    NotEqual,
    /// `jeq`: Z is 1.
    Equal,
    /// `jnc`: C is 0.
    NoCarry,
    /// `jc`: C is 1.
    Carry,
    /// `jn`: N is 1.
    Negative,
    /// `jge`: N equals V.
    GreaterEqual,
    /// `jl`: N differs from V.
    Less,
    /// `jmp`.
    Always,
}

/// Addressing modes of a source operand. Symbolic mode is `Indexed` with the program counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `Rn`.
    Register(u8),
    /// A value of a constant generator: `#0`, `#1`, `#2`, `#4`, `#8`, `#-1`.
    Constant(u16),
    /// `x(Rn)`, or a symbol relative to the program counter.
    Indexed(u8),
    /// `&address`.
    Absolute,
    /// `@Rn`.
    Indirect(u8),
    /// `@Rn+`.
    IndirectIncrement(u8),
    /// `#value`.
    Immediate,
}

/// Addressing modes of a destination operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `Rn`.
    Register(u8),
    /// `x(Rn)`, or a symbol relative to the program counter.
    Indexed(u8),
    /// `&address`.
    Absolute,
}

/// Takes an instruction word apart.
#[inline]
pub const fn decode(opcode: u16) -> Result<Instruction, FaultKind> {
    let width = if opcode & 0x40 == 0 { Width::Word } else { Width::Byte };
    let op = match opcode >> 12 {
        0x1 => return one_operand(opcode, width),
        0x2 | 0x3 => return Ok(jump(opcode)),
        0x4 => TwoOp::Mov,
        0x5 => TwoOp::Add,
        0x6 => TwoOp::Addc,
        0x7 => TwoOp::Subc,
        0x8 => TwoOp::Sub,
        0x9 => TwoOp::Cmp,
        0xA => TwoOp::Dadd,
        0xB => TwoOp::Bit,
        0xC => TwoOp::Bic,
        0xD => TwoOp::Bis,
        0xE => TwoOp::Xor,
        0xF => TwoOp::And,
        _ => return Err(FaultKind::ExtendedInstruction { opcode }),
    };
    let source = source(register(opcode >> 8), opcode >> 4 & 3);
    let destination = match (opcode & 0x80, register(opcode)) {
        (0, register) => Destination::Register(register),
        (_, 2) => Destination::Absolute,
        (_, register) => Destination::Indexed(register),
    };
    Ok(Instruction::Two { op, width, source, destination })
}

const fn one_operand(opcode: u16, width: Width) -> Result<Instruction, FaultKind> {
    let operand = source(register(opcode), opcode >> 4 & 3);
    let (op, has_byte_form, writes_back) = match opcode >> 7 & 0x1F {
        0 => (OneOp::Rrc, true, true),
        1 => (OneOp::Swpb, false, true),
        2 => (OneOp::Rra, true, true),
        3 => (OneOp::Sxt, false, true),
        4 => (OneOp::Push, true, false),
        5 => (OneOp::Call, false, false),
        6 if opcode == 0x1300 => return Ok(Instruction::Reti),
        6 if opcode < 0x1340 => return Err(FaultKind::InvalidInstruction { opcode }),
        // CALLA, PUSHM, POPM and the extension words.
        _ => return Err(FaultKind::ExtendedInstruction { opcode }),
    };
    let no_place = writes_back && matches!(operand, Source::Constant(_) | Source::Immediate);
    if no_place || (!has_byte_form && matches!(width, Width::Byte)) {
        return Err(FaultKind::InvalidInstruction { opcode });
    }
    Ok(Instruction::One { op, width, operand })
}

const fn jump(opcode: u16) -> Instruction {
    let condition = match opcode >> 10 & 7 {
        0 => Condition::NotEqual,
        1 => Condition::Equal,
        2 => Condition::NoCarry,
        3 => Condition::Carry,
        4 => Condition::Negative,
        5 => Condition::GreaterEqual,
        6 => Condition::Less,
        _ => Condition::Always,
    };
    let offset = ((opcode << 6).cast_signed() >> 5).cast_unsigned();
    Instruction::Jump { condition, offset }
}

const fn source(register: u8, mode: u16) -> Source {
    match (register, mode) {
        (3, 0) => Source::Constant(0),
        (3, 1) => Source::Constant(1),
        (3, 2) => Source::Constant(2),
        (3, _) => Source::Constant(0xFFFF),
        (2, 2) => Source::Constant(4),
        (2, 3) => Source::Constant(8),
        (2, 1) => Source::Absolute,
        (0, 3) => Source::Immediate,
        (_, 0) => Source::Register(register),
        (_, 1) => Source::Indexed(register),
        (_, 2) => Source::Indirect(register),
        _ => Source::IndirectIncrement(register),
    }
}

const fn register(field: u16) -> u8 {
    (field & 15) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_decodes_or_is_a_fault() {
        let (mut valid, mut extended, mut invalid) = (0, 0, 0);
        for opcode in 0..=u16::MAX {
            match decode(opcode) {
                Ok(_) => valid += 1,
                Err(FaultKind::ExtendedInstruction { .. }) => extended += 1,
                Err(FaultKind::InvalidInstruction { .. }) => invalid += 1,
                Err(other) => panic!("{opcode:#06x}: {other}"),
            }
        }
        // 0x0000..=0x0FFF and 0x1340..=0x1FFF belong to the MSP430X.
        assert_eq!(extended, 0x1000 + 0x0CC0);
        // SWPB.B, SXT.B, CALL.B; the rest of the RETI block; and what RRC, SWPB, RRA and SXT
        // cannot write to: seven operands of RRC.W, RRC.B, RRA.W, RRA.B, SWPB.W, SXT.W.
        assert_eq!(invalid, 3 * 64 + 63 + 6 * 7);
        assert_eq!(valid, 0x1_0000 - extended - invalid);
    }

    #[test]
    fn jump_offsets_are_signed_words() {
        let offset = |opcode| match decode(opcode) {
            Ok(Instruction::Jump { offset, .. }) => offset.cast_signed(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            [offset(0x3C00), offset(0x3FFF), offset(0x21FF), offset(0x2200)],
            [0, -2, 1022, -1024]
        );
    }

    #[test]
    fn the_stop_opcode_writes_nothing() {
        let expected = Instruction::Two {
            op: TwoOp::Mov,
            width: Width::Byte,
            source: Source::Constant(0),
            destination: Destination::Register(3),
        };
        assert_eq!(decode(0x4343), Ok(expected));
    }
}
