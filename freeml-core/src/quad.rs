//! Sums of shifted elements at four windows at once, without multiplications.
//!
//! A row of weights becomes a *program*: words that are an operation each, some of them
//! followed by distances. An addition goes on by a distance from tap to tap, and adds the
//! elements there of all four windows to four sums, or subtracts them; doubling the sums in between,
//! from the largest power of two down, gives each weight its magnitude (Horner's rule). What
//! a list costs to walk along is shared by four windows.
//!
//! On the MSP430 an operation is the address of its instructions, which end in a jump to the
//! next one. So programs are never kept across a reset: see [`crate::engine`].

#[cfg(target_arch = "msp430")]
mod msp430;
#[cfg(not(target_arch = "msp430"))]
mod portable;

#[cfg(target_arch = "msp430")]
use msp430 as imp;
#[cfg(not(target_arch = "msp430"))]
use portable as imp;

pub(crate) use imp::{additions, base, run};

use crate::{Memory, mac};

/// Most distances that follow one operation.
#[cfg(not(target_arch = "msp430"))]
pub(crate) const LONGEST: u16 = 4;

/// What becomes of the sums of four windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// An output each.
    Each,
    /// An output of the largest of the first two, and one of the others.
    Pairs,
    /// An output of the largest.
    Largest,
}

impl Ending {
    /// Outputs of four windows.
    pub const fn outputs(self) -> u16 {
        match self {
            Ending::Each => 4,
            Ending::Pairs => 2,
            Ending::Largest => 1,
        }
    }
}

/// The words of additions of elements of one kind.
///
/// Its layout is known to the assembly.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Additions {
    /// By sign, positive first: of the place behind the operation with a single distance.
    pub ends: [u16; 2],
    /// By how much an operation with one distance more is below.
    pub distance: u16,
}

/// The words of operations over sums.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    /// Doubles the sums.
    Double,
    /// Keeps the sums as 32-bit ones and begins new ones.
    Keep,
    /// Adds the sums to those kept and begins new ones.
    KeepMore,
    /// Ends, the sums being those at hand and the scale a short one.
    End(Ending),
    /// Ends, the sums being those kept, to which those at hand are still to be added.
    EndKept(Ending),
}

/// Four windows, moving along rows of outputs, and what becomes of their sums.
///
/// It lies in the state, as the program does, and goes on from step to step. Its layout is known
/// to the assembly.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Run {
    /// Where the first window begins: an address, or an offset in the state on a host.
    pub window: u16,
    /// From four windows to the next four.
    pub advance: u16,
    /// Where the program begins.
    pub program: u16,
    /// From the first window to the second, and from the third to the fourth.
    pub near: u16,
    /// From the second window to the third.
    pub far: u16,
    /// Where the first output goes.
    pub out: u16,
    /// From one output to the next.
    pub out_step: u16,
    /// How often four windows are summed in a row; not 0.
    pub times: u16,
    /// Rows; not 0.
    pub rows: u16,
    /// From where windows are after a row to the next row.
    pub window_skip: u16,
    /// From where outputs are after a row to the next row.
    pub out_skip: u16,
    /// How far windows go back for four more at the end of a row; 0 if there are none.
    pub window_back: u16,
    /// The same of outputs.
    pub out_back: u16,
    /// 1 between going back and the end of the row.
    pub went_back: u16,
    /// How sums become outputs.
    pub scale: Scale,
}

/// How sums become outputs: `clamp((sum * 2^shift + offset) * multiplier / 2^16 or 24)`.
///
/// In a *short* one, for sums of 16 bits, the power of two is part of the multiplier and the
/// multiplier part of the offset: `clamp((sum * multiplier + offset) / 2^16)`, which has 32 bits
/// at most.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Scale {
    /// What is added to the shifted sums, low word first.
    pub offset: [u16; 2],
    /// Of the requantisation.
    pub multiplier: u16,
    /// Least value.
    pub low: i16,
    /// Largest value.
    pub high: i16,
    /// Exponent of the power of two that sums are multiplied by.
    pub shift: u16,
    /// Whether 24 bits are dropped instead of 16.
    pub bits_24: u16,
}

impl Scale {
    /// The short form, if there is one.
    pub fn shortened(self) -> Option<Scale> {
        let [[a, b], [c, d]] = self.offset.map(u16::to_le_bytes);
        let offset = i16::try_from(i32::from_le_bytes([a, b, c, d])).ok()?;
        let multiplier = i16::try_from(self.multiplier).ok()?;
        let [a, b, c, d] = mac::product(offset, multiplier).to_le_bytes();
        // By a loop: the processor has no shift by more than one.
        let mut power = self.multiplier;
        for _ in 0..self.shift {
            power = power.checked_add(power)?;
        }
        let fits = i16::try_from(power).is_ok() && self.bits_24 == 0;
        fits.then_some(Scale {
            offset: [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])],
            multiplier: power,
            shift: 0,
            ..self
        })
    }
}

/// Words of a [`Run`], and of the sums behind it that are kept.
pub(crate) const RUN_WORDS: u16 = 29;

impl Run {
    /// Stores it at byte offset `at`.
    #[cfg_attr(target_arch = "msp430", inline(never))]
    pub fn store<M: Memory>(&self, memory: &mut M, mut at: u16) {
        let Scale { offset: [low, high], .. } = self.scale;
        let words = [
            self.window,
            self.advance,
            self.program,
            self.near,
            self.far,
            self.out,
            self.out_step,
            self.times,
            self.rows,
            self.window_skip,
            self.out_skip,
            self.window_back,
            self.out_back,
            self.went_back,
            low,
            high,
            self.scale.multiplier,
            self.scale.low.cast_unsigned(),
            self.scale.high.cast_unsigned(),
            self.scale.shift,
            self.scale.bits_24,
        ];
        for word in words {
            memory.store_word(at, word);
            at = at.wrapping_add(2);
        }
    }
}

/// Byte offset of the number of rows in a [`Run`].
pub(crate) const ROWS: u16 = 16;
