//! Every form of every instruction against the tables of TI's user's guides.

use freeml_sim::CycleModel::{Classic, X};

use crate::asm::{
    ADD, ADDC, AND, BIC, BIS, BIT, CALL, CMP, DADD, DATA, Dst, MOV, PUSH, RETI, RRA, RRC, SUB,
    SUBC, SWPB, SXT, Src, XOR, jump, machine, one, two,
};

/// Cycles of one instruction: classic, CPUX.
fn cycles(words: &[u16]) -> (u64, u64) {
    let mut counts = [Classic, X].into_iter().map(|model| {
        let mut machine = machine(words);
        machine.set_cycle_model(model);
        machine.cpu_mut().set_register(8, 0x4000);
        machine.step().unwrap_or_else(|fault| panic!("{words:04x?}: {fault}"));
        machine.report().cycles
    });
    (counts.next().unwrap(), counts.next().unwrap())
}

/// One source mode: to a register; to the PC, classic and CPUX; to memory, and with CPUX's
/// shorter MOV, BIT and CMP.
struct Row {
    sources: &'static [Src],
    register: u64,
    pc: (u64, u64),
    memory: u64,
    memory_short: u64,
}

const FORMAT_I: &[Row] = &[
    Row {
        sources: &[Src::R(8), Src::K(0), Src::K(1), Src::K(2), Src::K(4), Src::K(8), Src::K(-1)],
        register: 1,
        pc: (2, 3),
        memory: 4,
        memory_short: 3,
    },
    Row { sources: &[Src::At(5)], register: 2, pc: (2, 4), memory: 5, memory_short: 4 },
    Row { sources: &[Src::Inc(5)], register: 2, pc: (3, 4), memory: 5, memory_short: 4 },
    Row { sources: &[Src::Imm(0x4000)], register: 2, pc: (3, 3), memory: 5, memory_short: 4 },
    Row {
        sources: &[Src::X(2, 5), Src::Sym(DATA), Src::Abs(DATA)],
        register: 3,
        pc: (3, 5),
        memory: 6,
        memory_short: 5,
    },
];

#[test]
fn format_i() {
    let operations = [MOV, ADD, ADDC, SUBC, SUB, CMP, DADD, BIT, BIC, BIS, XOR, AND];
    let memory_destinations = [Dst::X(2, 6), Dst::Sym(DATA + 2), Dst::Abs(DATA + 2)];
    for row in FORMAT_I {
        for &source in row.sources {
            for op in operations {
                let at = format!("operation {op:x}, source {source:?}");
                let found = cycles(&two(op, 0, source, Dst::R(9)));
                assert_eq!(found, (row.register, row.register), "{at} to register");

                let no_store = op == CMP || op == BIT;
                let pc = if no_store { (row.register, row.register) } else { row.pc };
                assert_eq!(cycles(&two(op, 0, source, Dst::R(0))), pc, "{at} to pc");

                let x = if no_store || op == MOV { row.memory_short } else { row.memory };
                for destination in memory_destinations {
                    let found = cycles(&two(op, 0, source, destination));
                    assert_eq!(found, (row.memory, x), "{at} to {destination:?}");
                }
            }
        }
    }
}

#[test]
fn format_ii() {
    // Operand; rotations; PUSH classic, CPUX; CALL classic, CPUX.
    let table = [
        (Src::R(8), 1, (3, 3), (4, 4)),
        (Src::At(5), 3, (4, 3), (4, 4)),
        (Src::Inc(5), 3, (5, 3), (5, 4)),
        (Src::X(2, 5), 4, (5, 4), (5, 5)),
        (Src::Sym(DATA), 4, (5, 4), (5, 5)),
        (Src::Abs(DATA), 4, (5, 4), (5, 6)),
    ];
    for (operand, modify, push, call) in table {
        for op in [RRC, SWPB, RRA, SXT] {
            let found = cycles(&one(op, 0, operand));
            assert_eq!(found, (modify, modify), "operation {op}, {operand:?}");
        }
        assert_eq!(cycles(&one(PUSH, 0, operand)), push, "push {operand:?}");
        assert_eq!(cycles(&one(CALL, 0, operand)), call, "call {operand:?}");
    }
    assert_eq!(cycles(&one(PUSH, 0, Src::Imm(0x1234))), (4, 3));
    assert_eq!(cycles(&one(CALL, 0, Src::Imm(0x4000))), (5, 4));
    for constant in [-1, 0, 1, 2, 4, 8] {
        assert_eq!(cycles(&one(PUSH, 0, Src::K(constant))), (3, 3), "push #{constant}");
    }
    assert_eq!(cycles(&[RETI]), (5, 5));
}

#[test]
fn jumps_taken_or_not() {
    for condition in 0..8 {
        for words in [0, 1, -1] {
            assert_eq!(cycles(&jump(condition, words)), (2, 2), "condition {condition}");
        }
    }
}

/// Instructions as people write them, with the opcodes an assembler gives.
#[test]
fn common_idioms() {
    let table: &[(&str, &[u16], u64, u64)] = &[
        ("mov r7, r8", &[0x4708], 1, 1),
        ("mov @r5+, &0x1d00", &[0x45B2, 0x1D00], 5, 4),
        ("mov 2(r5), 2(r6)", &[0x4596, 2, 2], 6, 5),
        ("clr &0x1d00", &[0x4382, 0x1D00], 4, 3),
        ("inc &0x1d00", &[0x5392, 0x1D00], 4, 4),
        ("tst r8", &[0x9308], 1, 1),
        ("clrc", &[0xC312], 1, 1),
        ("push @r5", &[0x1225], 4, 3),
        ("push #1", &[0x1213], 3, 3),
        ("push 2(r5)", &[0x1215, 2], 5, 4),
        ("pop r8", &[0x4138], 2, 2),
        ("call r8", &[0x1288], 4, 4),
        ("call #0x4000", &[0x12B0, 0x4000], 5, 4),
        ("call &0x1d00", &[0x1292, 0x1D00], 5, 6),
        ("ret", &[0x4130], 3, 4),
        ("br #0x4000", &[0x4030, 0x4000], 3, 3),
        ("br r8", &[0x4800], 2, 3),
        ("jmp $+2", &[0x3C00], 2, 2),
        ("jeq $+2", &[0x2400], 2, 2),
    ];
    for &(text, words, classic, x) in table {
        assert_eq!(cycles(words), (classic, x), "{text}");
    }
}
