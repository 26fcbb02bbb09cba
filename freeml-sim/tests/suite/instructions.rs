//! What each form of instruction does to registers and memory.

use crate::asm::{
    ADD, AND, BYTE, CALL, CMP, CODE, DADD, DATA, Dst, MOV, PUSH, RETI, RRA, RRC, SUB, SWPB, SXT,
    Src, XOR, bytes, jump, machine, one, two, word,
};
use freeml_sim::Machine;
use freeml_sim::memory::AccessCounts;

/// A device after one instruction, with the given words at `DATA` before it.
fn run(words: &[u16], data: &[u16], registers: &[(u8, u16)]) -> Machine {
    let mut machine = machine(words);
    machine.write(DATA, &bytes(data)).unwrap();
    for &(register, value) in registers {
        machine.cpu_mut().set_register(register, value);
    }
    machine.step().unwrap();
    machine
}

fn register(machine: &Machine, n: u8) -> u16 {
    machine.cpu().register(n)
}

#[test]
fn source_modes() {
    let data = [0x1111, 0x2222, 0x3333];
    let cases = [
        (Src::R(7), 0x7777),
        (Src::X(2, 5), 0x2222),
        (Src::X(0xFFF0, 6), 0x1111),
        (Src::Sym(DATA + 4), 0x3333),
        (Src::Abs(DATA + 2), 0x2222),
        (Src::At(5), 0x1111),
        (Src::Inc(5), 0x1111),
        (Src::Imm(0xABCD), 0xABCD),
        (Src::K(-1), 0xFFFF),
        (Src::K(0), 0),
        (Src::K(1), 1),
        (Src::K(2), 2),
        (Src::K(4), 4),
        (Src::K(8), 8),
    ];
    for (source, expected) in cases {
        let words = two(MOV, 0, source, Dst::R(9));
        let machine = run(&words, &data, &[(7, 0x7777)]);
        assert_eq!(register(&machine, 9), expected, "{source:?}");
        let length = 2 * u16::try_from(words.len()).unwrap();
        assert_eq!(register(&machine, 0), CODE + length, "{source:?}");
        let increment = if matches!(source, Src::Inc(_)) { 2 } else { 0 };
        assert_eq!(register(&machine, 5), DATA + increment, "{source:?}");
    }
}

#[test]
fn destination_modes() {
    for source in [Src::K(4), Src::Imm(4)] {
        for (destination, address) in [
            (Dst::X(6, 5), DATA + 6),
            (Dst::Sym(DATA + 8), DATA + 8),
            (Dst::Abs(DATA + 10), DATA + 10),
        ] {
            let machine = run(&two(SUB, 0, source, destination), &[7; 16], &[]);
            assert_eq!(word(&machine, address), 3, "{source:?} {destination:?}");
            let changed = (DATA..DATA + 32).step_by(2).filter(|&a| word(&machine, a) != 7).count();
            assert_eq!(changed, 1, "{destination:?}");
        }
    }
}

#[test]
fn bytes_clear_high_register_halves_and_keep_memory_neighbours() {
    let machine = run(&two(MOV, BYTE, Src::Imm(0xABCD), Dst::R(9)), &[], &[(9, 0xFFFF)]);
    assert_eq!(register(&machine, 9), 0x00CD);
    let machine = run(&two(ADD, BYTE, Src::R(8), Dst::X(1, 5)), &[0x80FF], &[(8, 0x1281)]);
    assert_eq!((word(&machine, DATA), register(&machine, 2)), (0x01FF, 0x0101));
    let machine = run(&two(MOV, BYTE, Src::K(-1), Dst::R(9)), &[], &[]);
    assert_eq!(register(&machine, 9), 0x00FF);
}

#[test]
fn increments_are_one_for_bytes_except_for_the_stack_pointer() {
    let machine = run(&two(MOV, BYTE, Src::Inc(5), Dst::R(9)), &[0x1234], &[]);
    assert_eq!((register(&machine, 9), register(&machine, 5)), (0x34, DATA + 1));
    let machine = run(&two(MOV, BYTE, Src::Inc(1), Dst::R(9)), &[0x1234], &[(1, DATA)]);
    assert_eq!((register(&machine, 9), register(&machine, 1)), (0x34, DATA + 2));
    let machine = run(&two(MOV, BYTE, Src::Imm(0x12), Dst::R(9)), &[], &[]);
    assert_eq!(register(&machine, 0), CODE + 4);
}

#[test]
fn compare_and_test_store_nothing() {
    for op in [CMP, 0xB] {
        let machine = run(&two(op, 0, Src::K(1), Dst::Abs(DATA)), &[0x1234], &[]);
        assert_eq!(
            (word(&machine, DATA), machine.report().writes),
            (0x1234, AccessCounts::default())
        );
        let machine = run(&two(op, 0, Src::K(1), Dst::R(9)), &[], &[(9, 5)]);
        assert_eq!(register(&machine, 9), 5);
    }
}

#[test]
fn move_does_not_read_its_destination() {
    let machine = run(&two(MOV, 0, Src::R(8), Dst::Abs(DATA)), &[], &[]);
    assert_eq!(machine.report().reads, AccessCounts::default());
}

#[test]
fn a_result_for_the_status_register_wins_over_flags() {
    let machine = run(&two(ADD, 0, Src::K(1), Dst::R(2)), &[], &[(2, 0x0102)]);
    assert_eq!(register(&machine, 2), 0x0103);
}

