//! ELF files, good and bad, and access by symbols.

use freeml_sim::{
    Device, Elf, ElfError, Limits, LoadError, Machine, PowerSchedule, Stop, SymbolError,
};
use proptest::prelude::*;

use crate::asm::{LOOP, STOP};
use crate::elf_file::{Sym, elf, firmware};

fn symbols() -> Vec<Sym> {
    vec![
        Sym { name: "_reset", address: 0x4400, size: 0, code: true },
        Sym { name: "main", address: 0x4404, size: 8, code: true },
        Sym { name: "INPUT", address: 0x5000, size: 6, code: false },
        Sym { name: "LABEL", address: 0x6000, size: 0, code: false },
        Sym { name: "OUTSIDE", address: 0x3F00, size: 4, code: false },
    ]
}

fn sample() -> Vec<u8> {
    elf(&[(0x4400, &[0x4303, STOP]), (0x5000, &[1, 2, 3]), (0xFFFE, &[0x4400])], &symbols())
}

#[test]
fn segments_symbols_and_sections() {
    let elf = Elf::load(&sample()).unwrap();
    let ranges: Vec<_> = elf.segments().iter().map(freeml_sim::Segment::range).collect();
    assert_eq!(ranges, [0x4400..0x4404, 0x5000..0x5006, 0xFFFE..0x1_0000]);
    let input = elf.symbol("INPUT").unwrap();
    assert_eq!((input.address, input.size, input.is_code), (0x5000, 6, false));
    assert!(elf.symbol("NOTHING").is_none());
    assert_eq!(elf.describe(0x4402), "_reset+0x2");
    assert_eq!(elf.describe(0x4408), "main+0x4");
    assert_eq!(elf.describe(0x4000), "no symbol");
    let sections: Vec<_> = elf.sections().iter().map(|s| (s.name.as_str(), s.executable)).collect();
    assert_eq!(sections, [(".text", true), (".data", false)]);
}

#[test]
fn rust_names_are_readable() {
    let name = "_RNvCs1234_7mycrate3foo";
    let symbols = [Sym { name, address: 0x4400, size: 2, code: true }];
    let elf = Elf::load(&firmware(&[STOP], &symbols)).unwrap();
    assert_eq!(elf.describe(0x4400), "mycrate::foo+0x0");
}

#[test]
fn symbols_are_read_and_written() {
    let mut machine = Machine::new(&Elf::load(&sample()).unwrap(), Device::Fr5994).unwrap();
    assert_eq!(machine.read_symbol("INPUT"), Ok(&[1, 0, 2, 0, 3, 0][..]));
    machine.write_symbol("INPUT", &[9, 9]).unwrap();
    assert_eq!(machine.read_symbol("INPUT"), Ok(&[9, 9, 2, 0, 3, 0][..]));
    machine.write_symbol("LABEL", &[1; 100]).unwrap();
    let name = || "LABEL".to_owned();
    assert_eq!(machine.read_symbol("LABEL"), Err(SymbolError::Unsized { name: name() }));
    let error = machine.write_symbol("INPUT", &[0; 7]).unwrap_err();
    assert_eq!(error.to_string(), "7 bytes do not fit into `INPUT`, which has 6");
    assert!(matches!(machine.write_symbol("NO", &[]), Err(SymbolError::Unknown { .. })));
    assert!(matches!(machine.read_symbol("OUTSIDE"), Err(SymbolError::Unmapped { .. })));
    machine.reset_to_image();
    assert_eq!(machine.read_symbol("INPUT"), Ok(&[1, 0, 2, 0, 3, 0][..]));
}

