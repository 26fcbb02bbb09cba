//! Through the memory's checked accesses.

use super::{ENTRY_BYTES, LISTS, NONE};
use crate::Memory;
use crate::kernels::Area;
use crate::quad::{Additions, LONGEST, Operation};

/// Lists that become a program.
pub(in super::super) struct Lists<'f, M> {
    memory: &'f mut M,
    additions: Additions,
    area: Area,
    /// Where the next entry goes.
    entry: u16,
    /// Where the next word goes.
    at: u16,
    /// Where the place of elements is after the last operation, from the window's start.
    from: u16,
    /// By how much an operation moves it on from its first element.
    width: u16,
}

impl<'f, M: Memory> Lists<'f, M> {
    /// Lists in `area`, which lies in `memory` and has room for a word; still to be cleared.
    pub fn new(memory: &'f mut M, additions: Additions, area: Area, width: u16) -> Self {
        let (entry, at) = (area.entries_at(), area.program_at());
        Lists { memory, additions, area, entry, at, from: 0, width }
    }

    /// Empties the lists.
    pub fn clear(&mut self) {
        (0..LISTS).for_each(|list| self.set_head(list, NONE));
    }

    /// Whether there is no room for another entry.
    pub fn full(&self) -> bool {
        self.entry >= self.area.program_at()
    }

    /// Adds a tap to list `list`, if there is room.
    pub fn push(&mut self, list: u16, offset: u16) {
        if self.full() {
            return;
        }
        let before = self.head(list);
        self.memory.store_word(self.entry, offset);
        self.memory.store_word(self.entry.wrapping_add(2), before);
        self.set_head(list, self.entry);
        self.entry = self.entry.wrapping_add(ENTRY_BYTES);
    }

    /// Turns the lists into operations, from the largest power of two on, and empties them.
    pub fn write(&mut self) {
        let mut begun = false;
        for list in (0..LISTS).rev() {
            if begun && list & 1 == 1 {
                self.word(Operation::Double.word());
            }
            let head = self.head(list);
            if head != NONE {
                self.list(list, head);
                self.set_head(list, NONE);
                begun = true;
            }
        }
        self.entry = self.area.entries_at();
    }

    fn list(&mut self, list: u16, mut entry: u16) {
        let [positive, negative] = self.additions.ends;
        let sum = if list & 1 == 0 { positive } else { negative };
        while entry != NONE {
            let (operation, mut word) = (self.at, sum);
            if !self.word(word) {
                return;
            }
            for _ in 0..LONGEST {
                let offset = self.memory.word(entry);
                if entry == NONE || !self.word(offset.wrapping_sub(self.from)) {
                    break;
                }
                self.from = offset.wrapping_add(self.width);
                word = word.wrapping_sub(self.additions.distance);
                entry = self.memory.word(entry.wrapping_add(2));
            }
            self.memory.store_word(operation, word);
        }
    }

    /// Writes a word if there is room for it and one more.
    pub fn word(&mut self, word: u16) -> bool {
        let fits = self.at.wrapping_add(2) < self.area.end();
        if fits {
            self.memory.store_word(self.at, word);
            self.at = self.at.wrapping_add(2);
        }
        fits
    }

    /// Writes the last word, for which there is always room.
    pub fn end(&mut self, word: u16) {
        self.memory.store_word(self.at, word);
    }

    fn head(&self, list: u16) -> u16 {
        self.memory.word(self.head_at(list))
    }

    fn set_head(&mut self, list: u16, entry: u16) {
        self.memory.store_word(self.head_at(list), entry);
    }

    fn head_at(&self, list: u16) -> u16 {
        self.area.heads_at().wrapping_add((list & (LISTS - 1)).wrapping_mul(2))
    }
}
