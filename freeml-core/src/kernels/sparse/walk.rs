//! From taps, counted in the order of the filter, to bytes of memory.

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

/// The tap that comes next. Its layout is known to assembly.
#[repr(C)]
pub(super) struct Place {
    /// Taps left in the run.
    left: u16,
    /// Its distance from the window's start.
    offset: u16,
    /// Distances from here on are outside the window.
    limit: u16,
    /// Runs left in the window row, this one included.
    runs_left: u16,
    run: u16,
    run_skip: u16,
    runs: u16,
    row_skip: u16,
}

impl Place {
    /// The first tap of a window that spans `span` bytes of elements of `size` bytes.
    #[inline]
    pub fn new(walk: Walk, span: u16, size: u16) -> Self {
        let limit = span.saturating_sub(size.wrapping_sub(1));
        let (run, runs) = (walk.run.max(1), u16::from(walk.runs.max(1)));
        Place {
            left: run,
            offset: 0,
            limit,
            runs_left: runs,
            run,
            run_skip: walk.run_skip,
            runs,
            row_skip: walk.row_skip,
        }
    }

    /// Bytes that distances are below, elements being bytes.
    #[cfg(target_arch = "msp430")]
    pub fn span(&self) -> u16 {
        self.limit
    }

    /// Goes back to the first tap.
    pub fn rewind(&mut self) {
        (self.left, self.offset, self.runs_left) = (self.run, 0, self.runs);
    }

    /// Passes over `gap` taps and one more, elements having `size` bytes, and returns its distance;
    /// `None` if no window has such a tap.
    #[inline]
    pub fn pass(&mut self, mut gap: u16, size: u16) -> Option<u16> {
        self.offset = self.offset.wrapping_add(gap.wrapping_mul(size));
        while gap >= self.left {
            gap = gap.wrapping_sub(self.left);
            self.left = self.run;
            self.offset = self.offset.wrapping_add(self.run_skip);
            self.runs_left = self.runs_left.wrapping_sub(1);
            if self.runs_left == 0 {
                self.runs_left = self.runs;
                self.offset = self.offset.wrapping_add(self.row_skip);
            }
        }
        self.left = self.left.wrapping_sub(gap).wrapping_sub(1);
        let offset = self.offset;
        self.offset = offset.wrapping_add(size);
        (offset < self.limit).then_some(offset)
    }
}
