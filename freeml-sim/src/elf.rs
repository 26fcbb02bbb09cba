//! Reading the ELF file of a firmware.

use std::ops::Range;

use object::elf::{EM_MSP430, PT_LOAD, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SectionFlags};
use object::read::elf::{ElfFile32, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};
use thiserror::Error;

/// Why a file cannot be loaded.
#[derive(Debug, Error)]
pub enum ElfError {
    /// No well-formed 32-bit ELF file.
    #[error("not a readable 32-bit ELF file: {0}")]
    Malformed(#[from] object::Error),
    /// An ELF file for another processor.
    #[error(
        "the ELF file is for machine {machine}, not for the MSP430 (105): build for msp430-none-elf"
    )]
    OtherMachine {
        /// The `e_machine` field.
        machine: u16,
    },
    /// A segment that is not inside the file, or not inside the first 64 KiB.
    #[error(
        "segment of {size} bytes at {address:#x} is not inside the file, or not below 0x10000: \
         only the small memory model is supported"
    )]
    BadSegment {
        /// Load address.
        address: u32,
        /// Bytes in the file.
        size: u32,
    },
}

/// Bytes to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Load address (`p_paddr`), not the address at run time.
    pub address: u16,
    /// The bytes, which end at or below `0x10000`.
    pub data: Vec<u8>,
}

impl Segment {
    /// The addresses of the segment.
    pub fn range(&self) -> Range<usize> {
        let start = usize::from(self.address);
        start..start + self.data.len()
    }
}

/// A symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name as it is in the file, mangled or not.
    pub name: String,
    /// The value.
    pub address: u16,
    /// Bytes of the object; 0 for plain labels.
    pub size: u32,
    /// Whether the symbol is in a section of instructions.
    pub is_code: bool,
}

/// A section that takes memory at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The name.
    pub name: String,
    /// Address at run time.
    pub address: u64,
    /// Bytes.
    pub size: u64,
    /// Whether the program may write it.
    pub writable: bool,
    /// Whether it holds instructions.
    pub executable: bool,
}

/// What the simulator needs of an ELF file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elf {
    segments: Vec<Segment>,
    symbols: Vec<Symbol>,
    sections: Vec<Section>,
    /// Indices of the code symbols, by address, one for each address.
    code: Vec<usize>,
}

impl Elf {
    /// Reads an ELF file for the MSP430.
    pub fn load(bytes: &[u8]) -> Result<Self, ElfError> {
        let file = ElfFile32::<Endianness>::parse(bytes)?;
        let machine = file.elf_header().e_machine(file.endian());
        if machine != EM_MSP430 {
            return Err(ElfError::OtherMachine { machine: machine.0 });
        }
        let mut symbols = symbols(&file);
        symbols.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            segments: segments(&file, bytes)?,
            sections: sections(&file),
            code: code_by_address(&symbols),
            symbols,
        })
    }

    /// The segments to load.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The symbols, sorted by name.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The sections that take memory at run time.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The symbol of the given name.
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        let found = self.symbols.binary_search_by(|symbol| symbol.name.as_str().cmp(name));
        found.ok().map(|index| &self.symbols[index])
    }

    /// The nearest code symbol at or below an address.
    pub fn code_symbol_at(&self, address: u16) -> Option<&Symbol> {
        let above = self.code.partition_point(|&index| self.symbols[index].address <= address);
        above.checked_sub(1).map(|below| &self.symbols[self.code[below]])
    }

    /// An address in words: `name+0x12`, or `no symbol`.
    pub fn describe(&self, address: u16) -> String {
        match self.code_symbol_at(address) {
            None => "no symbol".to_owned(),
            Some(symbol) => {
                let name = readable(&symbol.name);
                format!("{name}+{:#x}", address - symbol.address)
            }
        }
    }
}

/// A symbol name without Rust's mangling.
pub fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

fn segments(file: &ElfFile32<'_>, bytes: &[u8]) -> Result<Vec<Segment>, ElfError> {
    let endian = file.endian();
    let mut segments = Vec::new();
    for header in file.elf_program_headers() {
        let (address, size) = (header.p_paddr(endian), header.p_filesz(endian));
        if header.p_type(endian) != PT_LOAD || size == 0 {
            continue;
        }
        let bad = ElfError::BadSegment { address, size };
        let below_64k = u64::from(address) + u64::from(size) <= 0x1_0000;
        match (u16::try_from(address), header.data(endian, bytes)) {
            (Ok(address), Ok(data)) if below_64k => {
                segments.push(Segment { address, data: data.to_vec() });
            }
            _ => return Err(bad),
        }
    }
    Ok(segments)
}

/// Symbols that cannot be used (unnamed, undefined, above 64 KiB, of files or sections) are left out.
fn symbols(file: &ElfFile32<'_>) -> Vec<Symbol> {
    let usable = |symbol: &object::read::elf::ElfSymbol32<'_, '_>| {
        !symbol.is_undefined() && !matches!(symbol.kind(), SymbolKind::File | SymbolKind::Section)
    };
    file.symbols()
        .filter(usable)
        .filter_map(|symbol| {
            let name = symbol.name().ok().filter(|name| !name.is_empty())?;
            let section =
                symbol.section_index().and_then(|index| file.section_by_index(index).ok());
            let is_code = section.is_some_and(|section| {
                has(section.elf_section_header().sh_flags(file.endian()), SHF_EXECINSTR)
            });
            Some(Symbol {
                name: name.to_owned(),
                address: u16::try_from(symbol.address()).ok()?,
                size: u32::try_from(symbol.size()).ok()?,
                is_code,
            })
        })
        .collect()
}

fn sections(file: &ElfFile32<'_>) -> Vec<Section> {
    file.sections()
        .filter_map(|section| {
            let flags = section.elf_section_header().sh_flags(file.endian());
            has(flags, SHF_ALLOC).then(|| Section {
                name: section.name().unwrap_or("?").to_owned(),
                address: section.address(),
                size: section.size(),
                writable: has(flags, SHF_WRITE),
                executable: has(flags, SHF_EXECINSTR),
            })
        })
        .collect()
}

fn has(flags: SectionFlags, flag: SectionFlags) -> bool {
    flags.0 & flag.0 != 0
}

/// Of several symbols at an address the one with a size stands for it: it is the function.
fn code_by_address(symbols: &[Symbol]) -> Vec<usize> {
    let mut code: Vec<usize> = (0..symbols.len())
        .filter(|&index| symbols[index].is_code && !symbols[index].name.starts_with('.'))
        .collect();
    code.sort_by_key(|&index| (symbols[index].address, symbols[index].size == 0));
    code.dedup_by_key(|index| symbols[*index].address);
    code
}
