//! Power failures: what is lost, what stays, and where they hit.

use freeml_sim::{Device, Elf, Limits, Machine, PowerSchedule, Stop};

use crate::asm::{CMP, Dst, LOOP, MOV, STOP, Src, jump, two, word};
use crate::elf_file::firmware;

const BOOTS: u16 = 0x5000;
const SURVIVED: u16 = 0x5002;
const RAM_FLAG: u16 = 0x1D00;
const MULTIPLIER_FLAG: u16 = 0x5004;

fn load(code: &[Vec<u16>]) -> Machine {
    let elf = Elf::load(&firmware(&code.concat(), &[])).unwrap();
    let mut machine = Machine::new(&elf, Device::Fr5994).unwrap();
    machine.write(BOOTS, &[0; 6]).unwrap();
    machine
}

fn limits() -> Limits {
    Limits { max_cycles: 1_000_000 }
}

/// Counts its starts in FRAM, notes whether RAM, the multiplier or R10 have kept a value, and
/// waits for the next failure until it has started six times.
fn counter() -> Machine {
    let add = |address| two(0x5, 0, Src::K(1), Dst::Abs(address));
    load(&[
        two(MOV, 0, Src::Imm(0x2000), Dst::R(1)),
        add(BOOTS),
        two(CMP, 0, Src::Imm(0x1234), Dst::Abs(RAM_FLAG)),
        jump(0, 2),
        add(SURVIVED),
        two(CMP, 0, Src::Imm(0x1234), Dst::Abs(0x04C0)),
        jump(0, 2),
        add(MULTIPLIER_FLAG),
        two(CMP, 0, Src::Imm(0x1234), Dst::R(10)),
        jump(0, 2),
        add(SURVIVED),
        two(MOV, 0, Src::Imm(0x1234), Dst::Abs(RAM_FLAG)),
        two(MOV, 0, Src::Imm(0x1234), Dst::Abs(0x04C0)),
        two(MOV, 0, Src::Imm(0x1234), Dst::R(10)),
        two(CMP, 0, Src::Imm(6), Dst::Abs(BOOTS)),
        jump(0, 1),
        vec![STOP, LOOP],
    ])
}

#[test]
fn only_fram_survives() {
    let mut machine = counter();
    let mut power = PowerSchedule::at(vec![100, 200, 300, 400, 500]);
    assert_eq!(machine.run(&limits(), &mut power), Ok(Stop::Done));
    let flags = [BOOTS, SURVIVED, MULTIPLIER_FLAG].map(|address| word(&machine, address));
    assert_eq!(flags, [6, 0, 0]);
    let report = machine.report();
    assert_eq!((report.failures, report.boots), (5, 6));
    // Each failure hits within the two cycles of the waiting jump.
    assert!((500..560).contains(&report.cycles), "{}", report.cycles);
    assert!(power.due().is_none());
}

#[test]
fn ram_is_noise_from_the_first_power_on() {
    let noise = |seed| {
        let mut machine = counter();
        machine.set_noise_seed(seed);
        let first = machine.read(0x1C00, 0x2000).unwrap().to_vec();
        machine.power_cycle();
        (first, machine.read(0x1C00, 0x2000).unwrap().to_vec())
    };
    let (first, second) = noise(1);
    assert_ne!(first, second);
    assert_eq!((first.clone(), second), noise(1));
    assert_ne!(first, noise(2).0);
    assert!(first.chunks(8).all(|chunk| chunk != [0; 8]));
}

#[test]
fn listed_failures_hit_every_boundary() {
    // Each instruction writes its number to FRAM; CPUX needs 4 cycles for it (3 for constants).
    let store = |n| two(MOV, 0, Src::Imm(n), Dst::Abs(BOOTS));
    let code = [store(10), store(11), store(12), vec![STOP]];
    for cycle in 0..=12 {
        let mut machine = load(&code);
        let mut power = PowerSchedule::at(vec![cycle]);
        // Stop before the first instruction of the second start.
        let started = cycle.div_ceil(4);
        let stop = machine.run(&Limits { max_cycles: 4 * started }, &mut power).unwrap();
        let expected = if started == 0 { 0 } else { 9 + u16::try_from(started).unwrap() };
        assert_eq!(word(&machine, BOOTS), expected, "failure at {cycle}");
        assert_eq!(stop, Stop::CycleLimit);
        let hit = machine.report().failures;
        // The last run reaches the limit and the failure at once: the failure comes first.
        assert_eq!(hit, 1, "failure at {cycle}");
        assert_eq!(machine.run(&limits(), &mut power), Ok(Stop::Done));
        assert_eq!(machine.report().cycles, 4 * started + 12);
    }
}

#[test]
fn runs_repeat_after_a_reset_and_in_clones() {
    let mut machine = counter();
    let fresh = machine.clone();
    let run = |machine: &mut Machine| {
        machine.write(BOOTS, &[0; 6]).unwrap();
        let mut power = PowerSchedule::random(3, 200, 5);
        let stop = machine.run(&limits(), &mut power).unwrap();
        (stop, machine.report(), machine.read(0x1C00, 0x2000).unwrap().to_vec())
    };
    let first = run(&mut machine);
    assert_eq!(first.0, Stop::Done);
    machine.reset_to_image();
    assert_eq!(run(&mut machine), first);
    assert_eq!(run(&mut fresh.clone()), first);
}

#[test]
fn console_output_survives_a_failure() {
    let letter = two(MOV, 0, Src::Imm(u16::from(b'x')), Dst::Abs(0x05CE));
    let mut machine = load(&[letter.clone(), letter, vec![STOP]]);
    assert_eq!(machine.run(&limits(), &mut PowerSchedule::at(vec![4])), Ok(Stop::Done));
    assert_eq!(machine.take_console(), b"xxx");
    assert_eq!(machine.take_console(), b"");
}

#[test]
fn stack_depth_is_measured_over_all_starts() {
    let mut machine = load(&[
        two(MOV, 0, Src::Imm(0x2C00), Dst::R(1)),
        vec![0x1204, 0x1205, 0x1206, 0x4134, 0x4135, 0x4136, STOP],
    ]);
    machine.run(&limits(), &mut PowerSchedule::at(vec![3])).unwrap();
    let report = machine.report();
    assert_eq!((report.lowest_stack_pointer, report.peak_stack_bytes), (Some(0x2BFA), 6));
}

#[test]
fn changes_of_a_word_are_recorded_across_failures() {
    let mut machine = counter();
    machine.watch_word(BOOTS).unwrap();
    let mut power = PowerSchedule::at(vec![100, 200, 300, 400, 500]);
    assert_eq!(machine.run(&limits(), &mut power), Ok(Stop::Done));
    let changes = machine.changes().to_vec();
    assert_eq!(changes.iter().map(|change| change.value).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    // Each start counts in its second instruction: 2 cycles, then 4.
    assert_eq!(changes[0].cycles, 6);
    let starts = changes.windows(2).map(|pair| pair[1].cycles - pair[0].cycles);
    assert!(starts.clone().all(|cycles| (95..105).contains(&cycles)));

    machine.reset_to_image();
    assert_eq!(machine.changes(), []);
    assert!(machine.watch_word(BOOTS + 1).is_err());
    assert!(machine.watch_word(0x0200).is_err());
}
