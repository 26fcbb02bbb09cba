//! A dialogue with `mspdebug sim`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::program::Program;

pub struct Mspdebug {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    commands: u32,
}

impl Mspdebug {
    /// `None` if the program is not installed.
    pub fn start() -> Option<Self> {
        // Plain mode: the embedded mode loses commands. stdbuf makes each answer come at once.
        let mut child = Command::new("stdbuf")
            .args(["-oL", "mspdebug", "-n", "-q", "sim"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let (input, output) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let mut mspdebug = Self { child, input, output, commands: 0 };
        mspdebug.try_command("regs").map(|_| mspdebug)
    }

    /// The lines of an answer; an expression after the command marks its end.
    fn try_command(&mut self, text: &str) -> Option<Vec<String>> {
        self.commands = (self.commands + 1) % 0x1_0000;
        writeln!(self.input, "{text}\n= {}", self.commands).ok()?;
        let mark = format!("0x{:05x} = ", self.commands);
        let mut answer = Vec::new();
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().trim_start_matches("(mspdebug) ");
            if line.starts_with(&mark) {
                return Some(answer);
            }
            answer.push(line.to_owned());
        }
    }

    fn command(&mut self, text: &str) -> Vec<String> {
        self.try_command(text).unwrap_or_else(|| panic!("mspdebug ended at `{text}`"))
    }

    /// Writes the memory and the registers of a program.
    pub fn load(&mut self, program: &Program) {
        for (address, bytes) in program.memory() {
            for (offset, chunk) in (0_u16..).step_by(64).zip(bytes.chunks(64)) {
                let list: Vec<String> = chunk.iter().map(|byte| format!("0x{byte:02x}")).collect();
                self.command(&format!("mw 0x{:x} {}", address + offset, list.join(" ")));
            }
        }
        for (n, value) in program.registers.iter().enumerate() {
            self.command(&format!("set r{n} 0x{value:x}"));
        }
    }

    /// Runs instructions and returns the registers after them.
    pub fn step(&mut self, count: usize) -> [u16; 16] {
        let answer = self.command(&format!("step {count}"));
        parse_registers(&answer).unwrap_or_else(|| panic!("no registers in {answer:#?}"))
    }

    /// Reads memory.
    pub fn read(&mut self, address: u16, length: usize) -> Vec<u8> {
        let answer = self.command(&format!("md 0x{address:x} 0x{length:x}"));
        let bytes: Vec<u8> = answer.iter().filter_map(|line| parse_dump(line)).flatten().collect();
        assert_eq!(bytes.len(), length, "{answer:#?}");
        bytes
    }
}

impl Drop for Mspdebug {
    fn drop(&mut self) {
        let _ = writeln!(self.input, "exit");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Four lines of the form `( PC: 04400)  ( R4: 01234)  ( R8: 0ffff)  (R12: 0ffff)`.
fn parse_registers(lines: &[String]) -> Option<[u16; 16]> {
    let mut registers = [None; 16];
    for part in lines.iter().flat_map(|line| line.split('(')) {
        let Some((name, value)) = part.split_once(": ") else {
            continue;
        };
        let number = match name.trim() {
            "PC" => Some(0),
            "SP" => Some(1),
            "SR" => Some(2),
            name => name.strip_prefix('R').and_then(|n| n.parse().ok()),
        };
        let value = value.split(')').next().and_then(|v| u16::from_str_radix(v, 16).ok());
        if let Some(slot) = number.and_then(|n: usize| registers.get_mut(n)) {
            *slot = value;
        }
    }
    let complete: Option<Vec<u16>> = registers.into_iter().collect();
    complete?.try_into().ok()
}

/// A line of the form `    01d00: 11 22 33 |.."3|`.
fn parse_dump(line: &str) -> Option<Vec<u8>> {
    let (address, rest) = line.split_once(": ")?;
    u16::from_str_radix(address.trim(), 16).ok()?;
    let hex = rest.split('|').next()?;
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}
