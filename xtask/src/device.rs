//! Firmware examples on the simulator: results under power failures, cycles and bytes.

mod baseline;
mod build;
mod simulate;
mod symbols;

use anyhow::{Context as _, ensure};
use freeml_compiler::data::Dataset;
use freeml_compiler::{Compiled, Options, compile, evaluate};
use freeml_sim::Elf;

use crate::nets::root;
use crate::table::{Table, grouped};
use baseline::Figures;

/// A firmware crate that runs one network on `SAMPLE`.
struct Firmware {
    /// The crate.
    name: &'static str,
    /// Stem of its model.
    model: &'static str,
    /// Stem of its samples in examples/data.
    samples: &'static str,
}

const FIRMWARE: [Firmware; 2] = [
    Firmware { name: "kws_dscnn", model: "kws_dscnn", samples: "kws_test" },
    Firmware { name: "resnet_tiny", model: "resnet_tiny_cifar10", samples: "cifar10_test" },
];

/// Inputs that each firmware is tested on.
const INPUTS: usize = 20;

/// Power failures in each of their inferences.
const FAILURES: u64 = 50;

/// Bytes that the deepest path may use of the stack.
const MOST_STACK: u64 = 256;

/// Tests all firmware and compares it with the baseline, or writes that.
pub fn run(bless: bool) -> anyhow::Result<()> {
    build::firmware()?;
    let mut table = Table::new(&[
        "firmware",
        "cycles",
        "s at 8 MHz",
        "cycles / MAC",
        ".text, B",
        "tables, B",
        "state, B",
        "RAM, B",
        "peak stack, B",
    ]);
    let mut all = Vec::new();
    for firmware in &FIRMWARE {
        let (figures, macs) =
            firmware.measure().with_context(|| format!("firmware {}", firmware.name))?;
        table.row(figures.row(firmware.name, macs));
        all.push((firmware.name, figures));
    }
    if bless {
        table.publish(
            "device",
            "Firmware on the simulated MSP430FR5994",
            "cargo xtask device --bless",
            "Cycles of one inference by the CPUX tables, without FRAM wait states (none at 8 MHz), \
             start-up and console output included. `.text` is the whole code; tables are weights, \
             biases, multipliers and descriptors; state is the `.freeml` section; RAM is `.data` \
             and `.bss`.",
        )?;
        return baseline::write(&all);
    }
    baseline::compare(&all)
}

impl Firmware {
    fn options(&self) -> Options {
        // Paths as in the firmware's own invocation, so that both compile the same.
        let directory = root().join("examples/firmware").join(self.name);
        let mut options = Options::new(directory, format!("../../../models/{}.onnx", self.model));
        options.name = Some("Net".into());
        options.compress = None;
        options
    }

    /// Runs the firmware with and without power failures on real samples.
    fn measure(&self) -> anyhow::Result<(Figures, u32)> {
        let bytes = std::fs::read(build::elf_path(self.name))?;
        symbols::check(&bytes)?;
        for file in [format!("{}.onnx", self.model), format!("{}.npz", self.model)] {
            ensure!(build::depends_on(self.name, &file)?, "a change of {file} does not rebuild");
        }
        let elf = Elf::load(&bytes)?;
        let options = self.options();
        let Compiled { program, .. } = compile(&options)?;
        let path = format!("../../data/{}.npz", self.samples);
        let (shape, classes) = (program.input_shape(), program.classes());
        let data = Dataset::read(&options, path.as_ref(), shape, classes.into())?;
        let mut figures = None;
        for (index, sample) in data.samples.iter().take(INPUTS).enumerate() {
            let expected = evaluate::logits(&program, sample);
            let steady = simulate::run(&elf, sample, None)?;
            ensure!(
                steady.logits == expected,
                "sample {index}: the device gives {:?}, the host {expected:?}",
                steady.logits
            );
            // Half the mean distance that would be needed, so that all of them happen.
            let mean = steady.report.cycles / (2 * FAILURES);
            let seed = 1000 + index as u64;
            let broken = simulate::run(&elf, sample, Some((seed, mean, FAILURES)))?;
            ensure!(
                broken.logits == expected,
                "sample {index}: after power failures (seed {seed}) the device gives {:?}, not \
                 {expected:?}",
                broken.logits
            );
            ensure!(broken.report.failures == FAILURES, "sample {index}: too few power failures");
            println!(
                "{}: sample {index}: {} cycles, {} failures survived",
                self.name,
                grouped(steady.report.cycles),
                broken.report.failures
            );
            figures.get_or_insert_with(|| Figures::new(&elf, &steady.report));
        }
        let figures = figures.context("there are no samples")?;
        ensure!(figures.stack <= MOST_STACK, "the stack is {} bytes deep", figures.stack);
        Ok((figures, program.macs()))
    }
}
