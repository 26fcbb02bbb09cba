//! Access to memory by addresses and symbols, as a debugger has it.

use thiserror::Error;

use crate::elf::Symbol;
use crate::machine::Machine;

/// Why a symbol or a range of addresses cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SymbolError {
    /// No such symbol.
    #[error(
        "no symbol `{name}` in the program: check that it is `#[unsafe(no_mangle)]` and not removed as unused"
    )]
    Unknown {
        /// The name.
        name: String,
    },
    /// More bytes than the symbol has.
    #[error("{bytes} bytes do not fit into `{name}`, which has {size}")]
    TooLong {
        /// The name.
        name: String,
        /// Bytes to write.
        bytes: usize,
        /// Bytes of the symbol.
        size: u32,
    },
    /// A symbol without a size cannot be read as a whole.
    #[error("symbol `{name}` has no size: read its address instead")]
    Unsized {
        /// The name.
        name: String,
    },
    /// The range is not in RAM or FRAM.
    #[error("{bytes} bytes at {address:#06x} are not in RAM or FRAM")]
    Unmapped {
        /// First address.
        address: u16,
        /// Bytes.
        bytes: usize,
    },
}

impl Machine {
    /// Reads RAM or FRAM as a debugger does: not counted.
    pub fn read(&self, address: u16, bytes: usize) -> Result<&[u8], SymbolError> {
        self.memory.slice(address, bytes).ok_or(SymbolError::Unmapped { address, bytes })
    }

    /// Writes RAM or FRAM as a debugger does: not counted.
    pub fn write(&mut self, address: u16, data: &[u8]) -> Result<(), SymbolError> {
        let bytes = data.len();
        let target = self.memory.slice_mut(address, bytes);
        target.ok_or(SymbolError::Unmapped { address, bytes })?.copy_from_slice(data);
        Ok(())
    }

    /// Reads all bytes of a symbol.
    pub fn read_symbol(&self, name: &str) -> Result<&[u8], SymbolError> {
        let symbol = self.symbol(name)?;
        let bytes = usize::try_from(symbol.size).unwrap_or(usize::MAX);
        if bytes == 0 {
            return Err(SymbolError::Unsized { name: name.to_owned() });
        }
        self.read(symbol.address, bytes)
    }

    /// Writes the first bytes of a symbol.
    pub fn write_symbol(&mut self, name: &str, data: &[u8]) -> Result<(), SymbolError> {
        let &Symbol { address, size, .. } = self.symbol(name)?;
        let fits = usize::try_from(size).is_ok_and(|size| data.len() <= size);
        if size != 0 && !fits {
            return Err(SymbolError::TooLong { name: name.to_owned(), bytes: data.len(), size });
        }
        self.write(address, data)
    }

    pub(super) fn symbol(&self, name: &str) -> Result<&Symbol, SymbolError> {
        self.elf.symbol(name).ok_or_else(|| SymbolError::Unknown { name: name.to_owned() })
    }
}
