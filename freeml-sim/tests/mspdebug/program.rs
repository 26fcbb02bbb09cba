//! Random straight programs with short jumps, calls and returns.

use freeml_harvest::random::SplitMix64;

/// First address of the code.
pub const CODE: u16 = 0x4400;
/// First address of the operands.
pub const DATA: u16 = 0x1D00;
/// The stack pointer at the start.
pub const STACK: u16 = 0x2400;
/// Words of the longest program.
pub const MAX_WORDS: usize = 0x4000;

/// Registers that hold any value; R5 always points to the operands.
const FREE: [u16; 11] = [4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const CONSTANTS: [(u16, u16); 6] = [(3, 0), (3, 1), (3, 2), (3, 3), (2, 2), (2, 3)];
const MOV: u16 = 0x4;
const DADD: u16 = 0xA;
const BYTE: u16 = 0x40;

/// A program, its operands, and the registers it starts with.
pub struct Program {
    code: Vec<u16>,
    data: Vec<u8>,
    pub registers: [u16; 16],
    /// Address behind the last instruction.
    pub end: u16,
}

impl Program {
    pub fn random(seed: u64, instructions: usize) -> Self {
        let mut writer = Writer { random: SplitMix64::new(seed), code: Vec::new() };
        for _ in 0..instructions {
            writer.instruction();
        }
        let mut registers = [0; 16].map(|_: u16| writer.below(0x1_0000));
        (registers[0], registers[1], registers[3], registers[5]) = (CODE, STACK, 0, DATA);
        // Only the flags: another bit would put the CPU to sleep.
        registers[2] &= 0x0107;
        let mut data = vec![0; 0x80];
        writer.random.fill(&mut data);
        assert!(writer.code.len() <= MAX_WORDS);
        let end = writer.here();
        Self { code: writer.code, data, registers, end }
    }

    /// Addresses and bytes to write before the start, the stack included.
    pub fn memory(&self) -> [(u16, Vec<u8>); 3] {
        let code = self.code.iter().flat_map(|word| word.to_le_bytes()).collect();
        [(CODE, code), (DATA, self.data.clone()), (STACK - 0x40, vec![0x55; 0x40])]
    }
}

struct Writer {
    random: SplitMix64,
    code: Vec<u16>,
}

impl Writer {
    /// A uniform number below a limit of at most 2^16.
    fn below(&mut self, limit: u64) -> u16 {
        u16::try_from(self.random.next_u64() % limit).unwrap()
    }

    fn chance(&mut self, percent: u16) -> bool {
        self.below(100) < percent
    }

    fn free_register(&mut self) -> u16 {
        FREE[usize::from(self.below(FREE.len() as u64))]
    }

    fn here(&self) -> u16 {
        CODE + 2 * u16::try_from(self.code.len()).unwrap()
    }

    fn instruction(&mut self) {
        match self.below(100) {
            0..60 => self.two_operands(),
            60..80 => self.one_operand(),
            80..88 => self.jump(),
            88..92 => self.push_and_pop(),
            92..94 => self.call(),
            94..96 => self.return_from_interrupt(),
            _ => self.decimal_sum(),
        }
        // Increments must not carry R5 out of the operands.
        if self.chance(50) {
            let address = DATA + 2 * self.below(8);
            self.code.extend([0x4035, address]);
        }
    }

    fn width(&mut self) -> u16 {
        if self.chance(35) { BYTE } else { 0 }
    }

    /// An offset within the operands, even for words.
    fn offset(&mut self, width: u16) -> u16 {
        let offset = self.below(0x40);
        if width == BYTE { offset } else { offset & !1 }
    }

    /// Register, mode and extension word of a memory operand; `index` is the extension's place
    /// behind the opcode.
    fn memory_operand(&mut self, width: u16, index: u16) -> (u16, u16, Option<u16>) {
        let offset = self.offset(width);
        match self.below(3) {
            // R5 may be odd after a byte increment: only bytes may then be reached through it.
            0 if width == BYTE => (5, 1, Some(offset)),
            0 | 1 => (2, 1, Some(DATA + offset)),
            _ => (0, 1, Some((DATA + offset).wrapping_sub(self.here() + 2 * index))),
        }
    }

    fn indirect(&mut self, width: u16) -> (u16, u16, Option<u16>) {
        if width != BYTE {
            // Even again for a word access.
            let address = DATA + 2 * self.below(0x10);
            self.code.extend([0x4035, address]);
        }
        (5, 2 + self.below(2), None)
    }

    fn two_operands(&mut self) {
        const OPERATIONS: [u16; 11] = [MOV, 5, 6, 7, 8, 9, 0xB, 0xC, 0xD, 0xE, 0xF];
        let op = OPERATIONS[usize::from(self.below(11))];
        let width = self.width();
        let (sreg, smode, sext) = match self.below(6) {
            0 => (self.free_register(), 0, None),
            1 => {
                let (register, mode) = CONSTANTS[usize::from(self.below(6))];
                (register, mode, None)
            }
            2 => self.indirect(width),
            3 => (0, 3, Some(self.below(0x1_0000))),
            _ => self.memory_operand(width, 1),
        };
        let (dreg, dmode, dext) = if self.chance(40) {
            self.memory_operand(width, if sext.is_some() { 2 } else { 1 })
        } else {
            (self.free_register(), 0, None)
        };
        self.code.push(op << 12 | sreg << 8 | dmode << 7 | width | smode << 4 | dreg);
        self.code.extend([sext, dext].into_iter().flatten());
    }

    fn one_operand(&mut self) {
        let op = self.below(4);
        // SWPB and SXT have no byte form.
        let width = if op & 1 == 0 { self.width() } else { 0 };
        let (register, mode, extension) = match self.below(3) {
            0 => (self.free_register(), 0, None),
            1 => self.indirect(width),
            _ => self.memory_operand(width, 1),
        };
        self.code.push(0x1000 | op << 7 | width | mode << 4 | register);
        self.code.extend(extension);
    }

    /// Any jump, over the one-word instruction behind it.
    fn jump(&mut self) {
        let condition = self.below(8);
        let (source, destination) = (self.free_register(), self.free_register());
        self.code.push(0x2000 | condition << 10 | 1);
        self.code.push(0x5000 | source << 8 | destination);
    }

    /// Words only: mspdebug clears the high byte of a pushed byte's stack word, which the guides
    /// leave as it was.
    fn push_and_pop(&mut self) {
        let (register, mode, extension) = match self.below(4) {
            0 => (self.free_register(), 0, None),
            1 => (0, 3, Some(self.below(0x1_0000))),
            2 => self.indirect(0),
            _ => self.memory_operand(0, 1),
        };
        self.code.push(0x1200 | mode << 4 | register);
        self.code.extend(extension);
        // pop
        let target = self.free_register();
        self.code.push(0x4130 | target);
    }

    /// A call of the next instruction, and `incd sp` there.
    fn call(&mut self) {
        let target = self.here() + 4;
        self.code.extend([0x12B0, target, 0x5321]);
    }

    fn return_from_interrupt(&mut self) {
        let status = self.below(0x1_0000) & 0x0107;
        let target = self.here() + 10;
        self.code.extend([0x1230, target, 0x1230, status, 0x1300]);
    }

    /// Decimal digits only: what other digits give is not specified.
    fn decimal_sum(&mut self) {
        let width = self.width();
        let (source, destination) = (self.free_register(), self.free_register());
        for register in [source, destination] {
            let digits = (0..4).fold(0, |number, _| number << 4 | self.below(10));
            self.code.extend([0x4030 | register, digits]);
        }
        self.code.push(DADD << 12 | source << 8 | width | destination);
        // V is not specified either: bic #0x100, sr
        self.code.extend([0xC032, 0x0100]);
    }
}
