//! The hardware multiplier of the FR parts (MPY32 at 0x04C0), in its 16-bit form.

use core::arch::asm;

use super::Taps;

mod channel_loop;
pub(super) mod channels;
mod coded;
mod largest;

pub(crate) use coded::{coded_i8, coded_i16, coded_u8};
pub(crate) use largest::{largest_i8, largest_i16, largest_u8};

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

/// Defines a sum of products over rows of pairs as one block of assembly, from the start value
/// to the result: no compiled multiplication can come in between.
///
/// The instructions take one element at r12 into MACS and one weight at r13 into OP2, and
/// advance both; r15 is free. They run eight at a time, then one by one.
macro_rules! dot {
    ($name:ident $(, $spacing:ident)?; $($instruction:literal),+) => {
        #[inline(never)]
        pub(crate) fn $name(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
            if !taps.fit(elements, weights) {
                return sum;
            }
            let (mut low, mut high) = split(sum);
            // SAFETY: reads the pairs of `taps`, of which there is one and which the slices
            // hold; the multiplier has no other user.
            unsafe {
                asm!(
                    "mov {low}, &0x04ca",
                    "mov {high}, &0x04cc",
                    "1:",
                    "mov {cols}, r14",
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
                    "add {element_skip}, r12",
                    "add {weight_skip}, r13",
                    "dec {rows}",
                    "jnz 1b",
                    "mov &0x04ca, {low}",
                    "mov &0x04cc, {high}",
                    low = inout(reg) low,
                    high = inout(reg) high,
                    rows = inout(reg) taps.rows => _,
                    cols = in(reg) taps.cols,
                    element_skip = in(reg) taps.element_skip,
                    weight_skip = in(reg) taps.weight_skip,
                    $($spacing = in(reg) taps.$spacing,)?
                    inout("r12") elements.as_ptr() => _,
                    inout("r13") weights.as_ptr() => _,
                    out("r14") _,
                    out("r15") _,
                    options(nostack, readonly),
                );
            }
            join(low, high)
        }
    };
}

// LLVM's assembler has no `mov @rN+, &address`: 0x4cb2 is `mov @r12+, &`, 0x4cf2 `mov.b @r12+, &`
// and 0x4df2 `mov.b @r13+, &`. The multiplier extends a byte operand by its sign in MACS mode, so
// that only unsigned bytes go through a register.
dot!(dot_u8;
    "mov.b @r12+, r15", "mov r15, &0x04c6",
    ".word 0x4df2, 0x04c8");
dot!(dot_i8;
    ".word 0x4cf2, 0x04c6",
    ".word 0x4df2, 0x04c8");
dot!(dot_i16;
    ".word 0x4cb2, 0x04c6",
    ".word 0x4df2, 0x04c8");
dot!(spaced_u8, spacing;
    "mov.b @r12, r15", "add {spacing}, r12", "mov r15, &0x04c6",
    ".word 0x4df2, 0x04c8");
dot!(spaced_i8, spacing;
    "mov.b @r12, &0x04c6", "add {spacing}, r12",
    ".word 0x4df2, 0x04c8");
dot!(spaced_i16, spacing;
    "mov @r12, &0x04c6", "add {spacing}, r12",
    ".word 0x4df2, 0x04c8");

/// Defines a sum over a list of (distance, weight) words, as one block of assembly.
///
/// The instructions take the element at r12 into MACS; r15 is free. Pairs are taken eight at a
/// time, then one by one.
macro_rules! gather {
    ($name:ident; $($instruction:literal),+) => {
        #[inline(never)]
        pub(crate) fn $name(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
            let pairs = list.len() / 4;
            if pairs == 0 || elements.is_empty() {
                return sum;
            }
            let (mut low, mut high) = split(sum);
            // SAFETY: reads the pairs of the list, which is aligned since scratch areas are, and
            // the elements they lead to: kernels put only distances inside `elements` into
            // lists. The multiplier has no other user.
            unsafe {
                asm!(
                    "mov {low}, &0x04ca",
                    "mov {high}, &0x04cc",
                    "sub #8, r14",
                    "jlo 3f",
                    "2:",
                    ".rept 8",
                    "add @r13+, r12",
                    $($instruction,)+
                    // mov @r13+, &OP2
                    ".word 0x4db2, 0x04c8",
                    ".endr",
                    "sub #8, r14",
                    "jhs 2b",
                    "3:",
                    "and #7, r14",
                    "jz 5f",
                    "4:",
                    "add @r13+, r12",
                    $($instruction,)+
                    ".word 0x4db2, 0x04c8",
                    "dec r14",
                    "jnz 4b",
                    "5:",
                    "mov &0x04ca, {low}",
                    "mov &0x04cc, {high}",
                    low = inout(reg) low,
                    high = inout(reg) high,
                    inout("r12") elements.as_ptr() => _,
                    inout("r13") list.as_ptr() => _,
                    inout("r14") pairs => _,
                    out("r15") _,
                    options(nostack, readonly),
                );
            }
            join(low, high)
        }
    };
}

gather!(gather_u8; "mov.b @r12, r15", "mov r15, &0x04c6");
gather!(gather_i8; "mov.b @r12, &0x04c6");
gather!(gather_i16; "mov @r12, &0x04c6");

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

/// The low word of a product, without the detour of a call.
#[inline]
pub(crate) fn times(a: u16, b: u16) -> u16 {
    unsigned(a, b).0
}

/// The product if it has 16 bits.
#[inline]
pub(crate) fn checked_times(a: u16, b: u16) -> Option<u16> {
    let (low, high) = unsigned(a, b);
    (high == 0).then_some(low)
}

/// The words of a product, low one first.
#[inline]
fn unsigned(a: u16, b: u16) -> (u16, u16) {
    let (low, high);
    // SAFETY: multiplies by MPY and OP2; the multiplier has no other user.
    unsafe {
        asm!(
            "mov {a}, &0x04c0",
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
    (low, high)
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
