//! The flags of known cases, and all operations against arithmetic on wide integers.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the reference computes in wide integers and cuts to the width"
)]

use proptest::prelude::*;

use super::{one, two};
use crate::cpu::Width::{self, Byte, Word};
use crate::cpu::decode::OneOp::{Rra, Rrc, Swpb, Sxt};
use crate::cpu::decode::TwoOp::{
    self, Add, Addc, And, Bic, Bis, Bit, Cmp, Dadd, Mov, Sub, Subc, Xor,
};
use crate::cpu::status::{CARRY as C, NEGATIVE as N, OVERFLOW as V, ZERO as Z};

const ALL: u16 = C | Z | N | V;

/// Operation, width, source, destination, status before; result, status after.
type Case = (TwoOp, Width, u16, u16, u16, u16, u16);

const CASES: &[Case] = &[
    (Mov, Word, 0x1234, 0, ALL, 0x1234, ALL),
    (Add, Word, 1, 0x7FFF, 0, 0x8000, N | V),
    (Add, Word, 1, 0xFFFF, 0, 0, C | Z),
    (Add, Word, 0x8000, 0x8000, 0, 0, C | Z | V),
    (Add, Word, 2, 3, ALL, 5, 0),
    (Add, Byte, 1, 0x7F, 0, 0x80, N | V),
    (Add, Byte, 1, 0xFF, 0, 0, C | Z),
    (Addc, Word, 2, 3, C, 6, 0),
    (Addc, Word, 2, 3, 0, 5, 0),
    (Addc, Word, 0xFFFF, 0, C, 0, C | Z),
    (Addc, Byte, 0x7F, 0, C, 0x80, N | V),
    (Sub, Word, 3, 5, 0, 2, C),
    (Sub, Word, 5, 3, 0, 0xFFFE, N),
    (Sub, Word, 5, 5, 0, 0, C | Z),
    (Sub, Word, 1, 0x8000, 0, 0x7FFF, C | V),
    (Sub, Byte, 1, 0x80, 0, 0x7F, C | V),
    (Sub, Byte, 0xFF, 0x7F, 0, 0x80, N | V),
    (Subc, Word, 3, 5, C, 2, C),
    (Subc, Word, 3, 5, 0, 1, C),
    (Subc, Word, 5, 5, 0, 0xFFFF, N),
    (Cmp, Word, 5, 5, 0, 0, C | Z),
    (Cmp, Byte, 6, 5, 0, 0xFF, N),
    (Dadd, Word, 0x0001, 0x0999, 0, 0x1000, 0),
    (Dadd, Word, 0x0001, 0x9999, 0, 0x0000, C | Z),
    (Dadd, Word, 0x1111, 0x8888, C, 0x0000, C | Z),
    (Dadd, Word, 0x1234, 0x8000, 0, 0x9234, N),
    (Dadd, Byte, 0x01, 0x99, 0, 0x00, C | Z),
    (Dadd, Byte, 0x25, 0x37, C, 0x63, 0),
    (Bit, Word, 0x0F0F, 0x00FF, V, 0x000F, C),
    (Bit, Word, 0xF000, 0x0FFF, V | C, 0, Z),
    (And, Word, 0xF000, 0x8FFF, 0, 0x8000, C | N),
    (And, Byte, 0xF0, 0x8F, 0, 0x80, C | N),
    (Bic, Word, 0x00FF, 0x1234, ALL, 0x1200, ALL),
    (Bis, Word, 0x00FF, 0x1200, 0, 0x12FF, 0),
    (Xor, Word, 0x8001, 0x8000, 0, 0x0001, C | V),
    (Xor, Word, 0x1234, 0x1234, ALL, 0, Z),
    (Xor, Byte, 0x80, 0x01, 0, 0x81, C | N),
];

#[test]
fn known_operations_on_two_operands() {
    for &(op, width, source, destination, before, result, after) in CASES {
        let found = two(op, source, destination, before, width);
        assert_eq!(found, (result, after), "{op:?} {width:?} {source:#x}, {destination:#x}");
    }
}

#[test]
fn known_operations_on_one_operand() {
    let cases = [
        (Rrc, Word, 0x0003, C, 0x8001, C | N),
        (Rrc, Word, 0x0001, 0, 0x0000, C | Z),
        (Rrc, Byte, 0x02, C, 0x81, N),
        (Rra, Word, 0x8001, V, 0xC000, C | N),
        (Rra, Word, 0x0002, C, 0x0001, 0),
        (Rra, Byte, 0x81, 0, 0xC0, C | N),
        (Swpb, Word, 0x1234, ALL, 0x3412, ALL),
        (Sxt, Word, 0x1280, V, 0xFF80, C | N),
        (Sxt, Word, 0xFF7F, 0, 0x007F, C),
        (Sxt, Word, 0xFF00, C | V, 0x0000, Z),
    ];
    for (op, width, operand, before, result, after) in cases {
        let found = one(op, operand, before, width);
        assert_eq!(found, (result, after), "{op:?} {width:?} {operand:#x}");
    }
}

