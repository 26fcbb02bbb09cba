//! Cycles per code symbol.

use crate::elf::{Elf, readable};

/// Even addresses.
const SLOTS: usize = 0x8000;

/// Cycles by the address of the instruction.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    cycles: Box<[u64]>,
}

/// Cycles of the instructions between a code symbol and the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileEntry {
    /// The symbol, without mangling.
    pub symbol: String,
    /// Cycles since the first power-on.
    pub cycles: u64,
}

impl Profile {
    pub(crate) fn new() -> Self {
        Self { cycles: vec![0; SLOTS].into_boxed_slice() }
    }

    pub(crate) fn clear(&mut self) {
        self.cycles.fill(0);
    }

    #[inline]
    pub(crate) fn add(&mut self, address: u16, cycles: u32) {
        self.cycles[usize::from(address >> 1)] += u64::from(cycles);
    }

    /// Entries with the most cycles first.
    pub(crate) fn entries(&self, elf: &Elf) -> Vec<ProfileEntry> {
        let mut entries: Vec<(Option<&str>, u64)> = Vec::new();
        for (slot, &cycles) in (0_u16..).zip(self.cycles.iter()).filter(|(_, cycles)| **cycles > 0)
        {
            let symbol = elf.code_symbol_at(slot << 1).map(|symbol| symbol.name.as_str());
            match entries.last_mut() {
                Some((last, sum)) if *last == symbol => *sum += cycles,
                _ => entries.push((symbol, cycles)),
            }
        }
        entries.sort_by_key(|&(_, cycles)| std::cmp::Reverse(cycles));
        let name = |symbol: Option<&str>| symbol.map_or("no symbol".to_owned(), readable);
        entries
            .into_iter()
            .map(|(symbol, cycles)| ProfileEntry { symbol: name(symbol), cycles })
            .collect()
    }
}
