//! The firmware with early exits: its answers are those of the host under the same policy.

use anyhow::{Context as _, ensure};
use freeml_compiler::data::Dataset;
use freeml_compiler::exits::Fact;
use freeml_compiler::{Compiled, compile};
use freeml_core::{Answer, Confidence, EmulatedFram, Engine, Policy as _};
use freeml_sim::{Device, Elf, Limits, Machine, PowerSchedule, Stop};

use super::firmware::Firmware;
use super::{build, symbols};
use crate::nets::root;
use crate::table::grouped;

const ADAPTIVE: Firmware = Firmware { name: "adaptive", samples: "kws_test" };

/// Inputs, and power failures in each inference.
const INPUTS: usize = 20;
const FAILURES: u64 = 50;

/// Readings of the converter.
const READINGS: usize = 8;

/// Runs the firmware on full and on empty capacitors, with and without power failures.
pub fn run() -> anyhow::Result<()> {
    check().with_context(|| format!("firmware {}", ADAPTIVE.name))
}

fn check() -> anyhow::Result<()> {
    let Compiled { program, exits, .. } = compile(&ADAPTIVE.options()?)?;
    let elf = build::elf(ADAPTIVE.name)?;
    symbols::check(&elf)?;
    let path = root().join("examples/data").join(ADAPTIVE.samples).with_extension("npz");
    let shape = program.input_shape();
    let data = Dataset::read(&ADAPTIVE.options()?, &path, shape, program.classes().into())?;
    let mut at_exit = vec![0; exits.len() + 1];
    for (index, sample) in data.samples.iter().take(INPUTS).enumerate() {
        let mut fram = EmulatedFram::new(program.state_bytes, 0);
        let mut engine = Engine::attach(&program, &mut fram);
        engine.start(sample);
        // Without charge the first answer is the last.
        let first = engine.run(&mut |outlook: &freeml_core::Outlook<'_>| outlook.exit().is_none());
        let margins = margins(&exits);
        let sure = engine.run(&mut Confidence { margins: &margins }.at_exits());
        for (reading, expected) in [(u16::MAX, sure), (0, first)] {
            let expected = expected.context("no answer")?;
            let cycles = compare(&elf, sample, reading, PowerSchedule::none(), expected)?;
            let seed = 2000 + index as u64;
            let power = PowerSchedule::random(seed, cycles / (2 * FAILURES), FAILURES);
            compare(&elf, sample, reading, power, expected)
                .with_context(|| format!("sample {index}, power failures of seed {seed}"))?;
            at_exit[usize::from(expected.exit)] += 1;
        }
    }
    println!("{}: answers at each exit {at_exit:?}, all those of the host", ADAPTIVE.name);
    ensure!(at_exit.first() != Some(&0) && at_exit.last() != Some(&0), "not all is tested");
    Ok(())
}

/// The thresholds of the firmware.
fn margins(exits: &[Fact]) -> Vec<u32> {
    exits.iter().filter_map(|exit| exit.margins.first().copied()).collect()
}

/// Runs the firmware; its cycles, if it prints `expected`.
fn compare(
    elf: &Elf,
    sample: &[i16],
    reading: u16,
    mut power: PowerSchedule,
    expected: Answer,
) -> anyhow::Result<u64> {
    let mut machine = Machine::new(elf, Device::Fr5994)?;
    let bytes: Vec<u8> = sample.iter().map(|value| value.to_le_bytes()[0]).collect();
    machine.write_symbol("SAMPLE", &bytes)?;
    let readings: Vec<u8> =
        [reading; READINGS].iter().flat_map(|word| word.to_le_bytes()).collect();
    machine.write_symbol("READINGS", &readings)?;
    let stop = machine.run(&Limits::default(), &mut power)?;
    ensure!(stop == Stop::Done, "the firmware does not end: {stop:?}");
    let output = String::from_utf8_lossy(&machine.take_console()).into_owned();
    let Answer { class, exit, margin } = expected;
    let line = format!("class {class}, exit {exit}, margin {margin}");
    let printed = output.lines().rev().find_map(|text| text.find("class ").map(|at| &text[at..]));
    ensure!(printed == Some(&line), "the device gives {output:?}, the host `{line}`");
    let report = machine.report();
    println!("{}: {line}: {} cycles", ADAPTIVE.name, grouped(report.cycles));
    Ok(report.cycles)
}
