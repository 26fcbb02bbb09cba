//! What becomes of a row while it is decoded.

use core::marker::PhantomData;

use super::walk::Place;
use super::{Scratch, Windows};
use crate::encoding::Visitor;
use crate::{Element, Memory, mac};

/// Bytes of a list for one weight.
pub const PAIR_BYTES: u16 = 4;

/// Where the weights of a row go.
#[derive(Clone, Copy)]
pub enum Target {
    /// Into the sum over the window at byte offset `at`.
    Sum { at: u16, sum: i32 },
    /// Into the scratch area: `count` so far, the last one for a tap at offset `from`.
    List { from: u16, count: u16 },
}

/// Turns taps into distances from the window's start and hands them on.
pub struct Filter<'f, E, M> {
    memory: &'f mut M,
    scratch: Scratch,
    place: Place,
    /// Exponent of the power of two that weights are multiplied by.
    shift: u8,
    target: Target,
    element: PhantomData<E>,
}

impl<'f, E: Element, M: Memory> Filter<'f, E, M> {
    /// At the first tap of a window that spans `span` bytes.
    pub fn new(
        memory: &'f mut M,
        windows: &'f Windows,
        span: u16,
        shift: u8,
        target: Target,
    ) -> Self {
        Filter {
            memory,
            scratch: windows.scratch,
            place: Place::new(windows.walk, span, E::KIND.size()),
            shift,
            target,
            element: PhantomData,
        }
    }

    /// What has become of the row.
    pub fn target(self) -> Target {
        match self.target {
            Target::Sum { at, sum } => Target::Sum { at, sum: sum.wrapping_shl(self.shift.into()) },
            list @ Target::List { .. } => list,
        }
    }

    /// The element at distance `offset` of the window at `at`.
    fn element(&self, at: u16, offset: u16) -> i16 {
        E::read(self.memory.bytes(at.wrapping_add(offset), E::KIND.size()))
    }

    /// Adds a weight to the list, if the area has room for it.
    #[inline]
    fn push(&mut self, offset: u16, weight: i16) {
        let Target::List { from, count } = &mut self.target else { return };
        if *count < self.scratch.weights {
            let at = self.scratch.at.wrapping_add(count.wrapping_mul(PAIR_BYTES));
            self.memory.store_word(at, offset.wrapping_sub(*from));
            let weight = weight.wrapping_shl(self.shift.into()).cast_unsigned();
            self.memory.store_word(at.wrapping_add(2), weight);
            *count = count.wrapping_add(1);
            *from = offset;
        }
    }
}

impl<E: Element, M: Memory> Visitor for Filter<'_, E, M> {
    fn weight(&mut self, gap: u16, weight: i16) {
        let Some(offset) = self.place.pass(gap, E::KIND.size()) else { return };
        if let Target::Sum { at, sum } = self.target {
            let product = mac::product(self.element(at, offset), weight);
            self.target = Target::Sum { at, sum: sum.wrapping_add(product) };
        } else {
            self.push(offset, weight);
        }
    }

    fn unit(&mut self, gap: u16, weight: i16) {
        let Some(offset) = self.place.pass(gap, E::KIND.size()) else { return };
        if let Target::Sum { at, sum } = self.target {
            let element = i32::from(self.element(at, offset));
            let sum =
                if weight < 0 { sum.wrapping_sub(element) } else { sum.wrapping_add(element) };
            self.target = Target::Sum { at, sum };
        } else {
            self.push(offset, weight);
        }
    }

    fn rewind(&mut self) {
        self.place.rewind();
    }

    fn double(&mut self) {
        if let Target::Sum { sum, .. } = &mut self.target {
            *sum = sum.wrapping_shl(1);
        }
    }
}
