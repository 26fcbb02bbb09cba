//! The 16-bit MSP430 CPU: registers and the execution of one instruction.

pub mod alu;
pub mod decode;
pub mod operand;
pub mod status;
pub mod timing;

use crate::cpu::decode::{Condition, Destination, Instruction, OneOp, Source, TwoOp};
use crate::cpu::operand::Place;
use crate::cpu::status::{CARRY, NEGATIVE, OVERFLOW, ZERO};
use crate::cpu::timing::CycleModel;
use crate::fault::FaultKind;
use crate::memory::Memory;
use freeml_harvest::random::SplitMix64;

/// Number of the program counter.
pub const PC: u8 = 0;
/// Number of the stack pointer.
pub const SP: u8 = 1;
/// Number of the status register.
pub const SR: u8 = 2;
/// Number of the constant generator, which ignores writes.
pub const CG: u8 = 3;

/// Stack pointer after a reset: no device has memory below it, so a push before the program has
/// set the stack pointer is a fault.
const UNSET_STACK_POINTER: u16 = 0x1002;

/// Whether an instruction works on bytes or on words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Word,
}

impl Width {
    /// All bits of a value.
    #[inline]
    pub const fn mask(self) -> u16 {
        match self {
            Self::Byte => 0x00FF,
            Self::Word => 0xFFFF,
        }
    }

    /// The sign bit of a value.
    #[inline]
    pub const fn sign(self) -> u16 {
        match self {
            Self::Byte => 0x0080,
            Self::Word => 0x8000,
        }
    }
}

/// The registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    registers: [u16; 16],
}

impl Cpu {
    /// A CPU after a reset that starts at `entry`; the general registers hold noise.
    pub fn after_reset(entry: u16, noise: &mut SplitMix64) -> Self {
        let mut cpu = Self::default();
        for register in &mut cpu.registers[4..] {
            *register = noise.next_u16();
        }
        cpu.set_register(PC, entry);
        cpu.set_register(SP, UNSET_STACK_POINTER);
        cpu
    }

    /// Register `n`, counted modulo 16.
    #[inline]
    pub const fn register(&self, n: u8) -> u16 {
        self.registers[(n & 15) as usize]
    }

    /// Sets register `n`, counted modulo 16; R3 always stays zero.
    #[inline]
    pub const fn set_register(&mut self, n: u8, value: u16) {
        if n & 15 != CG {
            self.registers[(n & 15) as usize] = value;
        }
    }

    /// The program counter.
    #[inline]
    pub const fn pc(&self) -> u16 {
        self.register(PC)
    }

    /// Runs one instruction and returns its cycles.
    ///
    /// After a fault the registers may show a part of the instruction's effects.
    #[inline]
    pub fn step(&mut self, memory: &mut Memory, model: CycleModel) -> Result<u32, FaultKind> {
        let opcode = self.fetch(memory)?;
        match decode::decode(opcode)? {
            Instruction::Two { op, width, source, destination } => {
                self.two(memory, op, width, source, destination)?;
                Ok(timing::two(model, op, source, destination))
            }
            Instruction::One { op, width, operand } => {
                self.one(memory, op, width, operand)?;
                Ok(timing::one(model, op, operand))
            }
            Instruction::Reti => {
                let status = self.pop(memory)?;
                self.set_register(SR, status);
                let target = self.pop(memory)?;
                self.set_register(PC, target);
                Ok(timing::RETI)
            }
            Instruction::Jump { condition, offset } => {
                if self.holds(condition) {
                    self.set_register(PC, self.pc().wrapping_add(offset));
                }
                Ok(timing::JUMP)
            }
        }
    }

    #[inline]
    fn two(
        &mut self,
        memory: &mut Memory,
        op: TwoOp,
        width: Width,
        source: Source,
        destination: Destination,
    ) -> Result<(), FaultKind> {
        let (value, _) = self.source(memory, source, width)?;
        let place = self.destination(memory, destination)?;
        let old = if op.reads_destination() { self.load(memory, place, width)? } else { 0 };
        let (result, status) = alu::two(op, value, old, self.register(SR), width);
        // The status goes first: a result written to SR itself wins over the flags.
        self.set_register(SR, status);
        if op.stores() {
            self.store(memory, place, result, width)?;
        }
        Ok(())
    }

    #[inline]
    fn one(
        &mut self,
        memory: &mut Memory,
        op: OneOp,
        width: Width,
        operand: Source,
    ) -> Result<(), FaultKind> {
        let (value, place) = self.source(memory, operand, width)?;
        match op {
            OneOp::Push => self.push(memory, value, width),
            OneOp::Call => {
                self.push(memory, self.pc(), Width::Word)?;
                self.set_register(PC, value);
                Ok(())
            }
            OneOp::Rrc | OneOp::Swpb | OneOp::Rra | OneOp::Sxt => {
                let (result, status) = alu::one(op, value, self.register(SR), width);
                self.set_register(SR, status);
                self.store(memory, place, result, width)
            }
        }
    }

    #[inline]
    fn fetch(&mut self, memory: &mut Memory) -> Result<u16, FaultKind> {
        let pc = self.pc();
        self.set_register(PC, pc.wrapping_add(2));
        memory.fetch(pc)
    }

    /// A pushed byte leaves the high byte of its stack word as it was.
    #[inline]
    fn push(&mut self, memory: &mut Memory, value: u16, width: Width) -> Result<(), FaultKind> {
        let top = self.register(SP).wrapping_sub(2);
        self.set_register(SP, top);
        self.store(memory, Place::Address(top), value, width)
    }

    fn pop(&mut self, memory: &mut Memory) -> Result<u16, FaultKind> {
        let top = self.register(SP);
        self.set_register(SP, top.wrapping_add(2));
        memory.read(top, Width::Word)
    }

    #[inline]
    const fn holds(&self, condition: Condition) -> bool {
        let status = self.register(SR);
        let less = (status & NEGATIVE != 0) != (status & OVERFLOW != 0);
        match condition {
            Condition::NotEqual => status & ZERO == 0,
            Condition::Equal => status & ZERO != 0,
            Condition::NoCarry => status & CARRY == 0,
            Condition::Carry => status & CARRY != 0,
            Condition::Negative => status & NEGATIVE != 0,
            Condition::GreaterEqual => !less,
            Condition::Less => less,
            Condition::Always => true,
        }
    }
}
