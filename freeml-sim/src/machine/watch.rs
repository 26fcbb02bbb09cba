//! Changes of a word in memory, such as a program's record of its progress.

use crate::machine::Machine;
use crate::machine::access::SymbolError;

/// Changes recorded at most, so that a busy word does not fill the host's memory.
const CHANGE_LIMIT: usize = 1_000_000;

/// A new value of a watched word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Cycles since the first power-on, the instruction that stored it included.
    pub cycles: u64,
    /// The value.
    pub value: u16,
}

/// A watched word.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    address: u16,
    last: u16,
    pub(super) changes: Vec<Change>,
}

impl Watch {
    /// Back to a word that holds `value`, without changes.
    pub(super) fn restart(&mut self, value: u16) {
        self.last = value;
        self.changes.clear();
    }

    pub(super) const fn address(&self) -> u16 {
        self.address
    }

    #[inline]
    pub(super) fn observe(&mut self, value: u16, cycles: u64) {
        if value != self.last {
            self.last = value;
            if self.changes.len() < CHANGE_LIMIT {
                self.changes.push(Change { cycles, value });
            }
        }
    }
}

impl Machine {
    /// Records each change of the word in RAM or FRAM at an even address from now on, up to a
    /// million; a word watched before is not any more.
    ///
    /// Stores of the value that is there already are no changes.
    pub fn watch_word(&mut self, address: u16) -> Result<(), SymbolError> {
        if address & 1 != 0 {
            return Err(SymbolError::Unmapped { address, bytes: 2 });
        }
        self.read(address, 2)?;
        let last = self.memory.peek_word(address);
        self.watch = Some(Watch { address, last, changes: Vec::new() });
        Ok(())
    }

    /// Changes of the watched word, in order.
    pub fn changes(&self) -> &[Change] {
        self.watch.as_ref().map_or(&[], |watch| &watch.changes)
    }
}