#[test]
fn register_three_stays_zero() {
    let machine = run(&two(ADD, 0, Src::Imm(0x1234), Dst::R(3)), &[], &[]);
    assert_eq!((register(&machine, 3), register(&machine, 2)), (0, 0));
}

#[test]
fn decimal_addition_in_memory() {
    let words = two(DADD, 0, Src::Imm(0x4567), Dst::Abs(DATA));
    let machine = run(&words, &[0x5432], &[(2, 1)]);
    assert_eq!((word(&machine, DATA), register(&machine, 2)), (0x0000, 0x0003));
}

#[test]
fn one_operand_in_memory() {
    let cases = [
        (RRC, 0, 0x8000, 0xC000, 0x0004),
        (RRC, BYTE, 0x8001, 0x8080, 0x0005),
        (RRA, 0, 0x8002, 0xC001, 0x0004),
        (RRA, BYTE, 0x7F81, 0x7FC0, 0x0005),
        (SWPB, 0, 0x1234, 0x3412, 0x0001),
        (SXT, 0, 0x1280, 0xFF80, 0x0005),
    ];
    for (op, width, before, after, status) in cases {
        for operand in [Src::Abs(DATA), Src::At(5), Src::Inc(5), Src::X(0, 5), Src::Sym(DATA)] {
            let machine = run(&one(op, width, operand), &[before], &[(2, 1)]);
            let found = (word(&machine, DATA), register(&machine, 2));
            assert_eq!(found, (after, status), "{op} {width} {operand:?}");
        }
    }
}

#[test]
fn push_and_pop() {
    let machine = run(&one(PUSH, 0, Src::Imm(0x1234)), &[], &[]);
    assert_eq!((register(&machine, 1), word(&machine, 0x1FFE)), (0x1FFE, 0x1234));
    // A pushed byte keeps the other byte of its stack word.
    let machine = run(&one(PUSH, BYTE, Src::R(8)), &[0x5566], &[(1, DATA + 2), (8, 0xABCD)]);
    assert_eq!((register(&machine, 1), word(&machine, DATA)), (DATA, 0x55CD));
    let machine = run(&two(MOV, 0, Src::Inc(1), Dst::R(9)), &[0x1234], &[(1, DATA)]);
    assert_eq!((register(&machine, 1), register(&machine, 9)), (DATA + 2, 0x1234));
    // The old stack pointer is what PUSH SP stores.
    let machine = run(&one(PUSH, 0, Src::R(1)), &[], &[]);
    assert_eq!(word(&machine, 0x1FFE), 0x2000);
}

#[test]
fn call_and_return() {
    for (operand, length) in [(Src::Imm(0x5000), 4), (Src::R(8), 2), (Src::Abs(DATA), 4)] {
        let machine = run(&one(CALL, 0, operand), &[0x5000], &[(8, 0x5000)]);
        let found = (register(&machine, 0), register(&machine, 1), word(&machine, 0x1FFE));
        assert_eq!(found, (0x5000, 0x1FFE, CODE + length), "{operand:?}");
    }
    let machine = run(&[RETI], &[0x00F5, 0x4444], &[(1, DATA)]);
    let found = [0, 1, 2].map(|n| register(&machine, n));
    assert_eq!(found, [0x4444, DATA + 4, 0x00F5]);
}

#[test]
fn jump_conditions() {
    const C: u16 = 1;
    const Z: u16 = 2;
    const N: u16 = 4;
    const V: u16 = 0x100;
    for status in (0..16).map(|bits: u16| bits & 7 | (bits & 8) << 5) {
        let less = (status & N == 0) != (status & V == 0);
        let taken = [
            status & Z == 0,
            status & Z != 0,
            status & C == 0,
            status & C != 0,
            status & N != 0,
            !less,
            less,
            true,
        ];
        for (condition, taken) in (0..).zip(taken) {
            for words in [3, -4] {
                let machine = run(&jump(condition, words), &[], &[(2, status)]);
                let offset = if taken { words * 2 } else { 0 };
                let target = (CODE + 2).wrapping_add_signed(offset);
                assert_eq!(register(&machine, 0), target, "{condition} {status:#x}");
            }
        }
    }
}

#[test]
fn the_multiplier_works_from_instructions() {
    let words = two(MOV, 0, Src::Imm(0xFFFD), Dst::Abs(0x04C2));
    let mut machine = run(&words, &[], &[]);
    let rest = [
        two(MOV, 0, Src::Imm(7), Dst::Abs(0x04C8)),
        two(MOV, 0, Src::Abs(0x04CA), Dst::R(12)),
        two(MOV, 0, Src::Abs(0x04CC), Dst::R(13)),
        two(MOV, 0, Src::Abs(0x04CE), Dst::R(14)),
    ];
    machine.write(CODE + 6, &bytes(&rest.concat())).unwrap();
    for _ in 0..4 {
        machine.step().unwrap();
    }
    assert_eq!([12, 13, 14].map(|n| register(&machine, n)), [0xFFEB, 0xFFFF, 0xFFFF]);
    assert_eq!(machine.report().writes.get(freeml_sim::Region::Io), 2);
}

#[test]
fn operations_use_both_operands_in_order() {
    let cases = [(SUB, 5), (XOR, 13), (AND, 0), (ADD, 13)];
    for (op, expected) in cases {
        let machine = run(&two(op, 0, Src::K(4), Dst::R(9)), &[], &[(9, 9)]);
        assert_eq!(register(&machine, 9), expected, "{op:x}");
    }
}
