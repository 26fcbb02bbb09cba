//! Faults: what stops the simulation although a real device would go on somehow.

use thiserror::Error;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// Data access where the device has no memory.
    #[error("access to unmapped address {address:#06x}")]
    Unmapped {
        /// The address accessed.
        address: u16,
    },
    /// Word access at an odd address; hardware silently drops bit 0.
    #[error("unaligned word access to {address:#06x}")]
    Unaligned {
        /// The address accessed.
        address: u16,
    },
    /// Instruction fetch outside RAM and FRAM, or at an odd address.
    #[error("execution at {address:#06x}, which is not an even address in RAM or FRAM")]
    NotExecutable {
        /// The address fetched from.
        address: u16,
    },
    /// An instruction of the 20-bit MSP430X set.
    #[error("unsupported MSP430X instruction {opcode:#06x}")]
    ExtendedInstruction {
        /// The first word of the instruction.
        opcode: u16,
    },
    /// A word that is no instruction, or an operand that the instruction cannot take.
    #[error("invalid instruction {opcode:#06x}")]
    InvalidInstruction {
        /// The first word of the instruction.
        opcode: u16,
    },
    /// Byte write to a multiplier register that is not the low byte of an operand.
    #[error(
        "byte write to the hardware multiplier at {address:#06x}: only those of operands are modelled"
    )]
    MultiplierByteWrite {
        /// The address written.
        address: u16,
    },
    /// Access to a register of the 32-bit part of the multiplier.
    #[error("access to the 32-bit multiplier register at {address:#06x}: MPY32 is not modelled")]
    Multiplier32 {
        /// The address accessed.
        address: u16,
    },
}

/// A fault and the place of the instruction that caused it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}, at pc {pc:#06x} ({location}) after {cycles} cycles")]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// Address of the instruction.
    pub pc: u16,
    /// Nearest code symbol at or below `pc` with the distance to it, or `no symbol`.
    pub location: String,
    /// Cycles run before the instruction, since the first power-on.
    pub cycles: u64,
}
