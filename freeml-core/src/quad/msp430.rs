//! The operations as instructions that jump from one to the next.
//!
//! Registers while a program runs: r4 to r7 the sums, r8 where the next output goes, r9 the
//! [`Run`], r10 and r11 its `near` and `far`, r12 the place of an element, r13 what comes next
//! in the program, r14 how often it still runs, r15 free.

use core::arch::global_asm;

use super::{Additions, Ending, Moving, Operation, Run};
use crate::kernels::Area;
use crate::{Kind, Memory};

global_asm!(include_str!("run.s"));
global_asm!(include_str!("u8.s"));
global_asm!(include_str!("i8.s"));

unsafe extern "C" {
    static __freeml_quad_u8: Additions;
    static __freeml_quad_near: Additions;
    static __freeml_quad_i8: Additions;
    static __freeml_quad_double: u8;
    static __freeml_quad_keep: u8;
    static __freeml_quad_keep_more: u8;
    static __freeml_quad_each: u8;
    static __freeml_quad_pairs: u8;
    static __freeml_quad_largest: u8;
    static __freeml_quad_each_kept: u8;
    static __freeml_quad_pairs_kept: u8;
    static __freeml_quad_largest_kept: u8;

    fn __freeml_quad_run(run: *mut u8);
}

/// Additions of elements of kind `kind`, the first window and the second being `near`.
#[inline]
pub(crate) fn additions(kind: Kind, near: u16) -> &'static Additions {
    match kind {
        // SAFETY: a constant that the assembly defines with this layout.
        Kind::U8 if near == 1 => unsafe { &__freeml_quad_near },
        // SAFETY: as above.
        Kind::I8 => unsafe { &__freeml_quad_i8 },
        // SAFETY: as above.
        Kind::U8 | Kind::I16 => unsafe { &__freeml_quad_u8 },
    }
}

impl Operation {
    /// The word of this operation: the address of its instructions.
    #[allow(clippy::cast_possible_truncation, reason = "addresses have 16 bits")]
    pub fn word(self) -> u16 {
        let place = match self {
            Operation::Double => &raw const __freeml_quad_double,
            Operation::Keep => &raw const __freeml_quad_keep,
            Operation::KeepMore => &raw const __freeml_quad_keep_more,
            Operation::End(Ending::Each) => &raw const __freeml_quad_each,
            Operation::End(Ending::Pairs) => &raw const __freeml_quad_pairs,
            Operation::End(Ending::Largest) => &raw const __freeml_quad_largest,
            Operation::EndKept(Ending::Each) => &raw const __freeml_quad_each_kept,
            Operation::EndKept(Ending::Pairs) => &raw const __freeml_quad_pairs_kept,
            Operation::EndKept(Ending::Largest) => &raw const __freeml_quad_largest_kept,
        };
        place.addr() as u16
    }
}

/// Address of the state.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "addresses have 16 bits")]
pub(crate) fn base<M: Memory>(memory: &mut M) -> u16 {
    memory.direct().as_mut_ptr().addr() as u16
}

/// What lies in an area.
#[repr(C)]
struct Stored {
    run: Run,
    moving: Moving,
}

/// Stores the run in `area`, which lies in `memory`.
#[inline]
pub(crate) fn store<M: Memory>(memory: &mut M, area: Area, run: Run, moving: Moving) {
    let at = memory.direct().as_mut_ptr().wrapping_add(area.run_at().into());
    // SAFETY: both are words, which the area has room for at an even address. They count only
    // once `DECODED` is set, which a reset clears, so there is no need of volatile stores.
    unsafe { *at.cast::<Stored>() = Stored { run, moving } }
}

/// Goes on with the run in `area` until the step is done; its program is for elements of the kind,
/// outputs are bytes.
///
/// Run and program were built in this boot; they, the windows and the outputs lie in the memory.
#[inline]
pub(crate) fn run<M: Memory>(memory: &mut M, area: Area, _: Kind) {
    let start = memory.direct().as_mut_ptr();
    // SAFETY: the program consists of operations and distances to taps of the windows, and ends
    // in one of the ends: the caller has built it so and nobody else stores to its place, nor to
    // that of the run. Registers are saved by the callee, and the multiplier has no other user.
    unsafe { __freeml_quad_run(start.add(area.run_at().into())) }
}
