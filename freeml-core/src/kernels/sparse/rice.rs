//! Rows of Rice codes, decoded and made use of in one go: for convolutions into lists, for fully
//! connected layers into a sum.

use core::arch::global_asm;

use super::walk::Place;
use crate::encoding::{BitStream, Coding};

global_asm!(include_str!("rice.s"));

unsafe extern "C" {
    fn __freeml_rice_lists(row: *mut Row) -> i32;
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
    /// The next entry of the lists, or where the window begins.
    target: u16,
    /// The heads of the lists.
    heads: u16,
    /// Places in the assembly, which it finds first.
    places: [u16; 2],
}

/// What decodes a row: `__freeml_rice_...`.
type Decode = unsafe extern "C" fn(*mut Row) -> i32;

/// Decodes `count` weights of `stream`; the next entry of the lists, and the sum.
///
/// # Safety
/// `decode` is called with these arguments, which must suit it.
unsafe fn decode(
    decode: Decode,
    stream: &mut BitStream<'_>,
    coding: Coding,
    count: u16,
    place: &mut Place,
    [target, heads]: [u16; 2],
) -> (u16, i32) {
    let range = stream.bytes().as_ptr_range();
    let mut row = Row {
        window: stream.window(),
        at: range.start,
        end: range.end,
        count,
        gap_bits: coding.gap_bits.into(),
        code_bits: coding.code_bits.into(),
        place,
        target,
        heads,
        places: [0; 2],
    };
    // SAFETY: as the caller says.
    let sum = unsafe { decode(&raw mut row) };
    // SAFETY: the assembly moves `at` towards `end`, not beyond it.
    let left = unsafe { row.end.offset_from_unsigned(row.at) };
    stream.go_on(left, row.window);
    (row.target, sum)
}

/// Decodes `count` weights into lists with these `heads`, the next entry being at `entry`. The one
/// after all of them.
///
/// # Safety
/// There are 16 heads, and is room for so many entries.
pub(super) unsafe fn lists(
    stream: &mut BitStream<'_>,
    coding: Coding,
    count: u16,
    place: &mut Place,
    [entry, heads]: [u16; 2],
) -> u16 {
    // SAFETY: stores what `Lists::push` does; codes have 4 bits at most, as lists are 16.
    unsafe { decode(__freeml_rice_lists, stream, coding, count, place, [entry, heads]).0 }
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
    let function = if signed { __freeml_rice_sum_signed } else { __freeml_rice_sum };
    #[allow(clippy::cast_possible_truncation, reason = "addresses have 16 bits")]
    let target = window.addr() as u16;
    // SAFETY: reads the stream, bytes of the window, and of the table by codes of 4 bits; the
    // multiplier has no other user.
    unsafe { decode(function, stream, coding, count, place, [target, 0]).1 }
}
