//! Rounding that the forward pass sees and gradients do not (straight-through estimators).

/// The values that weights of a layer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// `±s, ±s/2, ±s/4, ...`, so many magnitudes. A kept weight is never 0, a masked one always
    /// is.
    PowersOfTwo {
        /// Number of magnitudes, 1 to 24; 4 and 8 are usual.
        magnitudes: u8,
        /// How `s` is found.
        scale: GridScale,
    },
    /// Signed bytes times a scale per output channel, `max |w| / 127`.
    Bytes,
}

/// How the largest magnitude `s` of a power-of-two grid is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridScale {
    /// The largest magnitude of the kept weights of the layer.
    Largest,
    /// The best of some values up to the largest magnitude, by the sum of squared errors.
    LeastError,
    /// One for each output channel, the least of the layer times a power of two below 2 to the
    /// power of [`ROW_SHIFTS`]; by the sum of squared errors. Channels that differ in range, as
    /// those of depthwise layers and folded batch normalisations do, need it.
    PerChannel,
}

/// Number of shifts that a channel's scale can have against another's.
pub const ROW_SHIFTS: u8 = 8;

/// Scales tried for the least error, as fractions of the largest magnitude: from 1 down to
/// `1 / CANDIDATES * FEWEST`.
const CANDIDATES: u8 = 24;
const FEWEST: u8 = 6;

/// Scales of a layer tried for the least error in one octave; channels find their own.
const IN_OCTAVE: u8 = 6;

impl Grid {
    /// Rounds the weights of a layer of `channels` output channels into `rounded`; `kept` says
    /// which are not 0.
    pub fn round(self, weights: &[f32], kept: &[bool], channels: usize, rounded: &mut [f32]) {
        let len = (weights.len() / channels.max(1)).max(1);
        let filters = || weights.chunks(len).zip(kept.chunks(len));
        let rows = rounded.chunks_mut(len).zip(filters());
        match self {
            Grid::PowersOfTwo { magnitudes, .. } => {
                let scales = self.scales(weights, kept, channels);
                for ((to, (weights, kept)), scale) in rows.zip(scales) {
                    for ((to, weight), kept) in to.iter_mut().zip(weights).zip(kept) {
                        *to = if *kept { power_of_two(*weight, scale, magnitudes) } else { 0.0 };
                    }
                }
            }
            Grid::Bytes => {
                for (to, (weights, kept)) in rows {
                    let scale = (largest(weights, kept) / 127.0).max(f32::MIN_POSITIVE);
                    for ((to, weight), kept) in to.iter_mut().zip(weights).zip(kept) {
                        *to = if *kept { (weight / scale).round() * scale } else { 0.0 };
                    }
                }
            }
        }
    }

    /// The largest magnitude of a power-of-two grid in each output channel of a layer; 0 if
    /// nothing is kept.
    pub fn scales(self, weights: &[f32], kept: &[bool], channels: usize) -> Vec<f32> {
        let Grid::PowersOfTwo { magnitudes, scale } = self else { return vec![0.0; channels] };
        let largest = largest(weights, kept);
        let of_layer = match scale {
            GridScale::Largest => largest,
            GridScale::LeastError => {
                let kept: Vec<f32> = kept_of(weights, kept).collect();
                let tried = (FEWEST..=CANDIDATES)
                    .rev()
                    .map(|part| largest * f32::from(part) / f32::from(CANDIDATES));
                best(tried, |scale| error(&kept, scale, magnitudes))
            }
            GridScale::PerChannel => return per_channel(weights, kept, channels, magnitudes),
        };
        vec![of_layer; channels]
    }
}

/// The scales of [`GridScale::PerChannel`].
fn per_channel(weights: &[f32], kept: &[bool], channels: usize, magnitudes: u8) -> Vec<f32> {
    let len = (weights.len() / channels.max(1)).max(1);
    let rows: Vec<Vec<f32>> = weights
        .chunks(len)
        .zip(kept.chunks(len))
        .map(|(weights, kept)| kept_of(weights, kept).collect())
        .collect();
    let largest = largest(weights, kept);
    let scales = |top: f32| rows.iter().map(move |row| of_channel(row, top, magnitudes));
    let tried =
        (0..IN_OCTAVE).map(|part| largest * 0.5f32.powf(f32::from(part) / f32::from(IN_OCTAVE)));
    let top = best(tried, |top| scales(top).map(|(error, _)| error).sum());
    scales(top).map(|(_, scale)| scale).collect()
}

/// The least error of a channel, and its scale: `top` or a half, a quarter, ... of it.
fn of_channel(kept: &[f32], top: f32, magnitudes: u8) -> (f64, f32) {
    let largest = kept.iter().fold(0f32, |largest, weight| weight.abs().max(largest));
    let mut scale = top;
    let mut halvings = 1;
    // A scale of twice the largest weight or more is never the best.
    while halvings < ROW_SHIFTS && scale >= 2.0 * largest {
        (scale, halvings) = (scale * 0.5, halvings + 1);
    }
    let last = if halvings < ROW_SHIFTS { scale * 0.5 } else { scale };
    let of = |scale: f32| (error(kept, scale, magnitudes), scale);
    let (first, second) = (of(scale), of(last));
    if second.0 < first.0 { second } else { first }
}

