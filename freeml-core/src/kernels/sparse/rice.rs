//! Rows of Rice codes, decoded and made use of in one go: for convolutions into lists, for fully
//! connected layers into a sum.

use core::arch::global_asm;

use super::walk::Place;
use crate::encoding::{BitStream, Coding, POWERS};

global_asm!(include_str!("rice.s"));

unsafe extern "C" {
    fn __freeml_rice_lists(row: *mut Row);
    fn __freeml_rice_sum(row: *mut Row) -> i32;
    fn __freeml_rice_sum_signed(row: *mut Row) -> i32;
}

/// A row under way. Its layout is known to the assembly.
#[repr(C)]
struct Row {
    window: u16,
    at: *const u8,
    end: *const u8,
    count: u16,
    gap_bits: u16,
    code_bits: u16,
    place: *mut Place,
    /// The lists, or where the window begins.
    target: *const u8,
    powers: *const i16,
}

impl Row {
    fn new(
        stream: &BitStream<'_>,
        coding: Coding,
        count: u16,
        place: *mut Place,
        target: *const u8,
    ) -> Row {
        let range = stream.bytes().as_ptr_range();
        Row {
            window: stream.window(),
            at: range.start,
            end: range.end,
            count,
            gap_bits: coding.gap_bits.into(),
            // Lists and the table of powers have four bits at most, and there is no loop of none.
            code_bits: coding.code_bits.clamp(1, 4).into(),
            place,
            target,
            powers: POWERS.as_ptr(),
        }
    }

    /// Takes the stream to where the row ended.
    fn end(&self, stream: &mut BitStream<'_>) {
        // SAFETY: the assembly moves `at` towards `end`, not beyond it.
        let left = unsafe { self.end.offset_from_unsigned(self.at) };
        stream.go_on(left, self.window);
    }
}

/// Decodes up to `count` weights into the lists at `lists`, as many as there is room for. The
/// number that is left.
///
/// # Safety
/// `lists` is the state of the lists, with room for entries between `entry` and `program`.
pub(super) unsafe fn lists(
    stream: &mut BitStream<'_>,
    coding: Coding,
    count: u16,
    place: &mut Place,
    lists: *mut u8,
) -> u16 {
    let mut row = Row::new(stream, coding, count, place, lists);
    // SAFETY: stores what `Lists::push` does; codes have 4 bits at most, as lists are 16.
    unsafe { __freeml_rice_lists(&raw mut row) };
    row.end(stream);
    row.count
}

/// The sum of `count` weights times the bytes of the window at `window`, whose signs `signed` tells.
///
/// # Safety
/// The span of `place` can be read from `window` on.
pub(super) unsafe fn sum(
    stream: &mut BitStream<'_>,
    coding: Coding,
    count: u16,
    place: &mut Place,
    window: *const u8,
    signed: bool,
) -> i32 {
    let mut row = Row::new(stream, coding, count, place, window);
    let function = if signed { __freeml_rice_sum_signed } else { __freeml_rice_sum };
    // SAFETY: reads the stream, bytes of the window, and of the table by codes of 4 bits; the
    // multiplier has no other user.
    let sum = unsafe { function(&raw mut row) };
    row.end(stream);
    sum
}
