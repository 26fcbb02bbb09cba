//! Where programs, runs and what they are made from lie in the state.

use super::super::lists::{ENTRY_BYTES, HEADS_BYTES};
use crate::quad::RUN_BYTES;

/// An area of the state for one program at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Area {
    /// Byte offset in the state; even.
    pub at: u16,
    /// Additions after which sums of 16 bits might overflow.
    pub entries: u16,
    /// Words of the longest program.
    pub words: u16,
}

/// Bytes of the two places where the rows of a part may begin.
const MARKS_BYTES: u16 = 8;

impl Area {
    /// Number of bytes.
    pub const fn bytes(self) -> u16 {
        self.end().wrapping_sub(self.at)
    }

    /// Where the rows of part `part` begin. Two parts in turn have a place each, so that a part
    /// that is repeated finds its own.
    pub(super) const fn mark_at(self, part: u16) -> u16 {
        self.at.wrapping_add((part & 1).wrapping_mul(MARKS_BYTES / 2))
    }

    /// Where the number of the step is that the run is ready for; 0 if there is none.
    pub(super) const fn ready_at(self) -> u16 {
        self.at.wrapping_add(MARKS_BYTES)
    }

    /// Where the number of times four windows is that are left to the run.
    pub(super) const fn left_at(self) -> u16 {
        self.ready_at().wrapping_add(2)
    }

    /// Where it is kept whether the program ends for a short scale.
    pub(super) const fn short_at(self) -> u16 {
        self.ready_at().wrapping_add(4)
    }

    pub(crate) const fn run_at(self) -> u16 {
        self.ready_at().wrapping_add(6)
    }

    pub(crate) const fn heads_at(self) -> u16 {
        self.run_at().wrapping_add(RUN_BYTES)
    }

    pub(crate) const fn entries_at(self) -> u16 {
        self.heads_at().wrapping_add(HEADS_BYTES)
    }

    pub(crate) const fn program_at(self) -> u16 {
        self.entries_at().wrapping_add(self.entries.wrapping_mul(ENTRY_BYTES))
    }

    pub(crate) const fn end(self) -> u16 {
        self.program_at().wrapping_add(self.words.wrapping_mul(2))
    }
}
