//! Operands: their addresses, their values, and storing results.

use crate::cpu::decode::{Destination, Source};
use crate::cpu::{Cpu, PC, SP, Width};
use crate::fault::FaultKind;
use crate::memory::Memory;

/// Where a result goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A register.
    Register(u8),
    /// A memory address.
    Address(u16),
    /// Nowhere: the operand is a constant.
    Nowhere,
}

impl Cpu {
    /// The value of a source operand and its place; takes extension words and increments.
    #[inline]
    pub(super) fn source(
        &mut self,
        memory: &mut Memory,
        source: Source,
        width: Width,
    ) -> Result<(u16, Place), FaultKind> {
        let address = match source {
            Source::Register(n) => {
                return Ok((self.register(n) & width.mask(), Place::Register(n)));
            }
            Source::Constant(value) => return Ok((value & width.mask(), Place::Nowhere)),
            Source::Immediate => {
                return Ok((self.fetch(memory)? & width.mask(), Place::Nowhere));
            }
            Source::Indexed(n) => self.indexed(memory, n)?,
            Source::Absolute => self.fetch(memory)?,
            Source::Indirect(n) => self.register(n),
            Source::IndirectIncrement(n) => self.post_increment(n, width),
        };
        Ok((memory.read(address, width)?, Place::Address(address)))
    }

    /// The place of a destination operand; takes extension words.
    #[inline]
    pub(super) fn destination(
        &mut self,
        memory: &mut Memory,
        destination: Destination,
    ) -> Result<Place, FaultKind> {
        Ok(match destination {
            Destination::Register(n) => Place::Register(n),
            Destination::Indexed(n) => Place::Address(self.indexed(memory, n)?),
            Destination::Absolute => Place::Address(self.fetch(memory)?),
        })
    }

    /// The value at a place.
    #[inline]
    pub(super) fn load(
        &self,
        memory: &mut Memory,
        place: Place,
        width: Width,
    ) -> Result<u16, FaultKind> {
        match place {
            Place::Register(n) => Ok(self.register(n) & width.mask()),
            Place::Address(address) => memory.read(address, width),
            Place::Nowhere => Ok(0),
        }
    }

    /// Puts a result at a place; a byte written to a register clears the register's high byte.
    #[inline]
    pub(super) fn store(
        &mut self,
        memory: &mut Memory,
        place: Place,
        value: u16,
        width: Width,
    ) -> Result<(), FaultKind> {
        match place {
            Place::Register(n) => self.set_register(n, value & width.mask()),
            Place::Address(address) => memory.write(address, value, width)?,
            Place::Nowhere => {}
        }
        Ok(())
    }

    /// The base is read before the extension word, so that symbolic mode counts from that word.
    #[inline]
    fn indexed(&mut self, memory: &mut Memory, n: u8) -> Result<u16, FaultKind> {
        let base = self.register(n);
        Ok(self.fetch(memory)?.wrapping_add(base))
    }

    #[inline]
    fn post_increment(&mut self, n: u8, width: Width) -> u16 {
        let address = self.register(n);
        // The program counter and the stack pointer always stay even.
        let step = if width == Width::Byte && n != PC && n != SP { 1 } else { 2 };
        self.set_register(n, address.wrapping_add(step));
        address
    }
}
