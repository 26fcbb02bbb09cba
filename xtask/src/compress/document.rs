//! `compression.md` and its plots, from the finished runs.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context as _;
use freeml_harvest::plot::Curve;

use super::freeml::SERIES;
use super::record::{Answers, Outcome, Reached, Record, Results};
use super::runs::{ABLATION, ABLATION_DROP, CURVES, Goal, Variant};
use super::targets::{Point, TARGETS, Target};
use crate::table::{Table, grouped, percent};

const INTRODUCTION: &str = "\
How the method works is told in [compression](../compression.md). Bytes are those of all constants
on the device, tables and descriptors. Accuracies are on the public test sets of `../shared/data`; no
run trains on them or chooses by them, but the constants of the method were settled with such figures
in sight. Integer ones are by the kernels that the device runs. Kept weights are those in the tables, density is their share of the float network's weights. Seconds are
those of the compression, on all threads.";

const LAYERS: &str = "\
Weights are those of the layer in the float network; for a link (`.in`, `.core`, `.out`) of a
separated layer those between the units that are left. Positions are outputs of one channel before
pooling: as often is each weight used in one inference.";

const FREEML: &str = "\
FreeML's points were measured with its own code (<https://github.com/BASHLab/FreeML>, commit
7269050, [arXiv 2405.10426](https://arxiv.org/abs/2405.10426)) on the same networks and data: 10
epochs per step, selection on a tenth of the train set, one seed, every step recorded. Bytes are the
arrays that its `conversion.py` emits, 16 bits of value and 16 of index per kept weight, without
structs and layer table. Accuracies are those of its float weights, as its fixed-point format is not
published; rounding costs most of them some more. The last column is the smallest of the runs above that is at
least as accurate.";

const ABLATIONS: &str = "\
The smallest network that the search finds within a loss of validation accuracy, with one part of
the method left out or changed. Ranking by magnitude still divides by what a weight costs. Separation
only has full ranks cut to the same share in the two layers with the most weights. With feedback,
weights that are given up go on learning. A quarter of the usual steps, one seed and a few hundred
validation samples: differences of a tenth say little.";

/// Writes the document and the plots beside the runs.
pub fn write(results: &Results) -> anyhow::Result<()> {
    let mut text = format!("# Compression of the public networks\n\n{}\n", made(results));
    let _ = write!(text, "\n{INTRODUCTION}\n");
    let limit = |target: &Target| target.limit;
    section(&mut text, "Targets", "", targets(results, limit).as_ref());
    let stretch = targets(results, |target| target.stretch);
    section(&mut text, "Stretch targets", "", stretch.as_ref());
    for (net, _) in CURVES {
        curve(&mut text, results, net)?;
    }
    let drop = format!("Budget: {ABLATION_DROP} on validation.\n\n{ABLATIONS}");
    for net in ABLATION {
        section(
            &mut text,
            &format!("Parts of the method, `{net}`"),
            &drop,
            ablation(results, net).as_ref(),
        );
    }
    for target in &TARGETS {
        let goal = Goal::Bytes(target.limit.bytes);
        let Some(record) = results.at(target.net, Variant::Full, goal) else { continue };
        let Some(reached) = record.reached() else { continue };
        let title = format!("Layers of `{}` at {goal}", target.net);
        section(&mut text, &title, "", Some(&layers(reached)));
    }
    let _ = write!(text, "\n{LAYERS}\n");
    save(results, "compression.md", &text)
}

/// Appends a section, if there is a table.
fn section(text: &mut String, title: &str, notes: &str, table: Option<&Table>) {
    let Some(table) = table else { return };
    let _ = write!(text, "\n## {title}\n\n");
    if !notes.is_empty() {
        let _ = write!(text, "{notes}\n\n");
    }
    text.push_str(&table.markdown());
}

/// The command, and when and on what the runs were made.
fn made(results: &Results) -> String {
    let mut made: Vec<&str> = results.records.iter().map(|record| record.made.as_str()).collect();
    made.sort_unstable();
    made.dedup();
    let parts = "`cargo xtask bench compress`, with `--stretch`, `--curves` and `--ablation`";
    format!("{parts}; {}.", made.join("; "))
}

/// The runs at one point of each network; `None` if there are none.
fn targets(results: &Results, point: impl Fn(&Target) -> Point) -> Option<Table> {
    let mut table = Table::new(&[
        "net",
        "budget, B",
        "bytes",
        "kept",
        "of weights",
        "density %",
        "separated",
        "float %",
        "integer %",
        "target %",
        "s",
        "limit, s",
        "holds",
    ]);
    let mut rows = 0;
    for target in &TARGETS {
        let point = point(target);
        let Some(record) = results.at(target.net, Variant::Full, Goal::Bytes(point.bytes)) else {
            continue;
        };
        rows += 1;
        let net = format!("`{}`", target.net);
        let budget = grouped(point.bytes.into());
        let holds = if target.misses(&point, record).is_empty() { "yes" } else { "**no**" };
        let mut row = vec![net, budget];
        row.extend(match &record.outcome {
            Outcome::Reached(reached) => {
                let accuracies = [reached.test.float_accuracy(), reached.test.accuracy()];
                let mut cells = sizes(reached);
                cells.push(separated(reached));
                cells.extend(accuracies.map(|percent| format!("{percent:.2}")));
                cells
            }
            Outcome::Failed(_) => vec!["none".into(); 7],
        });
        row.extend([format!("{:.1}", point.accuracy), record.seconds.to_string()]);
        row.extend([target.seconds.to_string(), holds.into()]);
        table.row(row);
    }
    (rows > 0).then_some(table)
}

/// Bytes, kept weights, all weights, density.
fn sizes(reached: &Reached) -> Vec<String> {
    let Reached { bytes, kept, weights, .. } = *reached;
    let numbers = [bytes, kept, weights].map(|number| grouped(number as u64));
    let mut cells = numbers.to_vec();
    cells.push(format!("{:.2}", percent(kept, weights)));
    cells
}

fn separated(reached: &Reached) -> String {
    if reached.separated.is_empty() { "none".into() } else { reached.separated.join(", ") }
}

/// Appends the runs of `net` along its budgets, its plot and FreeML's points.
fn curve(text: &mut String, results: &Results, net: &str) -> anyhow::Result<()> {
    let reached = || results.curve(net).filter_map(Record::reached);
    let Some(Reached { test, .. }) = reached().next() else { return Ok(()) };
    let (float, title) = (test.float_accuracy(), format!("{net}: accuracy over bytes"));
    let mut ours: Vec<(usize, f64)> =
        reached().map(|reached| (reached.bytes, reached.test.accuracy())).collect();
    ours.sort_by_key(|(bytes, _)| *bytes);
    let low = lowest(&ours, float);
    let file = format!("compression_{net}.svg");
    let reference = format!("float network, {float:.2} %");
    save(results, &file, &plot(&title, net, low, (float, &reference), &ours).svg())?;
    let notes = format!("![{title}]({file})\n\nLess than {low:.0} % is not drawn.");
    let budgets = budgets(results, net);
    section(text, &format!("Size and accuracy of `{net}`"), &notes, Some(&budgets));
    let _ = write!(text, "\n{FREEML}\n\n{}", freeml(net, &ours).markdown());
    Ok(())
}

/// The runs of `net` along its budgets.
fn budgets(results: &Results, net: &str) -> Table {
    let mut table = Table::new(&[
        "budget",
        "bytes",
        "kept",
        "of weights",
        "density %",
        "separated",
        "validation %",
        "test %",
        "MAC",
        "s",
    ]);
    for record in results.curve(net) {
        let mut row = vec![record.goal.to_string()];
        row.extend(match &record.outcome {
            Outcome::Reached(reached) => {
                let Reached { validation, test, macs, .. } = reached;
                let accuracies = [validation, test].map(Answers::accuracy);
                let mut cells = sizes(reached);
                cells.push(separated(reached));
                cells.extend(accuracies.map(|percent| format!("{percent:.2}")));
                cells.push(grouped((*macs).into()));
                cells
            }
            Outcome::Failed(_) => vec!["none".into(); 8],
        });
        row.push(record.seconds.to_string());
        table.row(row);
    }
    table
}

/// Percent at the bottom of a plot: well below the worst of `ours`, so that some of the others'
/// points are seen, too, but not so far that good ones look alike.
fn lowest(ours: &[(usize, f64)], float: f64) -> f64 {
    let worst = ours.iter().fold(float, |worst, (_, percent)| worst.min(*percent));
    ((worst.min(float - 10.0) - 5.0).max(float - 40.0) / 5.0).floor() * 5.0
}

fn plot<'p>(
    title: &'p str,
    net: &str,
    low: f64,
    reference: (f64, &'p str),
    ours: &[(usize, f64)],
) -> Curve<'p> {
    #[allow(clippy::cast_precision_loss, reason = "some thousand bytes")]
    let ours = ours.iter().map(|&(bytes, percent)| (bytes as f64, percent)).collect();
    let mut series = vec![("freeml", ours)];
    for other in SERIES.iter().filter(|series| series.net == net) {
        let points = other.points.iter().rev();
        series.push((other.name, points.map(|&(bytes, y)| (bytes.into(), y)).collect()));
    }
    Curve {
        title,
        cost: "bytes of constants on the device (logarithmic)",
        number: whole,
        low,
        reference: Some(reference),
        series,
    }
}

