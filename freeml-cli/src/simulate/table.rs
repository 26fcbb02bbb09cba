//! The tables that `simulate` prints.

use std::fmt::Write as _;

use freeml_compiler::program::Program;
use freeml_harvest::{Outcome, Setup};

use super::Choice;

/// What is simulated: an inference, the harvested power and a charge of the capacitor.
pub fn setting(setup: &Setup, program: &Program) -> String {
    let Setup { device, capacitor, trace, .. } = setup;
    let cycles: u32 = program.predicted_cycles().sum();
    let joules = f64::from(cycles) * device.cycle;
    let charge = capacitor.usable();
    format!(
        "  an inference takes {:.3} M cycles in {} steps: {:.3} mJ, {:.3} s\n  \
         a charge of {:.0} uF from {} V to {} V is {:.3} mJ: {:.2} of an inference\n  \
         {:.3} mW are harvested in the mean, {:.3} mW drawn by the running processor\n",
        f64::from(cycles) / 1e6,
        program.signature.steps,
        joules * 1e3,
        device.seconds(cycles),
        capacitor.farads * 1e6,
        capacitor.turn_on,
        capacitor.brown_out,
        charge * 1e3,
        charge / joules,
        trace.mean() * 1e3,
        device.active() * 1e3,
    )
}

/// A figure of an outcome, and how it is called.
type Figure = (&'static str, fn(&Outcome) -> String);

const FIGURES: [Figure; 28] = [
    ("answers per hour", |outcome| format!("{:.1}", outcome.answers_per_hour())),
    ("correct answers per hour", |outcome| match outcome.accuracy() {
        Some(_) => format!("{:.1}", outcome.correct_per_hour()),
        None => "-".into(),
    }),
    ("accuracy, %", |outcome| optional(outcome.accuracy().map(|share| share * 100.0), 2)),
    ("latency, mean, s", |outcome| optional(outcome.latency().map(|latency| latency.mean), 3)),
    ("  median, s", |outcome| optional(outcome.latency().map(|latency| latency.median), 3)),
    ("  95 of 100 within, s", |outcome| optional(outcome.latency().map(|latency| latency.p95), 3)),
    ("exits", exits),
    ("hours", |outcome| format!("{:.2}", outcome.seconds / 3600.0)),
    ("  of them on, %", |outcome| format!("{:.2}", outcome.on * 100.0 / outcome.seconds)),
    ("answers", |outcome| outcome.answers.len().to_string()),
    ("  samples dropped", |outcome| outcome.dropped.to_string()),
    ("turn-ons", |outcome| outcome.boots.to_string()),
    ("power failures", |outcome| outcome.failures.to_string()),
    ("steps", |outcome| outcome.steps.to_string()),
    ("  interrupted", |outcome| outcome.interrupted.to_string()),
    ("harvested, mJ", |outcome| millis(outcome.ledger.harvested)),
    ("  full capacitor, lost", |outcome| millis(outcome.ledger.overflow)),
    ("  leaked", |outcome| millis(outcome.ledger.leaked)),
    ("  left, less the initial", |outcome| millis(outcome.ledger.stored - outcome.ledger.initial)),
    ("  used", |outcome| millis(outcome.ledger.used)),
    ("used for steps, mJ", |outcome| millis(outcome.uses.steps)),
    ("  boots", |outcome| millis(outcome.uses.boot)),
    ("  samples", |outcome| millis(outcome.uses.sample)),
    ("  answers", |outcome| millis(outcome.uses.answer)),
    ("  sleep", |outcome| millis(outcome.uses.sleep)),
    ("  work that is repeated", |outcome| millis(outcome.uses.lost)),
    ("used per answer, mJ", |outcome| optional(outcome.energy_per_answer().map(|e| e * 1e3), 4)),
    ("harvested per answer, mJ", |outcome| {
        let answers = u32::try_from(outcome.answers.len()).unwrap_or(u32::MAX);
        let energy = outcome.ledger.harvested * 1e3 / f64::from(answers);
        optional((answers > 0).then_some(energy), 4)
    }),
];

/// All figures, a column for each policy.
pub fn outcomes(outcomes: &[(&Choice, Outcome)]) -> String {
    let mut rows = vec![vec!["policy".to_owned()]];
    rows[0].extend(outcomes.iter().map(|(choice, _)| choice.to_string()));
    for (name, figure) in FIGURES {
        let mut row = vec![name.to_owned()];
        row.extend(outcomes.iter().map(|(_, outcome)| figure(outcome)));
        rows.push(row);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..=outcomes.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let _ = write!(text, "{:width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
    text
}

/// Answers of each exit, as `3/12/40`.
fn exits(outcome: &Outcome) -> String {
    let exits: Vec<String> = outcome.exits().iter().map(ToString::to_string).collect();
    if exits.is_empty() { "-".into() } else { exits.join("/") }
}

fn millis(joules: f64) -> String {
    format!("{:.3}", joules * 1e3)
}

fn optional(value: Option<f64>, places: usize) -> String {
    value.map_or("-".into(), |value| format!("{value:.places$}"))
}
