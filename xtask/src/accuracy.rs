//! Float and integer accuracy on the public test sets.

use freeml_compiler::data::Dataset;
use freeml_compiler::{compile, evaluate, float_graph};

use crate::nets::NETS;
use crate::table::{Table, grouped, percent};

/// Points that an integer network may lose.
const MOST_LOST: f64 = 0.5;

/// Measures all networks; an error if one loses too much.
pub fn run() -> anyhow::Result<()> {
    let mut table = Table::new(&[
        "net",
        "test samples",
        "float %",
        "integer %",
        "difference",
        "tables, B",
        "state, B",
        "MAC",
    ]);
    let mut too_much = Vec::new();
    for net in NETS {
        let options = net.options();
        let (graph, program) = (&float_graph(&options)?, &compile(&options)?.program);
        let test = Dataset::read(&options, &net.test_set(), graph.input_shape(), graph.classes())?;
        let samples = test.samples.len();
        let float = percent(evaluate::correct_float(graph, &test), samples);
        let integer = percent(evaluate::correct(program, &test), samples);
        if float - integer > MOST_LOST {
            too_much.push(net.name);
        }
        table.row(vec![
            format!("`{}`", net.name),
            samples.to_string(),
            format!("{float:.2}"),
            format!("{integer:.2}"),
            format!("{:+.2}", integer - float),
            grouped(program.table_bytes() as u64),
            grouped(program.state_bytes as u64),
            grouped(program.macs().into()),
        ]);
    }
    table.publish(
        "accuracy",
        "Accuracy of the integer networks",
        "cargo xtask bench accuracy",
        "Uncompressed networks, 8-bit weights, on the public test sets of `../shared/data`, by the \
         kernels that the device runs. Ranges are calibrated on 128 samples of the train sets. \
         Tables are weights, biases and multipliers; state is what survives a power failure: the \
         header and the activation arena. A positive difference is in favour of the integer \
         network.",
    )?;
    anyhow::ensure!(too_much.is_empty(), "more than {MOST_LOST} points lost by {too_much:?}");
    Ok(())
}
