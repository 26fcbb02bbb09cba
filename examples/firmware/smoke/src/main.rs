//! Smoke test: startup, console, integer helpers, and a sum that survives power failures.
#![no_std]
#![no_main]

// Brings the linker fragment `freeml.x`.
use freeml_core as _;
use msp430_support::{entry, print_i16, print_str, print_u16};

mod helpers;
mod persistent;

use persistent::Word;

entry!(main);

#[unsafe(link_section = ".freeml")]
static MAGIC: Word = Word::new();
#[unsafe(link_section = ".freeml")]
static BOOTS: Word = Word::new();
#[unsafe(link_section = ".freeml")]
static STEP: Word = Word::new();
#[unsafe(link_section = ".freeml")]
static SUMS: [Word; STEPS] = [const { Word::new() }; STEPS];

const STARTED: u16 = 0x51AC;
const STEPS: usize = 100;

// RAM, to see startup initialise it.
static DATA: Word = Word::with(7);
static BSS: [Word; 5] = [const { Word::with(0) }; 5];

fn main() {
    if MAGIC.get() != STARTED {
        STEP.set(0);
        BOOTS.set(0);
        MAGIC.set(STARTED);
    }
    BOOTS.set(BOOTS.get().wrapping_add(1));

    verdict("ram", DATA.get() == 7 && BSS.iter().all(|word| word.get() == 0));
    DATA.set(0);
    for word in &BSS {
        word.set(0xFFFF);
    }
    verdict("helpers", helpers::agree());
    print_i16(i16::MIN);
    print_str("\n");

    loop {
        let step = STEP.get();
        let Some(sum) = SUMS.get(usize::from(step)) else {
            break;
        };
        let before = usize::from(step).checked_sub(1).and_then(|i| SUMS.get(i));
        sum.set(before.map_or(0, Word::get) + step);
        // Last: a step cut short by a power failure is done again.
        STEP.set(step + 1);
    }
    verdict("sum", SUMS.last().is_some_and(|sum| sum.get() == 4950));

    print_str("boots ");
    print_u16(BOOTS.get());
    print_str("\n");
    // The next run starts afresh.
    MAGIC.set(0);
}

fn verdict(what: &str, good: bool) {
    print_str(what);
    print_str(if good { " ok\n" } else { " WRONG\n" });
}
