//! In assembly: some 30 cycles for an entry, and again when it is written.

use core::arch::global_asm;
use core::marker::PhantomData;

use super::super::rice;
use super::super::walk::Place;
use super::ENTRY_BYTES;
use crate::Memory;
use crate::encoding::{BitStream, Coding};
use crate::kernels::Area;
use crate::quad::{Additions, Operation};

global_asm!(include_str!("lists.s"));

unsafe extern "C" {
    fn __freeml_lists_clear(lists: *mut Raw);
    fn __freeml_lists_push(lists: *mut Raw, list: u16, offset: u16);
    fn __freeml_lists_write(lists: *mut Raw);
}

/// Addresses and constants. Its layout is known to the assembly.
#[repr(C)]
struct Raw {
    heads: u16,
    entry: u16,
    entries: u16,
    program: u16,
    at: u16,
    end: u16,
    from: u16,
    width: u16,
    additions: Additions,
    double: u16,
}

/// Lists that become a program.
pub(in super::super) struct Lists<'f, M> {
    raw: Raw,
    memory: PhantomData<&'f mut M>,
}

impl<'f, M: Memory> Lists<'f, M> {
    /// Lists in `area`, which lies in `memory` and has room for a word; still to be cleared.
    #[allow(clippy::inline_always, reason = "built in place, not copied, on the MSP430")]
    #[inline(always)]
    pub fn new(memory: &'f mut M, additions: Additions, area: Area, width: u16) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "addresses have 16 bits")]
        let base = memory.direct().as_mut_ptr().addr() as u16;
        let entries = base.wrapping_add(area.entries_at());
        let program = base.wrapping_add(area.program_at());
        let raw = Raw {
            heads: base.wrapping_add(area.heads_at()),
            entry: entries,
            entries,
            program,
            at: program,
            end: base.wrapping_add(area.end()).wrapping_sub(2),
            from: 0,
            width,
            additions,
            double: Operation::Double.word(),
        };
        Lists { raw, memory: PhantomData }
    }

    /// Empties the lists.
    pub fn clear(&mut self) {
        // SAFETY: stores to the heads, which lie in the memory that is borrowed mutably.
        unsafe { __freeml_lists_clear(&raw mut self.raw) }
    }

    /// Whether there is no room for another entry.
    #[inline]
    pub fn full(&self) -> bool {
        self.raw.entry >= self.raw.program
    }

    /// Adds a tap to list `list`, if there is room.
    #[inline]
    pub fn push(&mut self, list: u16, offset: u16) {
        // SAFETY: stores to the heads and, below `program`, to the entries.
        unsafe { __freeml_lists_push(&raw mut self.raw, list & 15, offset) }
    }

    /// Adds the taps of up to `count` weights, as many as there is room for; the number left.
    pub fn rice(
        &mut self,
        stream: &mut BitStream<'_>,
        coding: Coding,
        count: u16,
        place: &mut Place,
    ) -> u16 {
        let raw = &mut self.raw;
        let fit = count.min(raw.program.wrapping_sub(raw.entry) / ENTRY_BYTES);
        // SAFETY: these are the heads, and entries up to `program`.
        raw.entry = unsafe { rice::lists(stream, coding, fit, place, [raw.entry, raw.heads]) };
        count.wrapping_sub(fit)
    }

    /// Turns the lists into operations, from the largest power of two on, and empties them.
    pub fn write(&mut self) {
        // SAFETY: stores to the heads and, below `end`, to the program; the lists consist of
        // entries.
        unsafe { __freeml_lists_write(&raw mut self.raw) }
    }

    /// Writes a word if there is room for it and one more.
    pub fn word(&mut self, word: u16) -> bool {
        let fits = self.raw.at < self.raw.end;
        if fits {
            // SAFETY: an even address in the program.
            unsafe {
                core::ptr::without_provenance_mut::<u16>(self.raw.at.into()).write_volatile(word)
            };
            self.raw.at = self.raw.at.wrapping_add(2);
        }
        fits
    }

    /// Writes the last word, for which there is always room.
    pub fn end(&mut self, word: u16) {
        // SAFETY: the program has a word more than the others may take.
        unsafe {
            core::ptr::without_provenance_mut::<u16>(self.raw.at.into()).write_volatile(word)
        };
    }
}
