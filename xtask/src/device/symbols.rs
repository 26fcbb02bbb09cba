//! What is linked into firmware, and what must not be.

use anyhow::{Context as _, ensure};
use freeml_compiler::program::Program;
use freeml_sim::Elf;

/// Parts of the names of functions that compute with floats, panic or copy in bulk.
const FORBIDDEN: [&str; 14] = [
    "addf", "subf", "mpyf", "divf", "cmpf", "fixf", "fltl", "flti", "f32", "f64", "panic",
    "unwind", "memcpy", "memmove",
];

/// Bytes of constants that a firmware may have besides those of its network: powers of ten for
/// printing (36), the decoder's table of weights (32), the window of layers that have one (26),
/// addresses of operations (36),
/// texts and alignment.
const MOST_OTHER: usize = 164;

/// Checks that the symbol table of a firmware has none of these.
pub fn check(elf: &Elf) -> anyhow::Result<()> {
    let found: Vec<&str> = elf
        .symbols()
        .iter()
        .map(|symbol| symbol.name.as_str())
        .filter(|name| FORBIDDEN.iter().any(|part| name.contains(part)))
        .collect();
    ensure!(found.is_empty(), "float, panic or bulk copy in the firmware: {found:?}");
    Ok(())
}

/// Bytes of the constants that a firmware has besides its sample.
pub fn constant_bytes(elf: &Elf) -> anyhow::Result<u64> {
    let section = |section: &&freeml_sim::Section| section.name == ".rodata";
    let section = elf.sections().iter().find(section).context("there is no .rodata")?;
    let sample = elf.symbol("SAMPLE").context("there is no SAMPLE")?;
    section.size.checked_sub(sample.size.into()).context("SAMPLE is not in .rodata")
}

/// Checks that what compression counts as constants is what the firmware has.
pub fn check_constants(elf: &Elf, program: &Program) -> anyhow::Result<()> {
    let linked = usize::try_from(constant_bytes(elf)?)?;
    let counted = program.constant_bytes();
    ensure!(
        (counted..=counted + MOST_OTHER).contains(&linked),
        "the compiler counts {counted} bytes of constants, the firmware has {linked}"
    );
    Ok(())
}
