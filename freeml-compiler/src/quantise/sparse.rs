//! Weights that retraining has brought onto a grid of powers of two, as integers.

use freeml_core::{SHIFT_16, SHIFT_24};

use super::QuantTensor;
use super::filters::{Filters, Tap};
use super::layer::LARGEST_MULTIPLIER;
use crate::error::Error;
use crate::train::Levels;

/// Largest shift of biases: sums have 32 bits.
const LARGEST_BIAS_SHIFT: u8 = 23;

/// Weights and biases of one layer in real units.
#[derive(Debug, Clone, Copy)]
pub struct OnGrid<'l> {
    /// Name of the layer, for messages.
    pub name: &'l str,
    /// Weights in the order of the kernel, row by row: 0 or on the row's grid.
    pub weights: &'l [f32],
    /// One per row.
    pub bias: &'l [f32],
    /// Largest magnitude of each row; rows differ by powers of two.
    pub largest: &'l [f32],
    /// Magnitudes in a row.
    pub levels: Levels,
}

/// The integer form of a layer that reads `input` and gives `result`, whose scale grows where
/// the multiplier would not fit otherwise.
pub fn filters(
    layer: &OnGrid,
    input: &QuantTensor,
    result: &mut QuantTensor,
) -> Result<Filters, Error> {
    let len = layer.weights.len() / layer.bias.len().max(1);
    let unit = unit(layer, len.max(1));
    let rows: Vec<Vec<Tap>> = layer.weights.chunks(len.max(1)).map(|row| taps(row, unit)).collect();
    // One step of a sum in real units; a factor of 1/2 is the largest that a multiplier holds.
    let step = unit * input.scale;
    result.scale = result.scale.max(step * 2.0 * (1.0 + f32::EPSILON));
    let factor = step / result.scale;
    let shift = if factor * 2f32.powi(24) < LARGEST_MULTIPLIER { SHIFT_24 } else { SHIFT_16 };
    let one = 2f32.powi(shift.into());
    let multiplier = (factor * one).round().clamp(1.0, LARGEST_MULTIPLIER);
    let rounding = (one / 2.0 / multiplier).round();
    let (bias, bias_shift) = biases(layer.bias, step);
    let largest_bias = 128.0 * 2f64.powi(bias_shift.into());
    let (_, most) = input.kind.range();
    for (channel, row) in rows.iter().enumerate() {
        let weights: f64 = row.iter().map(|tap| f64::from(tap.weight).abs()).sum();
        let reach = weights * f64::from(most) + largest_bias + f64::from(rounding);
        if reach >= f64::from(i32::MAX) {
            return Err(Error::sum_overflow(layer.name, channel));
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    Ok(Filters {
        levels: layer.levels,
        rows,
        bias,
        bias_shift,
        rounding: rounding as i32,
        multiplier: multiplier as i16,
        shift,
    })
}

/// The smallest magnitude of all rows that keep a weight.
fn unit(layer: &OnGrid, len: usize) -> f32 {
    let rows = layer.weights.chunks(len).zip(layer.largest);
    let kept = rows.filter(|(row, _)| row.iter().any(|weight| *weight != 0.0));
    let least = kept.map(|(_, largest)| *largest).fold(f32::INFINITY, f32::min);
    if least.is_finite() { least / f32::from(layer.levels.span()) } else { 1.0 }
}

fn taps(row: &[f32], unit: f32) -> Vec<Tap> {
    (0..)
        .zip(row)
        .filter(|(_, weight)| **weight != 0.0)
        .map(|(index, weight)| {
            #[allow(clippy::cast_possible_truncation, reason = "at most 2^14 units")]
            let weight = (weight / unit).round() as i16;
            Tap { index, weight }
        })
        .collect()
}

/// Biases in bytes: `bias * 2^shift` steps of a sum each, the shift as small as they allow.
fn biases(bias: &[f32], step: f32) -> (Vec<i8>, u8) {
    let largest = bias.iter().fold(0f32, |largest, bias| bias.abs().max(largest)) / step;
    let fits = |shift: &u8| largest <= 127.0 * 2f32.powi((*shift).into());
    let shift = (0..LARGEST_BIAS_SHIFT).find(fits).unwrap_or(LARGEST_BIAS_SHIFT);
    let unit = step * 2f32.powi(shift.into());
    #[allow(clippy::cast_possible_truncation, reason = "clamped")]
    let rounded = bias.iter().map(|bias| (bias / unit).round().clamp(-127.0, 127.0) as i8);
    (rounded.collect(), shift)
}

#[cfg(test)]
mod tests {
    use freeml_core::Kind;

    use super::*;
    use crate::graph::Shape;

    fn tensor(kind: Kind, scale: f32) -> QuantTensor {
        QuantTensor { shape: Shape::vector(4), kind, scale }
    }

    #[test]
    fn weights_biases_and_factor_are_those_of_the_layer() {
        let layer = OnGrid {
            name: "fc",
            weights: &[0.0, 0.25, -1.0, 0.0, 0.5, 0.0],
            bias: &[0.75, -20.0],
            largest: &[1.0, 1.0],
            levels: Levels::PowersOfTwo(4),
        };
        let mut result = tensor(Kind::U8, 0.1);
        let filters = filters(&layer, &tensor(Kind::U8, 0.02), &mut result).unwrap();
        let tap = |index, weight| Tap { index, weight };
        assert_eq!(filters.rows, [vec![tap(1, 2), tap(2, -8)], vec![tap(1, 4)]]);
        // The smallest of four magnitudes in a row whose largest is 1.
        let step = 0.125 * 0.02;
        let bias = |index: usize| {
            f32::from(filters.bias[index]) * 2f32.powi(filters.bias_shift.into()) * step
        };
        assert!((bias(0) - 0.75).abs() < 0.1 && (bias(1) + 20.0).abs() < 0.1);
        let factor = f32::from(filters.multiplier) / 2f32.powi(filters.shift.into());
        // The factor is off by half a unit of the multiplier at most.
        let unit = 1.0 / 2f32.powi(filters.shift.into());
        assert!((factor - step / 0.1).abs() <= 0.51 * unit, "{factor}");
    }

    #[test]
    fn sums_that_may_overflow_are_refused() {
        let weights = vec![128.0; 70_000];
        let layer = OnGrid {
            name: "fc",
            weights: &weights,
            bias: &[0.0],
            largest: &[128.0],
            levels: Levels::PowersOfTwo(8),
        };
        let mut result = tensor(Kind::U8, 1e6);
        let error = filters(&layer, &tensor(Kind::U8, 1.0), &mut result).unwrap_err();
        assert!(error.message.contains("`fc`, channel 0"), "{error}");
    }
}
