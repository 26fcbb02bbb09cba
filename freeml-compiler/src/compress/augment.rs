//! Which random changes of samples suit a task: those that the float network does not mind.

use crate::train::{Augment, Flip, GainNoise, Samples, Shift, Trainer};

/// Right answers of a hundred that a change may cost.
const TOLERATED: usize = 1;

/// Validation samples that are tried.
const TRIED: usize = 500;

/// Largest shifts that are tried, in elements.
const SHIFTS: [usize; 3] = [3, 2, 1];

/// Gain, and noise as a share of the deviation of the samples, that are tried.
const GAIN: f32 = 0.1;
const NOISE: [f32; 2] = [0.1, 0.03];

/// Finds changes under which the float network keeps its answers right on the validation
/// samples: a mirror image suits photographs but not digits, and nobody has to say so.
pub fn suitable(
    trainer: &Trainer,
    samples: &Samples,
    validation: &[usize],
    seed: u64,
) -> Vec<Box<dyn Augment>> {
    let shape = trainer.input_shape();
    let tried = &validation[..validation.len().min(TRIED)];
    let plain = trainer.correct(samples, tried);
    #[allow(clippy::borrowed_box, reason = "an element of a list of changes")]
    let suits = |augment: &Box<dyn Augment>| {
        let changed = trainer.correct_changed(samples, tried, std::slice::from_ref(augment), seed);
        plain.saturating_sub(changed) * 100 <= TOLERATED * tried.len()
    };
    let first = |candidates: Vec<Box<dyn Augment>>| candidates.into_iter().find(suits);
    let fits = |extent: usize| SHIFTS.into_iter().filter(move |shift| extent > 8 * shift);
    let flip: Vec<Box<dyn Augment>> = if shape.w > 1 { vec![Box::new(Flip)] } else { Vec::new() };
    let down = fits(shape.h).map(|rows| Box::new(Shift { rows, cols: 0 }) as Box<dyn Augment>);
    let across = fits(shape.w).map(|cols| Box::new(Shift { rows: 0, cols }) as Box<dyn Augment>);
    let deviation = deviation(samples, tried);
    let noise = NOISE.map(|share| {
        Box::new(GainNoise { gain: GAIN, noise: share * deviation }) as Box<dyn Augment>
    });
    [flip, down.collect(), across.collect(), noise.into()].into_iter().filter_map(first).collect()
}

/// Standard deviation of the raw values of some samples.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a mean")]
fn deviation(samples: &Samples, indices: &[usize]) -> f32 {
    let values = || indices.iter().flat_map(|&index| &samples.raw[index]).map(|&v| f64::from(v));
    let count = values().count().max(1) as f64;
    let mean = values().sum::<f64>() / count;
    (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt() as f32
}
