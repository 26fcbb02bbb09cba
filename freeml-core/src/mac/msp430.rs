//! The hardware multiplier of the FR parts (MPY32 at 0x04C0), in its 16-bit form.

use core::arch::asm;

use crate::{Element, Kind};

/// The words of a 32-bit value, low one first.
fn split(value: i32) -> (u16, u16) {
    let [a, b, c, d] = value.to_le_bytes();
    (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
}

/// The value of two words.
fn join(low: u16, high: u16) -> i32 {
    let ([a, b], [c, d]) = (low.to_le_bytes(), high.to_le_bytes());
    i32::from_le_bytes([a, b, c, d])
}

/// Defines a dot product, eight pairs a turn, as one block of assembly from the start value to
/// the result: no compiled multiplication can come in between.
///
/// The instructions take one element at r12 into MACS and one weight at r13 into OP2; r15 is
/// free.
macro_rules! dot {
    ($name:ident $(, $step:ident)?; $($instruction:literal),+) => {
        /// # Safety
        /// `elements` and `weights` must be valid for `count` pairs.
        #[inline(never)]
        unsafe fn $name(
            sum: i32, elements: *const u8, weights: *const u8, count: usize $(, $step: u16)?
        ) -> i32 {
            let (mut low, mut high) = split(sum);
            // SAFETY: the caller vouches for the operands; the multiplier has no other user.
            unsafe {
                asm!(
                    "mov {low}, &0x04ca",
                    "mov {high}, &0x04cc",
                    "sub #8, r14",
                    "jlo 3f",
                    "2:",
                    ".rept 8",
                    $($instruction,)+
                    ".endr",
                    "sub #8, r14",
                    "jhs 2b",
                    "3:",
                    "and #7, r14",
                    "jz 5f",
                    "4:",
                    $($instruction,)+
                    "dec r14",
                    "jnz 4b",
                    "5:",
                    "mov &0x04ca, {low}",
                    "mov &0x04cc, {high}",
                    low = inout(reg) low,
                    high = inout(reg) high,
                    $($step = in(reg) $step,)?
                    inout("r12") elements => _,
                    inout("r13") weights => _,
                    inout("r14") count => _,
                    out("r15") _,
                    options(nostack),
                );
            }
            join(low, high)
        }
    };
}

// LLVM's assembler has no `mov @rN+, &address`: 0x4cb2 is `mov @r12+, &`.
dot!(run_u8; "mov.b @r12+, r15", "mov r15, &0x04c6", "mov.b @r13+, r15", "sxt r15", "mov r15, &0x04c8");
dot!(run_i8; "mov.b @r12+, r15", "sxt r15", "mov r15, &0x04c6", "mov.b @r13+, r15", "sxt r15", "mov r15, &0x04c8");
dot!(run_i16; ".word 0x4cb2, 0x04c6", "mov.b @r13+, r15", "sxt r15", "mov r15, &0x04c8");
dot!(strided_u8, step; "mov.b @r12, r15", "add {step}, r12", "mov r15, &0x04c6", "mov.b @r13+, r15", "sxt r15", "mov r15, &0x04c8");
dot!(strided_i8, step; "mov.b @r12, r15", "add {step}, r12", "sxt r15", "mov r15, &0x04c6", "mov.b @r13+, r15", "sxt r15", "mov r15, &0x04c8");
dot!(strided_i16, step; "mov @r12, &0x04c6", "add {step}, r12", "mov.b @r13+, r15", "sxt r15", "mov r15, &0x04c8");

pub(crate) fn dot_u8(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    let count = elements.len().min(weights.len());
    // SAFETY: both slices hold `count` bytes.
    unsafe { run_u8(sum, elements.as_ptr(), weights.as_ptr(), count) }
}

pub(crate) fn dot_i8(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    let count = elements.len().min(weights.len());
    // SAFETY: both slices hold `count` bytes.
    unsafe { run_i8(sum, elements.as_ptr(), weights.as_ptr(), count) }
}

pub(crate) fn dot_i16(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    let count = (elements.len() / 2).min(weights.len());
    // SAFETY: the slices hold `count` words, at an even address, and bytes.
    unsafe { run_i16(sum, elements.as_ptr(), weights.as_ptr(), count) }
}

pub(crate) fn dot_strided<E: Element>(sum: i32, elements: &[u8], step: u16, weights: &[u8]) -> i32 {
    let run = match E::KIND {
        Kind::U8 => strided_u8,
        Kind::I8 => strided_i8,
        Kind::I16 => strided_i16,
    };
    // SAFETY: the caller has checked that there is an element for every weight.
    unsafe { run(sum, elements.as_ptr(), weights.as_ptr(), weights.len(), step) }
}

pub(crate) fn product(a: i16, b: i16) -> i32 {
    let (low, high);
    // SAFETY: multiplies by MPYS and OP2; the multiplier has no other user.
    unsafe {
        asm!(
            "mov {a}, &0x04c2",
            "mov {b}, &0x04c8",
            "mov &0x04ca, {low}",
            "mov &0x04cc, {high}",
            a = in(reg) a,
            b = in(reg) b,
            low = lateout(reg) low,
            high = lateout(reg) high,
            options(nostack, preserves_flags),
        );
    }
    join(low, high)
}

pub(crate) fn scale(sum: i32, multiplier: i16) -> i32 {
    let (mut low, mut high) = split(sum);
    // The unsigned product of the low word gives its high word to the signed product of the
    // high word.
    // SAFETY: multiplies by MPY, MACS and OP2; the multiplier has no other user.
    unsafe {
        asm!(
            "mov {low}, &0x04c0",
            "mov {multiplier}, &0x04c8",
            "mov &0x04cc, &0x04ca",
            "mov #0, &0x04cc",
            "mov {high}, &0x04c6",
            "mov {multiplier}, &0x04c8",
            "mov &0x04ca, {low}",
            "mov &0x04cc, {high}",
            multiplier = in(reg) multiplier,
            low = inout(reg) low,
            high = inout(reg) high,
            options(nostack, preserves_flags),
        );
    }
    join(low, high)
}