#[test]
fn other_bits_of_the_status_stay() {
    assert_eq!(two(Add, 0, 0, 0x00F8 | V, Word).1, 0x00F8 | Z);
    assert_eq!(one(Rra, 0, 0x00F8 | V, Word).1, 0x00F8 | Z);
}

fn signed(value: u16, width: Width) -> i32 {
    let value = i32::from(value);
    let sign = i32::from(width.sign());
    if value >= sign { value - 2 * sign } else { value }
}

/// The flags by their definition in the user's guides, from the exact result.
fn expected_flags(result: u16, width: Width, carry: bool, overflow: bool) -> u16 {
    let mut flags = 0;
    flags |= if carry { C } else { 0 };
    flags |= if result == 0 { Z } else { 0 };
    flags |= if signed(result, width) < 0 { N } else { 0 };
    flags | if overflow { V } else { 0 }
}

fn from_bcd(value: u16) -> u32 {
    [12, 8, 4, 0].iter().fold(0, |sum, shift| sum * 10 + u32::from(value >> shift & 15))
}

fn to_bcd(value: u32) -> u16 {
    let digits = [1000, 100, 10, 1].map(|unit| value / unit % 10);
    digits.iter().fold(0, |bcd, &digit| bcd << 4 | u16::try_from(digit).unwrap())
}

fn widths() -> impl Strategy<Value = Width> {
    prop_oneof![Just(Byte), Just(Word)]
}

proptest! {
    #[test]
    fn sums_like_wide_integers(a: u16, b: u16, carry in 0..2_u16, width in widths()) {
        let (a, b) = (a & width.mask(), b & width.mask());
        let range = i32::from(width.sign());
        for (op, carry_in) in [(Add, 0), (Addc, carry)] {
            let unsigned = u32::from(a) + u32::from(b) + u32::from(carry_in);
            let exact = signed(a, width) + signed(b, width) + i32::from(carry_in);
            let result = (unsigned & u32::from(width.mask())) as u16;
            let overflow = !(-range..range).contains(&exact);
            let flags = expected_flags(result, width, unsigned > u32::from(width.mask()), overflow);
            prop_assert_eq!(two(op, a, b, carry, width), (result, flags));
        }
    }

    #[test]
    fn differences_like_wide_integers(a: u16, b: u16, carry in 0..2_u16, width in widths()) {
        let (a, b) = (a & width.mask(), b & width.mask());
        let range = i32::from(width.sign());
        for (op, borrow) in [(Sub, 0), (Cmp, 0), (Subc, 1 - carry)] {
            let unsigned = i32::from(b) - i32::from(a) - i32::from(borrow);
            let exact = signed(b, width) - signed(a, width) - i32::from(borrow);
            let result = unsigned as u16 & width.mask();
            let overflow = !(-range..range).contains(&exact);
            let flags = expected_flags(result, width, unsigned >= 0, overflow);
            prop_assert_eq!(two(op, a, b, carry, width), (result, flags));
        }
    }

    #[test]
    fn decimal_sums(a in 0..10_000_u32, b in 0..10_000_u32, carry in 0..2_u16, width in widths()) {
        let limit = if width == Byte { 100 } else { 10_000 };
        let (a, b) = (a % limit, b % limit);
        let sum = a + b + u32::from(carry);
        let result = to_bcd(sum % limit);
        prop_assert_eq!(from_bcd(result), sum % limit);
        let flags = expected_flags(result, width, sum >= limit, false);
        prop_assert_eq!(two(Dadd, to_bcd(a), to_bcd(b), carry, width), (result, flags));
    }

    #[test]
    fn shifts_like_division(a: u16, carry in 0..2_u16, width in widths()) {
        let a = a & width.mask();
        let halved = signed(a, width).div_euclid(2) as u16 & width.mask();
        let flags = expected_flags(halved, width, a % 2 == 1, false);
        prop_assert_eq!(one(Rra, a, carry, width), (halved, flags));

        let rotated = u32::from(a / 2) + u32::from(carry) * u32::from(width.sign());
        let flags = expected_flags(rotated as u16, width, a % 2 == 1, false);
        prop_assert_eq!(one(Rrc, a, carry, width), (rotated as u16, flags));
    }
}
