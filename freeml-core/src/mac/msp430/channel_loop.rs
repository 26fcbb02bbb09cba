//! The loop over channels in assembly.

use core::arch::asm;

use super::channels::Loop;

/// Multiply-accumulates of one pass through the unrolled instructions.
pub(super) const PASS: u16 = 16;

/// Defines the loop over channels as one block of assembly.
///
/// The instructions of a tap, `$bytes` long, take an element at r12 into MACS and a weight at r13
/// into OP2, and advance both; r15 is free. The first pass of a row enters them behind as many as
/// it leaves out. `$channel` begins a channel, `$row` a row; `$next` goes on to the next pass and
/// from a row's end to the next row.
macro_rules! channels {
    ($name:ident, $size:ident = $bytes:literal: $count:literal of $($tap:literal),+;
     $channel:literal; $row:literal; $($next:literal),+) => {
        /// Bytes of the instructions of a tap.
        pub(super) const $size: u16 = $bytes;

        /// # Safety
        /// All taps of all channels, the results and the residuals exist.
        #[inline(never)]
        pub(super) unsafe fn $name(state: &mut Loop) {
            // SAFETY: the caller vouches for the addresses; the multiplier has no other user.
            unsafe {
                asm!(
                    "mov 24(r5), r10",
                    "mov 26(r5), r6",
                    "mov 28(r5), r7",
                    "mov 30(r5), r8",
                    "mov 32(r5), r9",
                    "mov 34(r5), r12",
                    "mov 36(r5), r13",
                    "1:",
                    // The sum begins with the bias: mov @r9+, &RESLO and &RESHI.
                    ".word 0x49b2, 0x04ca",
                    ".word 0x49b2, 0x04cc",
                    "mov 2(r5), r11",
                    $channel,
                    "2:",
                    $row,
                    "add r10, r0",
                    "3:",
                    concat!(".rept ", $count),
                    $($tap,)+
                    ".endr",
                    $($next,)+
                    "dec r11",
                    "jnz 2b",
                    "add 6(r5), r12",
                    // As `scale` of this module's parent.
                    "mov &0x04cc, r15",
                    "mov &0x04ca, &0x04c0",
                    "mov @r8+, r14",
                    "mov r14, &0x04c8",
                    "mov &0x04cc, &0x04ca",
                    "mov #0, &0x04cc",
                    "mov r15, &0x04c6",
                    "mov r14, &0x04c8",
                    "mov &0x04ca, r14",
                    "mov &0x04cc, r15",
                    "tst 10(r5)",
                    "jnz 8f",
                    // Bounds of 16 bits on a value of 32.
                    "4:",
                    "tst r15",
                    "jn 6f",
                    "jnz 5f",
                    "cmp 16(r5), r14",
                    "jlo 7f",
                    "5:",
                    "mov 16(r5), r14",
                    "jmp 7f",
                    "6:",
                    "inc r15",
                    "jnz 66f",
                    "cmp r14, 12(r5)",
                    "jlo 7f",
                    "66:",
                    "mov 14(r5), r14",
                    "7:",
                    "mov.b r14, 0(r7)",
                    "inc r7",
                    "cmp r7, 8(r5)",
                    "jne 1b",
                    "jmp 99f",
                    "8:",
                    "bit #1, 10(r5)",
                    "jz 9f",
                    "swpb r14",
                    "mov.b r14, r14",
                    "swpb r15",
                    "mov r15, r11",
                    "and #0xff00, r11",
                    "bis r11, r14",
                    "sxt r15",
                    "9:",
                    "bit #2, 10(r5)",
                    "jz 4b",
                    "mov 18(r5), r11",
                    "inc 18(r5)",
                    "mov.b @r11, r11",
                    // Times 64: times 256, and back by two bits with the sign that it has.
                    "swpb r11",
                    "rra r11",
                    "rra r11",
                    "and 20(r5), r11",
                    "mov r11, &0x04c2",
                    "mov 22(r5), &0x04c8",
                    "mov &0x04cc, r11",
                    // The carry is the bit that rounds.
                    "bit #0x8000, &0x04ca",
                    "adc r11",
                    "add r11, r14",
                    "adc r15",
                    "tst r11",
                    "jge 4b",
                    "dec r15",
                    "jmp 4b",
                    "99:",
                    in("r5") state,
                    out("r6") _,
                    out("r7") _,
                    out("r8") _,
                    out("r9") _,
                    out("r10") _,
                    out("r11") _,
                    out("r12") _,
                    out("r13") _,
                    out("r14") _,
                    out("r15") _,
                    options(nostack),
                );
            }
        }
    };
    // Neighbours: r6 is the skip behind a row, r14 counts passes.
    (beside $name:ident, $size:ident = $bytes:literal: $($tap:literal),+) => {
        channels!($name, $size = $bytes: 16 of $($tap),+;
            ""; "mov 0(r5), r14"; "dec r14", "jnz 3b", "add r6, r12");
    };
    // Elements apart: r6 is the spacing, r14 the skip; one pass.
    (apart $name:ident, $size:ident = $bytes:literal: $($tap:literal),+) => {
        channels!($name, $size = $bytes: 8 of $($tap),+;
            "mov 4(r5), r14"; ""; "add r14, r12");
    };
}

// 0x4df2 is `mov.b @r13+, &`, 0x4cf2 `mov.b @r12+, &`, 0x4cb2 `mov @r12+, &`. The multiplier
// extends bytes by their sign, so that unsigned ones go through a register.
channels!(beside beside_u8, BESIDE_U8 = 10:
    "mov.b @r12+, r15", "mov r15, &0x04c6", ".word 0x4df2, 0x04c8");
channels!(beside beside_i8, BESIDE_I8 = 8: ".word 0x4cf2, 0x04c6", ".word 0x4df2, 0x04c8");
channels!(beside beside_i16, BESIDE_I16 = 8: ".word 0x4cb2, 0x04c6", ".word 0x4df2, 0x04c8");
channels!(apart apart_u8, APART_U8 = 12:
    "mov.b @r12, r15", "add r6, r12", "mov r15, &0x04c6", ".word 0x4df2, 0x04c8");
channels!(apart apart_i8, APART_I8 = 10:
    "mov.b @r12, &0x04c6", "add r6, r12", ".word 0x4df2, 0x04c8");
channels!(apart apart_i16, APART_I16 = 10:
    "mov @r12, &0x04c6", "add r6, r12", ".word 0x4df2, 0x04c8");
