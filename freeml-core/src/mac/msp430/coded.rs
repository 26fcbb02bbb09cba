//! Sums of products with weights that half a byte stands for.

use core::arch::asm;

use super::{join, split};

/// Defines a sum over pairs of elements and the two codes of a byte, as one block of assembly.
///
/// The instructions take the element at r12 into MACS and advance it; `{byte}` is free. 19 cycles for
/// a weight with unsigned bytes, 18 with others.
macro_rules! coded {
    ($name:ident, $size:literal; $($instruction:literal),+ $(; $byte:ident)?) => {
        #[inline(never)]
        pub(crate) fn $name(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
            let pairs = (elements.len() / (2 * $size)).min(codes.len());
            if pairs == 0 {
                return sum;
            }
            let (mut low, mut high) = split(sum);
            // SAFETY: reads as many pairs as both slices hold, and weights by codes of four bits;
            // the multiplier has no other user.
            unsafe {
                asm!(
                    "mov {low}, &0x04ca",
                    "mov {high}, &0x04cc",
                    "2:",
                    "mov.b @r13+, r14",
                    "mov r14, r15",
                    "and #0x0f, r15",
                    "add r15, r15",
                    "add {weights}, r15",
                    $($instruction,)+
                    "mov @r15, &0x04c8",
                    "rra r14",
                    "rra r14",
                    "rra r14",
                    "and #0x1e, r14",
                    "add {weights}, r14",
                    $($instruction,)+
                    "mov @r14, &0x04c8",
                    "dec {pairs}",
                    "jnz 2b",
                    "mov &0x04ca, {low}",
                    "mov &0x04cc, {high}",
                    low = inout(reg) low,
                    high = inout(reg) high,
                    pairs = inout(reg) pairs => _,
                    weights = in(reg) weights.as_ptr(),
                    $($byte = out(reg) _,)?
                    inout("r12") elements.as_ptr() => _,
                    inout("r13") codes.as_ptr() => _,
                    out("r14") _,
                    out("r15") _,
                    options(nostack, readonly),
                );
            }
            join(low, high)
        }
    };
}

coded!(coded_u8, 1; "mov.b @r12+, {byte}", "mov {byte}, &0x04c6"; byte);
coded!(coded_i8, 1; ".word 0x4cf2, 0x04c6");
coded!(coded_i16, 2; ".word 0x4cb2, 0x04c6");
