//! The program as users and cargo call it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::asm::{Dst, LOOP, MOV, STOP, Src, two};
use crate::elf_file::{Sym, firmware};

/// A directory of one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let name = format!("freeml-sim-{test}-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    fn file(&self, name: &str, data: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, data).unwrap();
        path.into_os_string().into_string().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn call(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_freeml-sim")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Adds 1 to INPUT, says `!`, and is done.
fn adder() -> Vec<u8> {
    let code = [
        two(0x5, 0, Src::K(1), Dst::Abs(0x5000)),
        two(MOV, 0, Src::Imm(u16::from(b'!')), Dst::Abs(0x05CE)),
        vec![STOP],
    ];
    let symbols = [
        Sym { name: "start", address: 0x4400, size: 4, code: true },
        Sym { name: "say", address: 0x4404, size: 6, code: true },
        Sym { name: "VALUE", address: 0x5000, size: 2, code: false },
    ];
    firmware(&code.concat(), &symbols)
}

#[test]
fn input_output_and_reports() {
    let scratch = Scratch::new("io");
    let elf = scratch.file("fw.elf", &adder());
    let input = format!("VALUE={}", scratch.file("in.bin", &[0xFF, 0x01]));
    let output_file = scratch.file("out.bin", &[]);
    let output = format!("VALUE={output_file}");
    let arguments = ["--in", &input, "--out", &output, "--hex", "VALUE"];
    let reports = ["--report", "--profile", "--marks", "start,say"];
    let result = call(&[&[elf.as_str()], &arguments[..], &reports[..]].concat());
    let errors = text(&result.stderr);
    assert!(result.status.success(), "{errors}");
    assert_eq!(text(&result.stdout), "!VALUE 0002\n");
    assert_eq!(fs::read(output_file).unwrap(), [0x00, 0x02]);
    for line in ["cycles                     8   0.000001 s at 8 MHz", "50.0 %  say", "mark say"] {
        assert!(errors.contains(line), "no `{line}` in\n{errors}");
    }
}

#[test]
fn power_failures_from_the_command_line() {
    let scratch = Scratch::new("power");
    let elf = scratch.file("fw.elf", &adder());
    // INPUT starts as 0xFFFF; two failures after the addition repeat it twice.
    let result = call(&[&elf, "--fail-at", "4,8", "--hex", "VALUE"]);
    assert_eq!(text(&result.stdout), "!VALUE 0200\n");
    let random = ["--fails", "3", "--mean", "2", "--seed", "5", "--hex", "VALUE"];
    let run = || text(&call(&[&[elf.as_str()], &random[..]].concat()).stdout);
    assert_eq!(run(), run());
}

#[test]
fn power_failures_by_harvested_energy() {
    let scratch = Scratch::new("harvest");
    let elf = scratch.file("fw.elf", &firmware(&[LOOP], &[]));
    let trace = scratch.file("trace.csv", b"seconds,watts\n0,1e-3\n");
    let cycles = ["--max-cycles", "5000000", "--report"];
    let result = call(&[&[elf.as_str(), "--harvest", &trace], &cycles[..]].concat());
    let errors = text(&result.stderr);
    // A charge is 0.288 mJ, 1.26 M cycles with a milliwatt coming in.
    assert!(errors.contains("failures                   3   4 boots"), "{errors}");
    // Four charges of 0.288 s and more by the leakage, and 0.625 s of cycles.
    assert!(errors.contains("harvested           1.77"), "{errors}");
    let larger = ["--harvest", "constant:1mW", "--capacitor", "1mF", "--load", "cycle=100pJ"];
    let result = call(&[&[elf.as_str()], &larger[..], &cycles[..]].concat());
    assert!(text(&result.stderr).contains("failures                   0   1 boots"));
}

#[test]
fn classic_cycles() {
    let scratch = Scratch::new("classic");
    let elf = scratch.file("fw.elf", &adder());
    let result = call(&[&elf, "--model", "classic", "--report"]);
    assert!(text(&result.stderr).contains("cycles                     9 "));
}

#[test]
fn failures_have_exit_codes_and_messages() {
    let scratch = Scratch::new("errors");
    let adder = scratch.file("fw.elf", &adder());
    let endless = scratch.file("endless.elf", &firmware(&[LOOP], &[]));
    let asleep = scratch.file("asleep.elf", &firmware(&[0xD032, 0x0010, LOOP], &[]));
    let broken = scratch.file("broken.elf", &firmware(&[0x0000], &[]));
    let garbage = scratch.file("garbage.elf", b"\x7fELF and then nothing");
    let cases: &[(&[&str], i32, &str)] = &[
        (&[&endless, "--max-cycles", "1000"], 1, "not reached `done` after 1000 cycles"),
        (&[&asleep], 1, "switched the CPU off"),
        (&[&broken], 1, "unsupported MSP430X instruction 0x0000, at pc 0x4400"),
        (&[&garbage], 2, "garbage.elf: not a readable 32-bit ELF file"),
        (&["no-such-file"], 2, "no-such-file: "),
        (&[&adder, "--device", "fr2355"], 2, "is not in the FRAM of the fr2355"),
        (&[&adder, "--device", "z80"], 2, "use fr5994, fr5969 or fr2355"),
        (&[&adder, "--in", "VALUE"], 2, "not of the form SYMBOL=FILE"),
        (&[&adder, "--in", "VALUE=no-such-file"], 2, "no-such-file: "),
        (&[&adder, "--hex", "NONE"], 2, "no symbol `NONE`"),
        (&[&adder, "--marks", "NONE"], 2, "no symbol `NONE`"),
        (&[&adder, "--harvest", "no.csv"], 2, "cannot read `no.csv`"),
        (&[&adder, "--harvest", "constant:1nW"], 2, "never charges the capacitor"),
        (&[&adder, "--harvest", "constant:1V"], 2, "no quantity in W"),
        (&[&adder, "--capacitor", "1mF"], 2, "--harvest"),
    ];
    for &(arguments, code, message) in cases {
        let result = call(arguments);
        let errors = text(&result.stderr);
        assert_eq!(result.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
    }
}
