//! One firmware crate: how it compiles its network, and whether it computes what the host does.

use anyhow::{Context as _, anyhow, ensure};
use freeml_cli::scan::Scan;
use freeml_compiler::artefact::Found;
use freeml_compiler::data::Dataset;
use freeml_compiler::prepare::Job;
use freeml_compiler::program::Program;
use freeml_compiler::{Compiled, Options, compile, evaluate};
use freeml_sim::Elf;

use super::baseline::Figures;
use super::simulate::{self, Run};
use super::trace::Trace;
use super::{build, symbols};
use crate::nets::root;
use crate::table::grouped;

/// Inputs that each firmware is tested on.
const INPUTS: usize = 20;

/// Power failures in each of their inferences.
const FAILURES: u64 = 50;

/// Bytes that the deepest path may use of the stack.
const MOST_STACK: u64 = 256;

/// A firmware crate that runs one network on `SAMPLE`.
#[derive(Debug, Clone, Copy)]
pub struct Firmware {
    /// The crate.
    pub name: &'static str,
    /// Stem of its samples in examples/data.
    pub samples: &'static str,
}

/// A firmware that computes what the host does.
pub struct Tested {
    /// The program.
    pub elf: Elf,
    /// Its network.
    pub compiled: Compiled,
    /// The first of its samples, which all below is about.
    pub sample: Vec<i16>,
    /// Logits.
    pub logits: Vec<i16>,
    /// Cycles of the steps.
    pub trace: Trace,
    /// Cycles and bytes.
    pub figures: Figures,
}

impl Firmware {
    /// The options of its macro call, so that firmware and host compile the same. An error if
    /// the files are not there that they name, or if compression is still to be done, which
    /// takes minutes.
    pub fn options(&self) -> anyhow::Result<Options> {
        let directory = root().join("examples/firmware").join(self.name);
        let mut scan = Scan::new(&directory);
        scan.target(&directory.join("src/main.rs"));
        let call = scan.calls.pop().with_context(|| format!("{} has no network", self.name))?;
        let options = call
            .arguments
            .and_then(|arguments| arguments.options(&directory))
            .map_err(|error| anyhow!("{}: {error}", call.place))?;
        let found = Job::new(&options)
            .and_then(|job| job.find())
            .map_err(|error| anyhow!("{}: {error}", call.place))?;
        ensure!(
            !options.trains() || matches!(found, Found::Fits(..)),
            "{}: {found}; run `cargo freeml prepare -p {}` in examples/firmware",
            call.place,
            self.name
        );
        Ok(options)
    }

    /// Runs the firmware with and without power failures on real samples, and compares its
    /// logits with the host's.
    pub fn test(&self, options: &Options) -> anyhow::Result<Tested> {
        self.run(options).with_context(|| format!("firmware {}", self.name))
    }

    /// Samples of the public test set that the network of `tested` gets right, and all of them.
    pub fn accuracy(&self, options: &Options, tested: &Tested) -> anyhow::Result<[usize; 2]> {
        let program = &tested.compiled.program;
        let path = root().join("../shared/data").join(self.samples).with_extension("npz");
        let (shape, classes) = (program.input_shape(), program.classes());
        let data = Dataset::read(options, &path, shape, classes.into())?;
        Ok([evaluate::correct(program, &data), data.samples.len()])
    }

    fn run(&self, options: &Options) -> anyhow::Result<Tested> {
        let elf = build::elf(self.name)?;
        let compiled = compile(options)?;
        let Compiled { program, sources, .. } = &compiled;
        for source in sources {
            let file = source.file_name().unwrap_or_default().to_string_lossy();
            ensure!(build::depends_on(self.name, &file)?, "a change of {file} does not rebuild");
        }
        symbols::check(&elf)?;
        symbols::check_constants(&elf, program)?;
        let path = format!("../../data/{}.npz", self.samples);
        let (shape, classes) = (program.input_shape(), program.classes());
        let data = Dataset::read(options, path.as_ref(), shape, classes.into())?;
        ensure!(data.samples.len() >= INPUTS, "there are less than {INPUTS} samples");
        let samples = data.samples.iter().take(INPUTS).enumerate();
        let runs = samples.map(|(index, sample)| self.compare(&elf, program, index, sample));
        let mut runs = runs.collect::<anyhow::Result<Vec<_>>>()?;
        let Run { logits, report, progress } = runs.swap_remove(0);
        let trace = Trace::new(&progress, program.signature.steps)?;
        let figures = Figures::new(&elf, &report, &trace)?;
        ensure!(figures.stack <= MOST_STACK, "the stack is {} bytes deep", figures.stack);
        Ok(Tested { elf, compiled, sample: data.samples[0].clone(), logits, trace, figures })
    }

    /// The inference of `sample` without failures, its logits being those of the host and of one
    /// with failures.
    fn compare(
        &self,
        elf: &Elf,
        program: &Program,
        index: usize,
        sample: &[i16],
    ) -> anyhow::Result<Run> {
        let expected = evaluate::logits(program, sample);
        let steady = simulate::run(elf, sample, None)?;
        ensure!(
            steady.logits == expected,
            "sample {index}: the device gives {:?}, the host {expected:?}",
            steady.logits
        );
        // Half the mean distance that would be needed, so that all of them happen.
        let mean = steady.report.cycles / (2 * FAILURES);
        let seed = 1000 + index as u64;
        let broken = simulate::run(elf, sample, Some((seed, mean, FAILURES)))?;
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
        Ok(steady)
    }
}
