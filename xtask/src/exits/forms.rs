//! Other forms of early exits, in float arithmetic.

use freeml_compiler::data::Dataset;
use freeml_compiler::exits::{self, Fit, Form, Grid, Inputs, Linear, Observed};
use freeml_compiler::program::Program;
use freeml_compiler::train::{Loss, Method};

/// FreeML's training (its notebooks): one exit drawn for each batch, plain descent.
const FREEML: Fit = Fit {
    rate: 5e-3,
    method: Method::Sgd { momentum: 0.9 },
    form: Form::Drawn,
    loss: Loss::LABELS,
    dropout: 0.4,
    ..Fit::USUAL
};

/// Right answers at each exit.
pub struct Forms {
    /// Of FreeML's global exit.
    pub global: Vec<usize>,
    /// Of the same trained as ours.
    pub every: Vec<usize>,
    /// Of exits that know nothing of each other.
    pub separate: Vec<usize>,
    pub separate_bytes: usize,
    pub global_bytes: usize,
}

impl Forms {
    pub fn measure(
        program: &Program,
        layers: &[usize],
        train: &Dataset,
        test: &Dataset,
        threads: usize,
    ) -> Self {
        let observe = |data: &Dataset| {
            let all: Vec<usize> = (0..data.samples.len()).collect();
            exits::observe(program, layers, data, &all, threads)
        };
        let (train, test) = (observe(train), observe(test));
        let common: Vec<Grid> = train.taps.iter().map(|tap| Grid::of(tap.shape, 2)).collect();
        let halves: Vec<Grid> = train.taps.iter().map(|tap| Grid::halves(tap.shape)).collect();
        let together = |fit: &Fit| {
            let [train_inputs, inputs] = [&train, &test].map(|seen| exits::inputs(seen, &common));
            correct(&train, &train_inputs, &test, &inputs, fit)
        };
        let separate = (0..layers.len()).map(|tap| {
            let [train_inputs, inputs] = [&train, &test].map(|seen| one(seen, tap, halves[tap]));
            correct(&train, &[train_inputs], &test, &[inputs], &Fit::USUAL)[0]
        });
        let logits = 2 * train.classes;
        let widths = train.taps.iter().zip(&common).map(|(tap, grid)| grid.windows() * tap.shape.c);
        Forms {
            global: together(&FREEML),
            every: together(&Fit { dropout: 0.0, ..Fit::USUAL }),
            separate: separate.collect(),
            separate_bytes: exits::separate_bytes(&train),
            global_bytes: 2 * widths.map(|width| (width + 1) * (train.classes + 1)).sum::<usize>()
                + logits,
        }
    }
}

fn one(seen: &Observed, tap: usize, grid: Grid) -> Inputs {
    let width = grid.windows() * seen.taps[tap].shape.c;
    Inputs { width, values: seen.pooled(tap, &grid) }
}

fn correct(
    train: &Observed,
    train_inputs: &[Inputs],
    test: &Observed,
    inputs: &[Inputs],
    fit: &Fit,
) -> Vec<usize> {
    let mut model = Linear::new(train.classes, inputs.iter().map(|inputs| inputs.width));
    model.fit(train_inputs, &train.samples, fit);
    model.correct(inputs, &test.samples, false)
}