#[test]
fn done_is_a_symbol_or_an_opcode() {
    let run = |code: &[u16], symbols: &[Sym]| {
        let elf = Elf::load(&firmware(code, symbols)).unwrap();
        let mut machine = Machine::new(&elf, Device::Fr5994).unwrap();
        let stop = machine.run(&Limits { max_cycles: 100 }, &mut PowerSchedule::none());
        (stop.unwrap(), machine.report().instructions)
    };
    assert_eq!(run(&[0x4303, STOP], &[]), (Stop::Done, 1));
    let done = |code| [Sym { name: "done", address: 0x4402, size: 0, code }];
    assert_eq!(run(&[0x4303, LOOP], &done(true)), (Stop::Done, 1));
    // A variable called `done` is nothing to stop at.
    assert_eq!(run(&[0x4303, LOOP], &done(false)), (Stop::CycleLimit, 51));
    // bis #CPUOFF, sr
    assert_eq!(run(&[0xD032, 0x0010, STOP], &[]), (Stop::CpuOff, 1));
}

#[test]
fn a_limited_run_can_go_on() {
    let elf = Elf::load(&firmware(&[0x4303, 0x4303, 0x4303, STOP], &[])).unwrap();
    let mut machine = Machine::new(&elf, Device::Fr5994).unwrap();
    let mut run = |max_cycles| machine.run(&Limits { max_cycles }, &mut PowerSchedule::none());
    assert_eq!(run(2), Ok(Stop::CycleLimit));
    assert_eq!(run(100), Ok(Stop::Done));
    assert_eq!(machine.report().cycles, 3);
}

#[test]
fn segments_must_be_in_fram() {
    let load = |address, device| {
        let elf = Elf::load(&elf(&[(address, &[0, 0])], &[])).unwrap();
        Machine::new(&elf, device).map(|_| ())
    };
    assert_eq!(load(0x4000, Device::Fr5994), Ok(()));
    for (address, device) in [
        (0x3FFE, Device::Fr5994),
        (0x1C00, Device::Fr5994),
        (0x4000, Device::Fr5969),
        (0x4400, Device::Fr2355),
    ] {
        let (start, end) =
            (usize::try_from(address).unwrap(), usize::try_from(address + 4).unwrap());
        assert_eq!(load(address, device), Err(LoadError::OutsideFram { device, start, end }));
    }
}

#[test]
fn segments_above_64_kib_are_refused() {
    for address in [0xFFFE, 0x1_0000, 0xFFFF_FFFE] {
        let error = Elf::load(&elf(&[(address, &[0, 0])], &[])).unwrap_err();
        assert!(matches!(error, ElfError::BadSegment { .. }), "{error}");
    }
}

#[test]
fn other_machines_are_refused() {
    let mut file = sample();
    file[18] = 40;
    let error = Elf::load(&file).unwrap_err();
    assert!(matches!(error, ElfError::OtherMachine { machine: 40 }), "{error}");
}

/// Whatever the bytes are: an error, or a machine that runs into some stop or fault.
fn load_and_run(file: &[u8]) {
    let Ok(elf) = Elf::load(file) else { return };
    let Ok(mut machine) = Machine::new(&elf, Device::Fr5994) else {
        return;
    };
    machine.enable_profile();
    let _ = machine.run(&Limits { max_cycles: 1000 }, &mut PowerSchedule::random(1, 50, 10));
    let _ = machine.report().to_string();
    for symbol in elf.symbols() {
        let _ = machine.read_symbol(&symbol.name);
        let _ = machine.write_symbol(&symbol.name, &[1, 2, 3]);
    }
}

#[test]
fn truncated_files_do_not_panic() {
    let file = sample();
    for length in 0..file.len() {
        load_and_run(&file[..length]);
    }
}

proptest! {
    #[test]
    fn garbage_does_not_panic(file: Vec<u8>) {
        load_and_run(&file);
    }

    #[test]
    fn damaged_files_do_not_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = sample();
        for (index, byte) in damage {
            let index = index.index(file.len());
            file[index] = byte;
        }
        load_and_run(&file);
    }

    #[test]
    fn random_code_does_not_panic(code in prop::collection::vec(any::<u16>(), 1..64)) {
        load_and_run(&firmware(&code, &symbols()));
    }
}
