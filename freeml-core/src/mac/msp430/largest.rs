//! The largest of elements that lie apart.

use core::arch::asm;

/// Defines the maximum of `start` and `count` elements, the last of which ends the slice, as one block
/// of assembly: 9 cycles for an unsigned byte that is not larger, 10 for a signed one or a larger one.
///
/// The instructions take the element at r12 into r14.
macro_rules! largest {
    ($name:ident, $size:literal; $($instruction:literal),+) => {
        #[inline]
        pub(crate) fn $name(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
            let before = super::times(count.wrapping_sub(1), spacing);
            if count == 0 || elements.len() != usize::from(before.wrapping_add($size)) {
                return start;
            }
            let mut largest = start;
            // SAFETY: reads the elements that the slice ends with the last of.
            unsafe {
                asm!(
                    "2:",
                    $($instruction,)+
                    "add {spacing}, r12",
                    "cmp r14, {largest}",
                    "jge 3f",
                    "mov r14, {largest}",
                    "3:",
                    "dec {count}",
                    "jnz 2b",
                    spacing = in(reg) spacing,
                    count = inout(reg) count => _,
                    largest = inout(reg) largest,
                    inout("r12") elements.as_ptr() => _,
                    out("r14") _,
                    options(nostack, readonly),
                );
            }
            largest
        }
    };
}

largest!(largest_u8, 1; "mov.b @r12, r14");
largest!(largest_i8, 1; "mov.b @r12, r14", "sxt r14");
largest!(largest_i16, 2; "mov @r12, r14");