/// A number of bytes, which is whole.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousand bytes")]
fn whole(bytes: f64) -> String {
    grouped(bytes.round() as u64)
}

/// FreeML's points for `net`, each with the smallest of `ours` that is no worse.
fn freeml(net: &str, ours: &[(usize, f64)]) -> Table {
    let mut table = Table::new(&["configuration", "bytes", "test %", "as good here, B"]);
    for series in SERIES.iter().filter(|series| series.net == net) {
        for &(bytes, percent) in series.points {
            let no_worse = ours.iter().filter(|(_, found)| *found >= percent);
            let least = no_worse.map(|(bytes, _)| *bytes).min();
            let least = least.map_or("none".into(), |bytes| grouped(bytes as u64));
            let (bytes, percent) = (grouped(bytes.into()), format!("{percent:.2}"));
            table.row(vec![series.name.into(), bytes, percent, least]);
        }
    }
    table
}

/// The variants of `net`; `None` if none was run.
fn ablation(results: &Results, net: &str) -> Option<Table> {
    let at = |variant| results.at(net, variant, ABLATION_DROP);
    let full = at(Variant::Full).and_then(Record::reached);
    let mut table = Table::new(&[
        "method",
        "bytes",
        "of full method's",
        "kept",
        "separated",
        "validation %",
        "test %",
        "s",
    ]);
    let mut rows = 0;
    for record in Variant::ALL.into_iter().filter_map(at) {
        rows += 1;
        let mut row = vec![record.variant.to_string()];
        row.extend(match &record.outcome {
            Outcome::Reached(reached) => {
                let Reached { bytes, kept, validation, test, .. } = reached;
                let share =
                    full.map_or("?".into(), |full| format!("{:.0} %", percent(*bytes, full.bytes)));
                let accuracies =
                    [validation, test].map(|answers| format!("{:.2}", answers.accuracy()));
                let mut cells = vec![grouped(*bytes as u64), share, grouped(*kept as u64)];
                cells.push(separated(reached));
                cells.extend(accuracies);
                cells
            }
            Outcome::Failed(_) => vec!["none".into(); 6],
        });
        row.push(record.seconds.to_string());
        table.row(row);
    }
    (rows > 0).then_some(table)
}

/// The layers of one network; the rest is descriptors and layers without weights.
fn layers(reached: &Reached) -> Table {
    let header = ["layer", "kept", "of weights", "density %", "encoding", "positions", "table, B"];
    let mut table = Table::new(&header);
    let mut rest = reached.bytes;
    for layer in &reached.layers {
        rest = rest.saturating_sub(layer.bytes);
        table.row(vec![
            format!("`{}`", layer.name),
            grouped(layer.kept as u64),
            grouped(layer.weights as u64),
            format!("{:.2}", percent(layer.kept, layer.weights)),
            layer.encoding.clone(),
            grouped(layer.positions as u64),
            grouped(layer.bytes as u64),
        ]);
    }
    let mut last = vec!["descriptors and others".to_owned()];
    last.extend(vec![String::new(); header.len() - 2]);
    last.push(grouped(rest as u64));
    table.row(last);
    table
}

fn save(results: &Results, name: &str, text: &str) -> anyhow::Result<()> {
    let path = results.directory.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}
