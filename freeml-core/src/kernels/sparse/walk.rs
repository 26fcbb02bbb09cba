//! From taps, counted in the order of the filter, to bytes of memory.

use crate::Kind;

/// Where the taps of a window lie. Distances are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// Taps side by side.
    pub run: u16,
    /// Runs in a row of the window.
    pub runs: u8,
    /// From the end of a run to the next one.
    pub run_skip: u16,
    /// What the first run of a row lies farther than that.
    pub row_skip: u16,
}

impl Walk {
    /// Taps without a gap.
    pub const SIDE_BY_SIDE: Walk = Walk { run: u16::MAX, runs: 1, run_skip: 0, row_skip: 0 };
}

/// The tap that comes next.
#[derive(Clone, Copy)]
pub(super) struct Place<'w> {
    walk: &'w Walk,
    /// Its place in the run.
    column: u16,
    /// The run's place in the window row.
    run: u8,
    /// Its distance from the window's start.
    offset: u16,
    /// Distances from here on are outside the window.
    limit: u16,
    /// Bytes of an element.
    size: u16,
}

impl<'w> Place<'w> {
    /// The first tap of a window that spans `span` bytes.
    pub fn new(walk: &'w Walk, span: u16, kind: Kind) -> Self {
        let size = kind.size();
        let limit = span.saturating_sub(size.wrapping_sub(1));
        Place { walk, column: 0, run: 0, offset: 0, limit, size }
    }

    /// Goes back to the first tap.
    pub fn rewind(&mut self) {
        (self.column, self.run, self.offset) = (0, 0, 0);
    }

    /// Passes over `gap` taps and one more, whose distance it returns; `None` if no window has
    /// such a tap.
    #[inline]
    pub fn pass(&mut self, gap: u16) -> Option<u16> {
        self.column = self.column.wrapping_add(gap);
        self.offset = self.offset.wrapping_add(gap.wrapping_mul(self.size));
        let run = self.walk.run.max(1);
        while self.column >= run {
            self.column = self.column.wrapping_sub(run);
            self.offset = self.offset.wrapping_add(self.walk.run_skip);
            self.run = self.run.wrapping_add(1);
            if self.run >= self.walk.runs {
                self.run = 0;
                self.offset = self.offset.wrapping_add(self.walk.row_skip);
            }
        }
        let offset = self.offset;
        self.column = self.column.wrapping_add(1);
        self.offset = offset.wrapping_add(self.size);
        (offset < self.limit).then_some(offset)
    }
}
