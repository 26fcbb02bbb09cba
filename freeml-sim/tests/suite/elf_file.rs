//! Writes small ELF files for the MSP430.

use crate::asm::bytes;

/// A symbol of the file.
pub struct Sym {
    pub name: &'static str,
    pub address: u16,
    pub size: u32,
    /// In the section of instructions.
    pub code: bool,
}

const HEADER: usize = 52;
const PROGRAM_HEADER: usize = 32;
const SECTION_HEADER: usize = 40;

/// A file with the given segments (load address, words), and a symbol table.
pub fn elf(segments: &[(u32, &[u16])], symbols: &[Sym]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut program_headers = Vec::new();
    let start = HEADER + PROGRAM_HEADER * segments.len();
    for (address, words) in segments {
        let data = bytes(words);
        let (offset, size) = (to_u32(start + body.len()), to_u32(data.len()));
        // The run-time address differs from the load address, to tell the two apart.
        push_words(&mut program_headers, &[1, offset, 0x1C00, *address, size, size, 7, 2]);
        body.extend(data);
    }
    let mut names = vec![0];
    let mut table = vec![0; 16];
    for symbol in symbols {
        push_words(&mut table, &[to_u32(names.len()), symbol.address.into(), symbol.size]);
        // Global object; section 1 holds instructions, section 2 data.
        table.extend([0x11, 0, if symbol.code { 1 } else { 2 }, 0]);
        names.extend(symbol.name.bytes().chain([0]));
    }
    let section_names = b"\0.text\0.data\0.symtab\0.strtab\0";
    let table_at = to_u32(start + body.len());
    let names_at = table_at + to_u32(table.len());
    let section_names_at = names_at + to_u32(names.len());
    let sections_at = section_names_at + to_u32(section_names.len());
    let sections = [
        [0; 10],
        [1, 1, 6, 0x4400, to_u32(start), 0x10, 0, 0, 2, 0],
        [7, 8, 3, 0x1C00, 0, 0x20, 0, 0, 2, 0],
        [13, 2, 0, 0, table_at, to_u32(table.len()), 4, 1, 4, 16],
        [21, 3, 0, 0, names_at, to_u32(names.len()), 0, 0, 1, 0],
        [21, 3, 0, 0, section_names_at, to_u32(section_names.len()), 0, 0, 1, 0],
    ];
    let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x69\0".to_vec();
    push_words(&mut file, &[1, 0x4400, to_u32(HEADER), sections_at, 0]);
    let counts = [HEADER, PROGRAM_HEADER, segments.len(), SECTION_HEADER, sections.len(), 5];
    file.extend(counts.iter().flat_map(|&n| u16::try_from(n).unwrap().to_le_bytes()));
    file.extend([program_headers, body, table, names, section_names.to_vec()].concat());
    for section in &sections {
        push_words(&mut file, section);
    }
    file
}

/// A file with code at `0x4400`, where it starts.
pub fn firmware(code: &[u16], symbols: &[Sym]) -> Vec<u8> {
    elf(&[(0x4400, code), (0xFFFE, &[0x4400])], symbols)
}

fn push_words(file: &mut Vec<u8>, words: &[u32]) {
    file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}
