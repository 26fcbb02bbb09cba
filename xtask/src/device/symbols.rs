//! What must not be linked into firmware.

use anyhow::ensure;
use freeml_sim::Elf;

/// Parts of the names of functions that compute with floats, panic or copy in bulk.
const FORBIDDEN: [&str; 14] = [
    "addf", "subf", "mpyf", "divf", "cmpf", "fixf", "fltl", "flti", "f32", "f64", "panic",
    "unwind", "memcpy", "memmove",
];

/// Checks that the symbol table of a firmware has none of these.
pub fn check(elf: &[u8]) -> anyhow::Result<()> {
    let elf = Elf::load(elf)?;
    let found: Vec<&str> = elf
        .symbols()
        .iter()
        .map(|symbol| symbol.name.as_str())
        .filter(|name| FORBIDDEN.iter().any(|part| name.contains(part)))
        .collect();
    ensure!(found.is_empty(), "float, panic or bulk copy in the firmware: {found:?}");
    Ok(())
}
