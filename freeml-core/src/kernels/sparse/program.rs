//! Rows as programs for four windows.

use super::lists::Lists;
use super::quads::PreparedQuads;
use super::walk::Place;
use crate::Memory;
use crate::encoding::Visitor;
#[cfg(target_arch = "msp430")]
use crate::encoding::{BitStream, Coding};
use crate::quad::{Additions, Ending, Operation};

/// Writes a program while a row is decoded.
///
/// Taps are gathered in lists by the power of two that they are added with; a weight of several
/// powers goes into several lists. When there is no room for more, or at the end of the row,
/// the lists become operations.
pub(super) struct Program<'f, M> {
    place: Place,
    lists: Lists<'f, M>,
    ending: Ending,
    /// Whether sums are kept already.
    kept: bool,
}

impl<'f, M: Memory> Program<'f, M> {
    /// A program of `layer`, still to be begun, for the taps from `place` on.
    #[allow(clippy::inline_always, reason = "built in place, not copied, on the MSP430")]
    #[inline(always)]
    pub fn new(
        memory: &'f mut M,
        place: Place,
        additions: Additions,
        layer: &PreparedQuads<'_>,
    ) -> Self {
        let lists = Lists::new(memory, additions, layer.area(), layer.width());
        Program { place, lists, ending: layer.ending(), kept: false }
    }

    /// Begins with no addition.
    pub fn begin(&mut self) {
        self.lists.clear();
    }

    /// Ends the program for a short scale, if there is one and sums are not kept, else for the
    /// other, which takes sums that are kept. Says which.
    pub fn finish(&mut self, short: bool) -> bool {
        let short = short && !self.kept;
        let ending = self.ending;
        let end = if short { Operation::End(ending) } else { Operation::EndKept(ending) };
        if short || self.kept {
            self.lists.write();
        } else {
            self.keep();
        }
        self.lists.end(end.word());
        short
    }

    #[inline]
    fn push(&mut self, list: u16, offset: u16) {
        if self.lists.full() {
            self.keep();
        }
        self.lists.push(list, offset);
    }

    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn keep(&mut self) {
        self.lists.write();
        let keep = if self.kept { Operation::KeepMore } else { Operation::Keep };
        self.lists.word(keep.word());
        self.kept = true;
    }
}

impl<M: Memory> Visitor for Program<'_, M> {
    #[cfg_attr(target_arch = "msp430", inline(never))]
    fn weight(&mut self, gap: u16, weight: i16) {
        let Some(offset) = self.place.pass(gap, 1) else { return };
        let mut list = u16::from(weight < 0);
        let mut bits = weight.unsigned_abs();
        while bits != 0 {
            if bits & 1 != 0 {
                self.push(list, offset);
            }
            bits >>= 1;
            list = list.wrapping_add(2);
        }
    }

    #[inline]
    fn power(&mut self, gap: u16, code: u16) {
        // Lists have the numbers of codes.
        let Some(offset) = self.place.pass(gap, 1) else { return };
        self.push(code, offset);
    }

    #[cfg(target_arch = "msp430")]
    const DECODES_RICE: bool = true;

    #[cfg(target_arch = "msp430")]
    fn rice(&mut self, stream: &mut BitStream<'_>, coding: Coding, mut count: u16) {
        while count != 0 {
            if self.lists.full() {
                self.keep();
            }
            count = self.lists.rice(stream, coding, count, &mut self.place);
        }
    }

    fn unit(&mut self, gap: u16, weight: i16) {
        self.weight(gap, weight);
    }

    fn rewind(&mut self) {
        self.place.rewind();
    }

    fn double(&mut self) {}
}
