//! Which elements of which pooled maps are features, and their weights.

use super::exit_bytes;
use super::linear::{Fit, Inputs, Linear};
use super::observe::Observed;
use super::pooled::Grid;
use crate::train::for_each;

/// Windows along an axis of the grids that are tried.
const EXTENTS: [usize; 3] = [4, 6, 8];

/// Share of the answers by which a finer grid must be better.
const WORTH: usize = 200;

/// Fewest features of a tap.
const FEWEST: usize = 4;

/// Rounds in which features are given up, and batches after each.
const ROUNDS: u32 = 10;
const ROUND_STEPS: usize = 150;

/// Exits that were trained.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The features of each tap.
    pub taps: Vec<ChosenTap>,
    /// Their weights.
    pub model: Linear,
}

/// Features of a tap.
#[derive(Debug, Clone)]
pub struct ChosenTap {
    /// Windows.
    pub grid: Grid,
    /// Elements of the pooled map, in order.
    pub kept: Vec<usize>,
}

/// Trains exits of at most `bytes` bytes on `train`, on grids that are best on `validation`.
pub fn choose(
    train: &Observed,
    validation: &Observed,
    bytes: usize,
    seed: u64,
    threads: usize,
) -> Chosen {
    let features = features(train, bytes);
    let mut trials: Vec<(usize, Option<(usize, Chosen)>)> =
        EXTENTS.iter().map(|&extent| (extent, None)).collect();
    for_each(threads, trials.iter_mut(), |(extent, result)| {
        *result = Some(trial(train, validation, *extent, features, seed));
    });
    let results = trials.into_iter().filter_map(|(_, result)| result);
    // Finer windows must be worth it: they learn more by heart.
    let enough = validation.samples.len() * train.taps.len() / WORTH;
    let best = results.reduce(|best, next| if next.0 > best.0 + enough { next } else { best });
    best.expect("grids are tried").1
}

/// Features of all taps that fit into `bytes`.
fn features(observed: &Observed, bytes: usize) -> usize {
    let (taps, classes) = (observed.taps.len(), observed.classes);
    let fits = |features: &usize| {
        let each = features.div_ceil(taps);
        taps * exit_bytes(each, classes) <= bytes
    };
    let least = FEWEST * taps;
    (least..).step_by(taps).take_while(fits).last().unwrap_or(least)
}

/// Exits on grids of at most `extent` windows along an axis; the sum of their right answers.
fn trial(
    train: &Observed,
    validation: &Observed,
    extent: usize,
    features: usize,
    seed: u64,
) -> (usize, Chosen) {
    let grids: Vec<Grid> = train.taps.iter().map(|tap| Grid::of(tap.shape, extent)).collect();
    let mut inputs = inputs(train, &grids);
    let mut held_out = self::inputs(validation, &grids);
    let mut kept: Vec<Vec<usize>> =
        inputs.iter().map(|inputs| (0..inputs.width).collect()).collect();
    let mut model = Linear::new(train.classes, inputs.iter().map(|inputs| inputs.width));
    let fit = Fit { seed, ..Fit::USUAL };
    model.fit(&inputs, &train.samples, &fit);
    let all: usize = inputs.iter().map(|inputs| inputs.width).sum();
    for round in 1..=ROUNDS {
        let left = between(all, features, round);
        for (tap, chosen) in strongest(&model, &inputs, left).into_iter().enumerate() {
            model.parts[tap].keep(&chosen);
            inputs[tap].keep(&chosen);
            held_out[tap].keep(&chosen);
            kept[tap] = chosen.iter().map(|&feature| kept[tap][feature]).collect();
        }
        let fit = Fit { steps: ROUND_STEPS, seed: seed + u64::from(round), ..fit };
        model.fit(&inputs, &train.samples, &fit);
    }
    model.fit(&inputs, &train.samples, &Fit { rounded: true, ..fit });
    let right = model.correct(&held_out, &validation.samples, true).iter().sum();
    let taps = grids.into_iter().zip(kept).map(|(grid, kept)| ChosenTap { grid, kept }).collect();
    (right, Chosen { taps, model })
}

/// The pooled maps of all taps.
pub fn inputs(observed: &Observed, grids: &[Grid]) -> Vec<Inputs> {
    let taps = observed.taps.iter().zip(grids).enumerate();
    taps.map(|(index, (tap, grid))| Inputs {
        width: grid.windows() * tap.shape.c,
        values: observed.pooled(index, grid),
    })
    .collect()
}

/// A number on the geometric way from `all` to `least` in [`ROUNDS`] rounds.
fn between(all: usize, least: usize, round: u32) -> usize {
    if round == ROUNDS || all <= least {
        return least.min(all);
    }
    #[allow(clippy::cast_precision_loss, reason = "some thousand features")]
    let (from, to) = (all as f64, least as f64);
    let left = from * (to / from).powf(f64::from(round) / f64::from(ROUNDS));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between both")]
    let left = left.ceil() as usize;
    left
}

/// The `left` features of all taps that logits depend on most, and some of each.
fn strongest(model: &Linear, inputs: &[Inputs], left: usize) -> Vec<Vec<usize>> {
    let mut ranked: Vec<(f32, usize, usize)> = Vec::new();
    let mut chosen: Vec<Vec<usize>> = vec![Vec::new(); inputs.len()];
    for (tap, (part, inputs)) in model.parts.iter().zip(inputs).enumerate() {
        let variances = inputs.variances();
        let squares = |feature: usize| -> f32 {
            part.weights.chunks(part.width).map(|row| row[feature] * row[feature]).sum()
        };
        let mut of_tap: Vec<(f32, usize, usize)> = (0..part.width)
            .map(|feature| (squares(feature) * variances[feature], tap, feature))
            .collect();
        of_tap.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        let first = FEWEST.min(of_tap.len());
        chosen[tap].extend(of_tap.drain(..first).map(|(_, _, feature)| feature));
        ranked.extend(of_tap);
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let so_far: usize = chosen.iter().map(Vec::len).sum();
    for (_, tap, feature) in ranked.into_iter().take(left.saturating_sub(so_far)) {
        chosen[tap].push(feature);
    }
    for features in &mut chosen {
        features.sort_unstable();
    }
    chosen
}
