//! What others take for the same networks.

use freeml_compiler::graph::Op;
use freeml_compiler::program::PlannedLayer;
use freeml_compiler::{Options, float_graph};

use super::document::{Measured, millijoules, ratio, seconds};
use crate::table::{Table, grouped};

/// Cycles of a multiply-accumulate of dense bytes, for an estimate.
const DENSE_MAC: u64 = 12;

/// The firmware whose network SONIC was measured on.
const LENET: &str = "lenet";

/// LeNet-5 by SONIC: what, cycles, weights that are not zero, their bytes and those of the code.
const SONIC: [(&str, u64, Option<u64>, &str, &str); 2] = [
    ("SONIC's kernels, LeNet-5 at 3 % density", 18_990_367, Some(12_915), "52,000", ""),
    ("SONIC's own MNIST demo", 44_928_678, None, "46,780", "13,838"),
];

const SONIC_NOTES: &str = "\
SONIC's kernels (CMUAbstract/SONIC 9488c86, failure-safe, -O2) by clang 22 for 16-bit pointers, with the hardware
multiplier, on a simulator with the same CPUX tables. Both rows are sums of layers measured one by one, as
neither fits below 64 KiB. They count no start-up, no copying of the sample and no power failures. GCC is likely to
compile their 32-bit products better: with one function replaced by assembler they take a fifth to a quarter less.
Weights have 16 bits there and a commit follows every element; the weights of the 3 % row are random, so that
nothing is known of their accuracy. Our bytes of weights are all tables, and our code has start-up and console.
";

const DENSE_NOTES: &str = "\
The estimate is 12 cycles for each MAC of the float network, bytes times bytes with nothing around them: no code
does it here. MAC of results that a pool leaves out are counted.
";

/// The section of comparisons.
pub fn section(all: &[Measured]) -> String {
    let lenet = all.iter().find(|measured| measured.name == LENET);
    let sonic = lenet.map(|lenet| format!("{}\n{SONIC_NOTES}\n", sonic(lenet).markdown()));
    let (sonic, dense) = (sonic.unwrap_or_default(), dense(all).markdown());
    format!("## Comparison\n\n{sonic}{dense}\n{DENSE_NOTES}")
}

fn sonic(lenet: &Measured) -> Table {
    let mut table = Table::new(&[
        "digits of MNIST",
        "cycles",
        "s at 8 MHz",
        "mJ",
        "kept weights",
        "bytes of weights",
        "bytes of code",
    ]);
    let tested = &lenet.tested;
    let layers = &tested.compiled.program.layers;
    let kept: usize = layers.iter().map(PlannedLayer::kept_weights).sum();
    let cycles = |cycles| [grouped(cycles), seconds(cycles), millijoules(cycles)];
    let row = |what: &str, spent, rest: [String; 3]| {
        [&[what.to_owned()][..], &cycles(spent)[..], &rest[..]].concat()
    };
    let figures = &tested.figures;
    let rest = [kept as u64, figures.tables, figures.text].map(grouped);
    table.row(row("`lenet`", figures.cycles, rest));
    for (what, spent, kept, weights, code) in SONIC {
        let kept = kept.map(grouped).unwrap_or_default();
        table.row(row(what, spent, [kept, weights.into(), code.into()]));
    }
    table
}

fn dense(all: &[Measured]) -> Table {
    let mut table = Table::new(&[
        "firmware",
        "MAC of the float network",
        "dense, estimated cycles",
        "s at 8 MHz",
        "cycles here",
        "of the estimate",
    ]);
    for Measured { name, float_macs, tested, .. } in all {
        let (estimate, cycles) = (float_macs * DENSE_MAC, tested.figures.cycles);
        table.row(vec![
            format!("`{name}`"),
            grouped(*float_macs),
            grouped(estimate),
            seconds(estimate),
            grouped(cycles),
            format!("{:.2}", ratio(cycles, estimate)),
        ]);
    }
    table
}

/// Multiply-accumulates of the float network, those with padding included.
pub fn float_macs(options: &Options) -> anyhow::Result<u64> {
    let graph = float_graph(options)?;
    let macs = graph.nodes.iter().map(|node| match &node.op {
        Op::Conv(conv) => conv.weight.len() * node.shape.h * node.shape.w,
        Op::Dense(dense) => dense.weight.len(),
        _ => 0,
    });
    Ok(macs.sum::<usize>() as u64)
}
