//! A minimal assembler: instruction words from operations and operands.

use freeml_sim::{Device, Machine};

/// Address of the instruction under test.
pub const CODE: u16 = 0x4400;
/// RAM for its operands.
pub const DATA: u16 = 0x1D00;

/// A source operand.
#[derive(Clone, Copy, Debug)]
pub enum Src {
    /// `Rn`
    R(u16),
    /// A number from a constant generator: -1, 0, 1, 2, 4 or 8.
    K(i16),
    /// `x(Rn)`
    X(u16, u16),
    /// A symbol: an address, encoded relative to the program counter.
    Sym(u16),
    /// `&address`
    Abs(u16),
    /// `@Rn`
    At(u16),
    /// `@Rn+`
    Inc(u16),
    /// `#number` in an extension word
    Imm(u16),
}

/// A destination operand, with the same notation.
#[derive(Clone, Copy, Debug)]
pub enum Dst {
    R(u16),
    X(u16, u16),
    Sym(u16),
    Abs(u16),
}

pub const MOV: u16 = 0x4;
pub const ADD: u16 = 0x5;
pub const ADDC: u16 = 0x6;
pub const SUBC: u16 = 0x7;
pub const SUB: u16 = 0x8;
pub const CMP: u16 = 0x9;
pub const DADD: u16 = 0xA;
pub const BIT: u16 = 0xB;
pub const BIC: u16 = 0xC;
pub const BIS: u16 = 0xD;
pub const XOR: u16 = 0xE;
pub const AND: u16 = 0xF;

pub const RRC: u16 = 0;
pub const SWPB: u16 = 1;
pub const RRA: u16 = 2;
pub const SXT: u16 = 3;
pub const PUSH: u16 = 4;
pub const CALL: u16 = 5;

pub const RETI: u16 = 0x1300;
pub const STOP: u16 = 0x4343;
/// `jmp $`
pub const LOOP: u16 = 0x3FFF;

/// The bit of byte instructions.
pub const BYTE: u16 = 0x40;

/// Register, mode and extension word; `at` is the address of the extension word.
fn source(operand: Src, at: u16) -> (u16, u16, Option<u16>) {
    match operand {
        Src::R(n) => (n, 0, None),
        Src::K(0) => (3, 0, None),
        Src::K(1) => (3, 1, None),
        Src::K(2) => (3, 2, None),
        Src::K(-1) => (3, 3, None),
        Src::K(4) => (2, 2, None),
        Src::K(8) => (2, 3, None),
        Src::K(other) => panic!("{other} is not in the constant generators"),
        Src::X(x, n) => (n, 1, Some(x)),
        Src::Sym(address) => (0, 1, Some(address.wrapping_sub(at))),
        Src::Abs(address) => (2, 1, Some(address)),
        Src::At(n) => (n, 2, None),
        Src::Inc(n) => (n, 3, None),
        Src::Imm(number) => (0, 3, Some(number)),
    }
}

fn destination(operand: Dst, at: u16) -> (u16, u16, Option<u16>) {
    match operand {
        Dst::R(n) => (n, 0, None),
        Dst::X(x, n) => (n, 1, Some(x)),
        Dst::Sym(address) => (0, 1, Some(address.wrapping_sub(at))),
        Dst::Abs(address) => (2, 1, Some(address)),
    }
}

/// An instruction with two operands, to stand at [`CODE`]; `width` is 0 or [`BYTE`].
pub fn two(op: u16, width: u16, src: Src, dst: Dst) -> Vec<u16> {
    let (sreg, smode, sext) = source(src, CODE + 2);
    let (dreg, dmode, dext) = destination(dst, CODE + if sext.is_some() { 4 } else { 2 });
    let opcode = op << 12 | sreg << 8 | dmode << 7 | width | smode << 4 | dreg;
    [Some(opcode), sext, dext].into_iter().flatten().collect()
}

/// An instruction with one operand, to stand at [`CODE`]; `width` is 0 or [`BYTE`].
pub fn one(op: u16, width: u16, operand: Src) -> Vec<u16> {
    let (reg, mode, ext) = source(operand, CODE + 2);
    let opcode = 0x1000 | op << 7 | width | mode << 4 | reg;
    [Some(opcode), ext].into_iter().flatten().collect()
}

/// A jump by `words` words after the next instruction; condition 7 is always.
pub fn jump(condition: u16, words: i16) -> Vec<u16> {
    vec![0x2000 | condition << 10 | words.cast_unsigned() & 0x3FF]
}

/// The bytes of words in memory.
pub fn bytes(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A device about to run one instruction, with stack, zeroed status and operands in RAM.
pub fn machine(words: &[u16]) -> Machine {
    let mut machine = Machine::blank(Device::Fr5994);
    machine.write(CODE, &bytes(words)).unwrap();
    machine.write(DATA, &[0; 0x100]).unwrap();
    for (register, value) in [(0, CODE), (1, 0x2000), (2, 0), (5, DATA), (6, DATA + 0x10)] {
        machine.cpu_mut().set_register(register, value);
    }
    machine
}

/// The word at an address.
pub fn word(machine: &Machine, address: u16) -> u16 {
    let bytes = machine.read(address, 2).unwrap();
    u16::from_le_bytes([bytes[0], bytes[1]])
}
