//! Weights of exits on the device's grid: signed powers of two, times one for each tap.

use freeml_core::kernels::EXIT_WEIGHTS;

use super::choose::Chosen;
use super::linear::{Linear, Part, UNIT};
use crate::quantise::{ExitWeights, Features};

/// Number of the largest magnitude, 64.
const LARGEST: u8 = 7;

/// Powers of two, at most, between the units of two taps.
const MOST_APART: i16 = 12;

/// What sets the sign.
const NEGATIVE: u8 = 8;

/// The exponent of the power of two that the weights of a tap are multiples of: the largest of them
/// becomes the largest of the grid.
fn exponent(weights: &[f32]) -> i16 {
    let largest = weights.iter().fold(0.0f32, |largest, weight| largest.max(weight.abs()));
    if largest == 0.0 {
        return 0;
    }
    let most = i16::from(LARGEST) - 1;
    #[allow(clippy::cast_possible_truncation, reason = "exponents of floats are small")]
    let exponent = largest.log2().round() as i16;
    exponent - most
}

/// `2^exponent`.
fn power(exponent: i16) -> f32 {
    f32::from(exponent).exp2()
}

/// The number of the half byte that is nearest to `weight / 2^exponent`.
fn code(weight: f32, exponent: i16) -> u8 {
    let magnitude = weight.abs() * power(-exponent);
    // Magnitudes 1, 2, 4, ..: halfway between two of them, the larger one begins.
    let number = if magnitude < 0.5 {
        0
    } else {
        let halfway = |number: &u8| magnitude >= 0.75 * f32::from(1u8 << number);
        1 + (1..LARGEST).take_while(halfway).map(|_| 1).sum::<u8>()
    };
    if weight < 0.0 && number != 0 { number + NEGATIVE } else { number }
}

/// `weights` of a tap on the grid.
pub fn rounded(weights: &[f32]) -> Vec<f32> {
    let exponent = exponent(weights);
    let unit = power(exponent);
    let value = |&weight| f32::from(EXIT_WEIGHTS[usize::from(code(weight, exponent))]) * unit;
    weights.iter().map(value).collect()
}

/// The features and weights of each exit.
pub fn exits(chosen: &Chosen) -> Vec<(Features, ExitWeights)> {
    let features = chosen
        .taps
        .iter()
        .map(|tap| Features { window: tap.grid.window, chosen: tap.kept.clone() });
    features.zip(weights(&chosen.model)).collect()
}

/// The weights of each tap, whose units lie as far apart as sums of 32 bits allow.
fn weights(model: &Linear) -> Vec<ExitWeights> {
    let exponents = || model.parts.iter().map(|part| exponent(&part.weights));
    let most = exponents().max().unwrap_or(0);
    let apart = |apart: i16| -> Vec<ExitWeights> {
        // What is too small for the sums counts nothing in them.
        let exponents: Vec<i16> = exponents().map(|of_tap| of_tap.max(most - apart)).collect();
        let least = exponents.iter().copied().min().unwrap_or(0);
        let parts = model.parts.iter().zip(exponents);
        parts.map(|(part, exponent)| on_grid(part, exponent, exponent - least)).collect()
    };
    let fitting = (1..=MOST_APART).rev().map(apart).find(|weights| fit(weights));
    fitting.unwrap_or_else(|| apart(0))
}

/// The weights of a tap in units of `2^exponent`, which is `2^shift` of those of the sums.
fn on_grid(part: &Part, exponent: i16, shift: i16) -> ExitWeights {
    #[allow(clippy::cast_possible_truncation, reason = "casts saturate")]
    let bias = |&bias: &f32| (bias * UNIT * power(-exponent)).round() as i16;
    let row = |row: &[f32]| row.iter().map(|&weight| code(weight, exponent)).collect();
    ExitWeights {
        bias: part.bias.iter().map(bias).collect(),
        codes: part.weights.chunks(part.width.max(1)).map(row).collect(),
        shift: u8::try_from(shift).unwrap_or(0),
        margins: Vec::new(),
        correct: 0,
        validation: 0,
    }
}

/// Whether no sum over all taps can exceed 32 bits, whatever bytes the features are.
fn fit(taps: &[ExitWeights]) -> bool {
    let classes = taps.first().map_or(0, |tap| tap.bias.len());
    let largest = |tap: &ExitWeights, class: usize| -> i64 {
        let weight = |&code: &u8| i64::from(EXIT_WEIGHTS[usize::from(code)].abs());
        let products: i64 = tap.codes[class].iter().map(weight).sum::<i64>() * 255;
        (products + i64::from(tap.bias[class]).abs()) << tap.shift
    };
    let sum = |class: usize| taps.iter().map(|tap| largest(tap, class)).sum::<i64>();
    (0..classes).all(|class| sum(class) <= i64::from(i32::MAX))
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "powers of two are exact")]
mod tests {
    use super::*;

    #[test]
    fn weights_become_the_nearest_powers() {
        let weights = [64.0, 47.0, 1.4, -1.6, 0.4, -0.4, 3.1, -12.0];
        let expected = [64.0, 32.0, 1.0, -2.0, 0.0, 0.0, 4.0, -16.0];
        assert_eq!(rounded(&weights), expected);
        let small = weights.map(|weight| weight / 1024.0);
        assert_eq!(rounded(&small), expected.map(|weight| weight / 1024.0));
        assert_eq!(rounded(&[0.0, 0.0]), [0.0, 0.0]);
    }

    #[test]
    fn sums_of_taps_of_any_size_fit() {
        for scale in [1.0, 1e-3, 1e-9, 1e6] {
            let part = |weight: f32| Part {
                width: 400,
                weights: vec![weight; 800],
                bias: vec![weight, -weight],
            };
            let model = Linear { classes: 2, parts: vec![part(scale), part(1.0)] };
            let weights = weights(&model);
            assert!(fit(&weights), "{scale}");
            let largest = weights.iter().max_by_key(|tap| tap.shift).unwrap();
            assert!(largest.codes.iter().flatten().all(|&code| code == 7), "{scale}");
        }
    }
}
