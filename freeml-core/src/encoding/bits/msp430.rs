//! Shifts through the carry, which compiled code does not use.

use core::arch::asm;
use core::slice;

use super::BitStream;

/// Runs instructions with the stream in registers. A shift that leaves no bit in the window
/// jumps to "3", which takes a byte and goes on at "2" with its first bit in the carry.
macro_rules! with_stream {
    ($stream:ident, [$($body:literal),+], $($operands:tt)+) => {
        let bytes = $stream.bytes.as_slice();
        let range = bytes.as_ptr_range();
        let mut at = range.start;
        // SAFETY: reads bytes from `at` up to `end`, which are those of the slice.
        unsafe {
            asm!(
                $($body,)+
                "jmp 5f",
                "3:",
                "mov #0x80, {window}",
                "cmp {at}, {end}",
                "jeq 4f",
                "mov.b @{at}+, {window}",
                "swpb {window}",
                "bis #0x80, {window}",
                "4:",
                "add {window}, {window}",
                "jmp 2b",
                "5:",
                window = inout(reg) $stream.window,
                at = inout(reg) at,
                end = in(reg) range.end,
                $($operands)+,
                options(nostack, readonly),
            );
        }
        // SAFETY: `at` did not go beyond `end`.
        let left = unsafe { range.end.offset_from_unsigned(at) };
        // SAFETY: these are the last bytes of the slice.
        $stream.bytes = unsafe { slice::from_raw_parts(at, left) }.iter();
    };
}

/// The number of ones before the next zero, which is passed over.
#[inline]
pub(super) fn ones(stream: &mut BitStream<'_>) -> u16 {
    let mut ones = 0;
    with_stream!(
        stream,
        [
            "1:",
            "add {window}, {window}",
            "jz 3f",
            "2:",
            "jnc 5f",
            "inc {ones}",
            "jmp 1b"
        ],
        ones = inout(reg) ones
    );
    ones
}

/// `head`, with the next `count` bits behind it.
#[inline]
pub(super) fn append(stream: &mut BitStream<'_>, head: u16, count: u8) -> u16 {
    let mut value = head;
    with_stream!(
        stream,
        [
            "tst {left}",
            "jz 5f",
            "1:",
            "add {window}, {window}",
            "jz 3f",
            "2:",
            "rlc {value}",
            "dec {left}",
            "jnz 1b"
        ],
        value = inout(reg) value,
        left = inout(reg) u16::from(count) => _
    );
    value
}
