//! The document of all firmware: docs/results/device.md.

use super::CIFAR10_S;
use super::burst::Bursts;
use super::firmware::Tested;
use super::{layers, peers};
use crate::table::{self, Table, grouped, percent};

/// What a firmware is and costs.
pub struct Measured {
    /// The crate.
    pub name: &'static str,
    /// Multiply-accumulates of the float network.
    pub float_macs: u64,
    /// Samples of the public test set that it gets right, and all of them.
    pub accuracy: [usize; 2],
    /// One inference.
    pub tested: Tested,
    /// Cycles between the kernels of the steps.
    pub between: u64,
    /// Energy bursts that are enough.
    pub bursts: Bursts,
    /// Cycles of each layer computed in one step.
    pub whole: Vec<u64>,
}

/// Energy of a cycle: 118 uA a MHz at 3 V.
const PICOJOULES: f64 = 354.0;

const MISSING: &str = "\
`cifar10_s` is missing here: its model, which is not in the repository, was not beside it.

";

const NOTES: &str = "\
Every firmware gives the host's logits on 20 inputs, with and without 50 random power failures each.
Cycles are those of one inference of the first input by the CPUX tables, without FRAM wait states (none
at 8 MHz), start-up and console output included. Energy assumes 118 uA/MHz at 3 V, 354 pJ a cycle: an
assumption, nothing is measured on silicon, and none is counted for recharging or FRAM writes. MAC are
those of the weights that are kept. A step is what a power failure costs at most.

**Commits** are the cycles outside the kernels while steps are computed: storing the progress, asking the policy and
finding the next step's layer. They are in percent of the cycles inside. The set-up of a kernel counts as inside.

**Cost of steps** is what cutting layers into steps adds in all, in percent of the steps of a firmware that is
compiled with the same addresses and a single step for each layer. It contains the commits, the set-up of kernels
for each step, and what sparse layers decode again because a step is only a block of their positions or a part
of their channels. With a single step for every layer the compiler drops the search for the place of a step, so
layers of one step show a cost, too. Without blocks, sparse layers overwrite operands they still need: cycles are
measured there, which hardly depend on the numbers, and no results.

**Smallest burst** is the least number of cycles between power failures, always the same number, with which an
inference still ends, by simulation: a cycle less and it never does. The sample is taken in without
steps, and anew after each failure, so its copying has a burst of its own; the inference needs the larger
of the two. The logits are the host's with it.
";

const SIZE_NOTES: &str = "\
`.text` is the whole code; tables are `.rodata` without the sample: weights, biases, multipliers,
descriptors and the texts of the console; state is the `.freeml` section; FRAM is all of these, the sample and
the values of `.data`; RAM is `.data` and `.bss`. Right answers are those of the host, by the same kernels, for the
public test sets in `../shared/data`.
";

/// Writes the document of all firmware.
pub fn publish(all: &[Measured]) -> anyhow::Result<()> {
    let missing =
        if all.iter().any(|measured| measured.name == CIFAR10_S.name) { "" } else { MISSING };
    let (costs, sizes) = (costs(all).markdown(), sizes(all).markdown());
    let (layers, peers) = (layers::section(all), peers::section(all));
    let body =
        format!("{costs}\n{missing}{NOTES}\n## Bytes\n\n{sizes}\n{SIZE_NOTES}\n{layers}\n{peers}");
    let title = "Firmware on the simulated MSP430FR5994";
    table::publish("device", title, "cargo xtask bench device", &body)
}

fn costs(all: &[Measured]) -> Table {
    let mut table = Table::new(&[
        "firmware",
        "cycles",
        "s at 8 MHz",
        "mJ",
        "cycles / MAC",
        "steps",
        "longest step, cycles",
        "ms",
        "commits, %",
        "cost of steps, %",
        "smallest burst for the sample, cycles",
        "uJ",
        "for the steps, cycles",
        "uJ",
    ]);
    for Measured { name, tested, between, bursts, whole, .. } in all {
        let program = &tested.compiled.program;
        let (cycles, longest) = (tested.figures.cycles, tested.trace.longest());
        let steps = tested.trace.cycles();
        table.row(vec![
            format!("`{name}`"),
            grouped(cycles),
            seconds(cycles),
            millijoules(cycles),
            format!("{:.1}", ratio(cycles, program.macs().into())),
            grouped(program.signature.steps.into()),
            grouped(longest),
            milliseconds(longest),
            format!("{:.2}", ratio(*between, steps - between) * 100.0),
            change(steps, whole.iter().sum()),
            grouped(bursts.start),
            microjoules(bursts.start),
            grouped(bursts.steps),
            microjoules(bursts.steps),
        ]);
    }
    table
}

fn sizes(all: &[Measured]) -> Table {
    let mut table = Table::new(&[
        "firmware",
        ".text",
        "tables",
        "state",
        "FRAM",
        "RAM",
        "peak stack",
        "right, %",
        "of test samples",
    ]);
    for Measured { name, tested, accuracy: [correct, samples], .. } in all {
        let figures = &tested.figures;
        let bytes =
            [figures.text, figures.tables, figures.state, figures.fram, figures.ram, figures.stack];
        let right = format!("{:.2}", percent(*correct, *samples));
        let cells = [bytes.map(grouped).to_vec(), vec![right, grouped(*samples as u64)]].concat();
        table.row([vec![format!("`{name}`")], cells].concat());
    }
    table
}

/// Seconds at 8 MHz.
pub fn seconds(cycles: u64) -> String {
    format!("{:.3}", ratio(cycles, 8_000_000))
}

/// Milliseconds at 8 MHz.
pub fn milliseconds(cycles: u64) -> String {
    format!("{:.2}", ratio(cycles, 8_000))
}

/// Energy by the assumption of the notes.
pub fn millijoules(cycles: u64) -> String {
    format!("{:.2}", ratio(cycles, 1_000_000_000) * PICOJOULES)
}

fn microjoules(cycles: u64) -> String {
    format!("{:.2}", ratio(cycles, 1_000_000) * PICOJOULES)
}

/// From `before` to `now` in percent.
pub fn change(now: u64, before: u64) -> String {
    format!("{:+.1}", (ratio(now, before) - 1.0) * 100.0)
}

/// `part` divided by `whole`.
#[allow(clippy::cast_precision_loss, reason = "counts are small")]
pub fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