/// Sum of squared errors of weights on the grid of `scale`.
fn error(kept: &[f32], scale: f32, magnitudes: u8) -> f64 {
    kept.iter().map(|w| f64::from(w - power_of_two(*w, scale, magnitudes)).powi(2)).sum()
}

/// The first of `tried` with the least error.
fn best(tried: impl Iterator<Item = f32>, error: impl Fn(f32) -> f64) -> f32 {
    let errors = tried.map(|scale| (error(scale), scale));
    errors.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, scale)| scale)
}

fn kept_of<'w>(weights: &'w [f32], kept: &'w [bool]) -> impl Iterator<Item = f32> + 'w {
    weights.iter().zip(kept).filter_map(|(weight, kept)| kept.then_some(*weight))
}

/// The nearest of `±scale / 2^k`, `k` below `magnitudes`.
fn power_of_two(weight: f32, scale: f32, magnitudes: u8) -> f32 {
    let mut value = scale;
    for _ in 1..magnitudes {
        // The border between two neighbours is half way.
        if weight.abs() >= value * 0.75 {
            break;
        }
        value *= 0.5;
    }
    value.copysign(weight)
}

fn largest(weights: &[f32], kept: &[bool]) -> f32 {
    kept_of(weights, kept).fold(0.0, |largest, weight| weight.abs().max(largest))
}

/// Integer steps that an activation is rounded to; its gradient is 0 where it is clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    /// Real units of one step, positive, as calibration finds it.
    pub scale: f32,
    /// Smallest number of steps: 0 for unsigned bytes, -127 for signed ones.
    pub low: i16,
    /// Largest number of steps: 255 for unsigned bytes, 127 for signed ones.
    pub high: i16,
}

impl Steps {
    /// Rounds `values` in place and notes which are within the range.
    pub fn round(&self, values: &mut [f32], unclipped: &mut Vec<bool>) {
        let (low, high) = (f32::from(self.low), f32::from(self.high));
        unclipped.clear();
        unclipped.extend(values.iter_mut().map(|value| {
            let steps = (*value / self.scale).round();
            *value = steps.clamp(low, high) * self.scale;
            steps >= low && steps <= high
        }));
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    const FOUR: Grid = Grid::PowersOfTwo { magnitudes: 4, scale: GridScale::Largest };

    #[test]
    fn powers_of_two_are_nearest_and_never_zero() {
        let weights = [8.0, -6.1, 5.9, 1.6, -1.4, 0.01, 3.0];
        let kept = [true, true, true, true, true, true, false];
        let mut rounded = [9.0; 7];
        FOUR.round(&weights, &kept, 1, &mut rounded);
        assert_eq!(rounded, [8.0, -8.0, 4.0, 2.0, -1.0, 1.0, 0.0]);
    }

    #[test]
    fn least_error_is_not_worse() {
        let weights = [8.0, 3.1, -3.0, 1.4, 1.6, 0.7, -0.8];
        let kept = [true; 7];
        let error = |grid: Grid| {
            let mut rounded = [0.0; 7];
            grid.round(&weights, &kept, 1, &mut rounded);
            rounded.iter().zip(&weights).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
        };
        let fitted = Grid::PowersOfTwo { magnitudes: 4, scale: GridScale::LeastError };
        assert!(error(fitted) < error(FOUR));
    }

    #[test]
    fn channels_differ_by_powers_of_two() {
        let weights = [8.0, 3.9, 0.26, 0.12, 0.0001, 0.0];
        let kept = [true, true, true, true, true, false];
        let grid = Grid::PowersOfTwo { magnitudes: 2, scale: GridScale::PerChannel };
        let scales = grid.scales(&weights, &kept, 3);
        assert_eq!([scales[0] / scales[1], scales[0] / scales[2]], [32.0, 128.0]);
        let mut rounded = [0.0; 6];
        grid.round(&weights, &kept, 3, &mut rounded);
        assert_eq!(rounded[..4], [8.0, 4.0, 0.25, 0.125]);
        assert_eq!(rounded[4..], [scales[2] / 2.0, 0.0]);
    }

    #[test]
    fn bytes_have_a_scale_per_channel() {
        let weights = [127.0, 1.4, -0.254, 0.0031];
        let mut rounded = [0.0; 4];
        Grid::Bytes.round(&weights, &[true, true, true, true], 2, &mut rounded);
        assert_eq!(rounded[..2], [127.0, 1.0]);
        assert!((rounded[2] + 0.254).abs() < 1e-6 && (rounded[3] - 0.004).abs() < 1e-6);
    }

    #[test]
    fn steps_clip_and_say_so() {
        let steps = Steps { scale: 0.5, low: 0, high: 255 };
        let mut values = [-1.0, 0.3, 127.5, 127.9, 0.0];
        let mut unclipped = Vec::new();
        steps.round(&mut values, &mut unclipped);
        assert_eq!(values, [0.0, 0.5, 127.5, 127.5, 0.0]);
        assert_eq!(unclipped, [false, true, true, false, true]);
    }
}
