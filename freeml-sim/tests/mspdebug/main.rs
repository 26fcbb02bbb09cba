//! Random programs here and in `mspdebug sim`: the same registers, flags and memory.
//!
//! Without mspdebug the test passes with a note, except where the environment variable `CI` is set.
//! Cycles are not compared: mspdebug counts every source from a constant generator wrongly.

mod driver;
mod program;

use freeml_sim::{Device, Machine};

use driver::Mspdebug;
use program::{DATA, Program, STACK};

const PROGRAMS: u64 = 40;
const INSTRUCTIONS: usize = 400;
/// Instructions between two comparisons.
const CHUNK: usize = 10;
/// Memory compared at the end: operands, and the stack below its top.
const COMPARED: [(u16, usize); 2] = [(DATA, 0x80), (STACK - 0x40, 0x40)];

fn prepare(program: &Program) -> Machine {
    let mut machine = Machine::blank(Device::Fr5994);
    for (address, bytes) in program.memory() {
        machine.write(address, &bytes).unwrap();
    }
    for (register, value) in (0..).zip(program.registers) {
        machine.cpu_mut().set_register(register, value);
    }
    machine
}

fn registers(machine: &Machine) -> [u16; 16] {
    std::array::from_fn(|n| machine.cpu().register(u8::try_from(n).unwrap()))
}

fn compare(seed: u64, mspdebug: &mut Mspdebug) -> usize {
    let program = Program::random(seed, INSTRUCTIONS);
    let mut machine = prepare(&program);
    mspdebug.load(&program);
    let mut steps = 0;
    while machine.cpu().pc() != program.end {
        let mut chunk = 0;
        let start = machine.cpu().pc();
        while chunk < CHUNK && machine.cpu().pc() != program.end {
            machine.step().unwrap_or_else(|fault| panic!("seed {seed}: {fault}"));
            chunk += 1;
        }
        let (found, expected) = (registers(&machine), mspdebug.step(chunk));
        assert_eq!(found, expected, "seed {seed}: differs from mspdebug after {start:#06x}");
        steps += chunk;
    }
    for (address, length) in COMPARED {
        let found = machine.read(address, length).unwrap();
        assert_eq!(found, mspdebug.read(address, length), "seed {seed}: memory at {address:#06x}");
    }
    steps
}

#[test]
fn random_programs_agree_with_mspdebug() {
    let Some(mut mspdebug) = Mspdebug::start() else {
        let in_ci = std::env::var_os("CI").is_some();
        assert!(!in_ci, "mspdebug cannot be started: install the package mspdebug");
        println!("skipped: mspdebug cannot be started");
        return;
    };
    let steps: usize = (0..PROGRAMS).map(|seed| compare(seed, &mut mspdebug)).sum();
    println!("{steps} instructions agree");
    assert!(steps > 10_000, "only {steps} instructions compared");
}
