//! Zeros around tensors.

use crate::{Memory, Tensor};

/// Zeros around a tensor: the padding of the convolutions that read it.
///
/// Whoever stores the elements stores the zeros on the way, in memory order. The columns
/// between two rows are right of the one and left of the other, so there is one `side`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Rows above the tensor.
    pub top: u8,
    /// Rows below the tensor.
    pub bottom: u8,
    /// Columns before the first row, between rows and behind the last row.
    pub side: u8,
}

impl Frame {
    /// Nothing around it.
    pub const NONE: Frame = Frame { top: 0, bottom: 0, side: 0 };
}

impl Tensor {
    /// Bytes of the frame before the first element.
    pub const fn lead_bytes(&self) -> u16 {
        extent(self.frame.top, self.row_bytes()).wrapping_add(self.gap_bytes())
    }

    /// Bytes of the frame between two rows.
    pub const fn gap_bytes(&self) -> u16 {
        extent(self.frame.side, self.pixel_bytes())
    }

    /// Stores the zeros of the frame that come before row `y` and behind no other.
    pub(crate) fn clear_before_row<M: Memory>(&self, memory: &mut M, y: u16) {
        if y == 0 && self.frame != Frame::NONE {
            let lead = self.lead_bytes();
            clear(memory, self.at.wrapping_sub(lead), lead);
        }
    }

    /// Stores the zeros of the frame that come behind row `y`, up to the next row or the end.
    pub(crate) fn clear_after_row<M: Memory>(&self, memory: &mut M, y: u16) {
        if self.frame == Frame::NONE {
            return;
        }
        let (row, gap) = (self.row_bytes(), self.gap_bytes());
        let next = y.wrapping_add(1);
        let below = if next == self.height { extent(self.frame.bottom, row) } else { 0 };
        let at = self.at.wrapping_add(next.wrapping_mul(row)).wrapping_sub(gap);
        clear(memory, at, gap.wrapping_add(below));
    }
}

/// Bytes of `count` rows or columns of `bytes` bytes.
pub(crate) const fn extent(count: u8, bytes: u16) -> u16 {
    // `u16::from` is not const.
    (count as u16).wrapping_mul(bytes)
}

#[cfg_attr(target_arch = "msp430", inline(never))]
fn clear<M: Memory>(memory: &mut M, mut at: u16, bytes: u16) {
    for _ in 0..bytes {
        memory.store(at, 0);
        at = at.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmulatedFram, Kind};
    use std::vec::Vec;

    #[test]
    fn a_frame_is_cleared_row_by_row() {
        let frame = Frame { top: 1, bottom: 2, side: 1 };
        let tensor = Tensor { at: 23, height: 2, width: 3, channels: 4, frame, kind: Kind::U8 };
        assert_eq!((tensor.row_bytes(), tensor.lead_bytes(), tensor.bytes()), (16, 20, 84));
        let mut memory = EmulatedFram::new(100, 1);
        let zeros = |memory: &EmulatedFram| -> Vec<usize> {
            memory.contents().iter().enumerate().filter(|at| *at.1 == 0).map(|at| at.0).collect()
        };
        let mut expected: Vec<usize> = (3..23).collect();
        tensor.clear_before_row(&mut memory, 0);
        assert_eq!(zeros(&memory), expected);
        tensor.clear_after_row(&mut memory, 0);
        expected.extend(35..39);
        assert_eq!(zeros(&memory), expected);
        tensor.clear_before_row(&mut memory, 1);
        assert_eq!(zeros(&memory), expected);
        tensor.clear_after_row(&mut memory, 1);
        expected.extend(51..87);
        assert_eq!(zeros(&memory), expected);
    }
}
