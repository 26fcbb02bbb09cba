//! Cycles of each layer.

use freeml_compiler::program::PlannedLayer;

use super::document::{Measured, change, ratio};
use crate::table::{Table, grouped};

const NOTES: &str = "\
Shapes are those of results, channels x rows x columns. A MAC is a kept weight at a position. Predicted are
the cycles by the compiler's cost model, which sizes steps; its difference is in percent of the simulated ones.
Cost of steps is that of the layer, by the layer in a single step, as above.
";

/// The section of all layers.
pub fn section(all: &[Measured]) -> String {
    let layers = |measured: &Measured| {
        format!("\n### `{}`\n\n{}", measured.name, table(measured).markdown())
    };
    format!("## Layers\n\n{NOTES}{}", all.iter().map(layers).collect::<String>())
}

fn table(measured: &Measured) -> Table {
    let mut table = Table::new(&[
        "layer",
        "kernel",
        "shape",
        "kept weights",
        "MAC",
        "cycles",
        "cycles / MAC",
        "predicted",
        "difference, %",
        "steps",
        "longest step",
        "cost of steps, %",
    ]);
    let Measured { tested, whole, .. } = measured;
    let program = &tested.compiled.program;
    let outside = |name: &str, cycles| {
        let cells = [name, "", "", "", "", &grouped(cycles), "", "", "", "", "", ""];
        cells.map(str::to_owned).to_vec()
    };
    table.row(outside("start-up, sample", tested.trace.begin()));
    for ((layer, predicted), whole) in
        program.layers.iter().zip(program.predicted_cycles()).zip(whole)
    {
        let cycles: u64 = tested.trace.layer(layer).sum();
        table.row(vec![
            format!("`{}`", layer.name),
            layer.kernel.name().into(),
            shape(layer),
            grouped(layer.kept_weights() as u64),
            grouped(layer.macs.into()),
            grouped(cycles),
            per_mac(cycles, layer.macs),
            grouped(predicted.into()),
            change(predicted.into(), cycles),
            grouped(layer.kernel.steps().into()),
            grouped(tested.trace.layer(layer).max().unwrap_or(0)),
            change(cycles, *whole),
        ]);
    }
    table.row(outside("answer, console", tested.figures.cycles - tested.trace.end()));
    table
}

fn shape(layer: &PlannedLayer) -> String {
    let tensor = layer.kernel.output().tensor;
    format!("{}x{}x{}", tensor.channels, tensor.height, tensor.width)
}

fn per_mac(cycles: u64, macs: u32) -> String {
    if macs == 0 { String::new() } else { format!("{:.1}", ratio(cycles, macs.into())) }
}
