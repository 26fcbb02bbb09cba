//! Rounding that the forward pass sees and gradients do not (straight-through estimators).

/// The values that weights of a layer can have: multiples `±s · l` of a largest magnitude `s`,
/// `l` being one of some levels up to 1. A kept weight is never 0, a masked one always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The levels.
    pub levels: Levels,
    /// How `s` is found.
    pub scale: GridScale,
}

/// Magnitudes of weights, as fractions of the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Levels {
    /// `1, 1/2, 1/4, ...`, so many of them: a product is a shift. Long rows do well with 4.
    PowersOfTwo(u8),
    /// `1/n, 2/n, ... 1` for this `n`. Short rows, in which errors of rounding do not average
    /// out, do well with 4.
    Uniform(u8),
}

/// How the largest magnitude `s` of a grid is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridScale {
    /// The largest magnitude of the kept weights of the layer.
    Largest,
    /// The best of some values up to the largest magnitude, by the sum of squared errors.
    LeastError,
    /// One for each output channel, the largest of the layer divided by a power of two below 2
    /// to the power of [`ROW_SHIFTS`]; by the sum of squared errors. Channels that differ in
    /// range, as those of depthwise layers and folded batch normalisations do, need it.
    PerChannel,
}

/// Number of powers of two by which the scale of a channel can differ from another's.
pub const ROW_SHIFTS: u8 = 8;

/// Scales tried for the least error, as fractions of the largest magnitude: from 1 down to
/// `1 / CANDIDATES * FEWEST`.
const CANDIDATES: u8 = 24;
const FEWEST: u8 = 6;

/// Scales of a layer tried for the least error in one octave; channels find their own.
const IN_OCTAVE: u8 = 6;

impl Grid {
    /// Rounds the weights of a layer into `rounded`; `kept` says which are not 0, and `scales`
    /// are those of its output channels.
    pub fn round(self, weights: &[f32], kept: &[bool], scales: &[f32], rounded: &mut [f32]) {
        let len = (weights.len() / scales.len().max(1)).max(1);
        let filters = weights.chunks(len).zip(kept.chunks(len)).zip(scales);
        for (to, ((weights, kept), scale)) in rounded.chunks_mut(len).zip(filters) {
            for ((to, weight), kept) in to.iter_mut().zip(weights).zip(kept) {
                *to = if *kept { self.levels.nearest(*weight, *scale) } else { 0.0 };
            }
        }
    }

    /// The largest magnitude that suits each output channel of a layer.
    pub fn scales(self, weights: &[f32], kept: &[bool], channels: usize) -> Vec<f32> {
        let largest = largest(weights, kept);
        let of_layer = match self.scale {
            GridScale::Largest => largest,
            GridScale::LeastError => {
                let kept: Vec<f32> = kept_of(weights, kept).collect();
                let tried = (FEWEST..=CANDIDATES)
                    .rev()
                    .map(|part| largest * f32::from(part) / f32::from(CANDIDATES));
                best(tried, |scale| self.levels.error(&kept, scale))
            }
            GridScale::PerChannel => return self.levels.per_channel(weights, kept, channels),
        };
        vec![of_layer; channels]
    }
}

impl Levels {
    /// Number of magnitudes.
    pub fn magnitudes(self) -> u8 {
        match self {
            Levels::PowersOfTwo(count) | Levels::Uniform(count) => count,
        }
    }

    /// The magnitude with this number, as a multiple of the smallest, whose number is 0.
    pub fn multiple(self, number: u8) -> u16 {
        match self {
            Levels::PowersOfTwo(_) => 1 << number.min(15),
            Levels::Uniform(_) => u16::from(number) + 1,
        }
    }

    /// The number of the magnitude that is this multiple of the smallest.
    pub fn number(self, multiple: u16) -> u8 {
        let number = match self {
            Levels::PowersOfTwo(_) => u16::from(multiple.trailing_zeros().to_le_bytes()[0]),
            Levels::Uniform(_) => multiple.saturating_sub(1),
        };
        number.to_le_bytes()[0]
    }

    /// The largest magnitude as a multiple of the smallest.
    pub fn span(self) -> u16 {
        self.multiple(self.magnitudes().max(1) - 1)
    }

    /// The power of two that multiplies the weights of a row, in units of the layer, so that
    /// the largest of them is one of these levels.
    pub fn row_shift(self, weights: impl Iterator<Item = i16>) -> u8 {
        let top = weights.map(i16::unsigned_abs).max().unwrap_or(0);
        (0..15).find(|shift| top >> shift <= self.span()).unwrap_or(15)
    }

    /// The value nearest to `weight`, `scale` being the largest.
    fn nearest(self, weight: f32, scale: f32) -> f32 {
        let magnitude = match self {
            Levels::PowersOfTwo(count) => {
                let mut value = scale;
                for _ in 1..count {
                    // The border between two neighbours is half way.
                    if weight.abs() >= value * 0.75 {
                        break;
                    }
                    value *= 0.5;
                }
                value
            }
            Levels::Uniform(count) => {
                let step = (scale / f32::from(count)).max(f32::MIN_POSITIVE);
                (weight.abs() / step).round().clamp(1.0, count.into()) * step
            }
        };
        magnitude.copysign(weight)
    }

    /// Sum of squared errors of weights rounded with `scale`.
    fn error(self, kept: &[f32], scale: f32) -> f64 {
        kept.iter().map(|w| f64::from(w - self.nearest(*w, scale)).powi(2)).sum()
    }

    /// The scales of [`GridScale::PerChannel`].
    fn per_channel(self, weights: &[f32], kept: &[bool], channels: usize) -> Vec<f32> {
        let len = (weights.len() / channels.max(1)).max(1);
        let rows: Vec<Vec<f32>> = weights
            .chunks(len)
            .zip(kept.chunks(len))
            .map(|(weights, kept)| kept_of(weights, kept).collect())
            .collect();
        let largest = largest(weights, kept);
        let scales = |top: f32| rows.iter().map(move |row| self.of_channel(row, top));
        let octave = f32::from(IN_OCTAVE);
        let tried = (0..IN_OCTAVE).map(|part| largest * 0.5f32.powf(f32::from(part) / octave));
        let top = best(tried, |top| scales(top).map(|(error, _)| error).sum());
        scales(top).map(|(_, scale)| scale).collect()
    }

    /// The least error of a channel, and its scale: `top` or a half, a quarter, ... of it.
    fn of_channel(self, kept: &[f32], top: f32) -> (f64, f32) {
        let largest = kept.iter().fold(0f32, |largest, weight| weight.abs().max(largest));
        let mut scale = top;
        let mut halvings = 1;
        // A scale of twice the largest weight or more is never the best.
        while halvings < ROW_SHIFTS && scale >= 2.0 * largest {
            (scale, halvings) = (scale * 0.5, halvings + 1);
        }
        let half = if halvings < ROW_SHIFTS { scale * 0.5 } else { scale };
        let [first, second] = [scale, half].map(|scale| (self.error(kept, scale), scale));
        if second.0 < first.0 { second } else { first }
    }
}

/// The first of `tried` with the least error.
fn best(tried: impl Iterator<Item = f32>, error: impl Fn(f32) -> f64) -> f32 {
    let errors = tried.map(|scale| (error(scale), scale));
    errors.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0.0, |(_, scale)| scale)
}

fn kept_of<'w>(weights: &'w [f32], kept: &'w [bool]) -> impl Iterator<Item = f32> + 'w {
    weights.iter().zip(kept).filter_map(|(weight, kept)| kept.then_some(*weight))
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

    fn round(grid: Grid, weights: &[f32], kept: &[bool], channels: usize, rounded: &mut [f32]) {
        grid.round(weights, kept, &grid.scales(weights, kept, channels), rounded);
    }

    const FOUR: Grid = Grid { levels: Levels::PowersOfTwo(4), scale: GridScale::Largest };

    #[test]
    fn powers_of_two_are_nearest_and_never_zero() {
        let weights = [8.0, -6.1, 5.9, 1.6, -1.4, 0.01, 3.0];
        let kept = [true, true, true, true, true, true, false];
        let mut rounded = [9.0; 7];
        round(FOUR, &weights, &kept, 1, &mut rounded);
        assert_eq!(rounded, [8.0, -8.0, 4.0, 2.0, -1.0, 1.0, 0.0]);
    }

    #[test]
    fn least_error_is_not_worse() {
        let weights = [8.0, 3.1, -3.0, 1.4, 1.6, 0.7, -0.8];
        let kept = [true; 7];
        let error = |grid: Grid| {
            let mut rounded = [0.0; 7];
            round(grid, &weights, &kept, 1, &mut rounded);
            rounded.iter().zip(&weights).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
        };
        let fitted = Grid { scale: GridScale::LeastError, ..FOUR };
        assert!(error(fitted) < error(FOUR));
    }

    #[test]
    fn channels_differ_by_powers_of_two() {
        let weights = [8.0, 3.9, 0.26, 0.12, 0.0001, 0.0];
        let kept = [true, true, true, true, true, false];
        let grid = Grid { levels: Levels::PowersOfTwo(2), scale: GridScale::PerChannel };
        let scales = grid.scales(&weights, &kept, 3);
        assert_eq!([scales[0] / scales[1], scales[0] / scales[2]], [32.0, 128.0]);
        let mut rounded = [0.0; 6];
        round(grid, &weights, &kept, 3, &mut rounded);
        assert_eq!(rounded[..4], [8.0, 4.0, 0.25, 0.125]);
        assert_eq!(rounded[4..], [scales[2] / 2.0, 0.0]);
    }

    #[test]
    fn uniform_levels_start_at_one_step() {
        let weights = [8.0, -5.4, 1.6, 0.01, 3.0];
        let kept = [true, true, true, true, false];
        let grid = Grid { levels: Levels::Uniform(8), scale: GridScale::Largest };
        let mut rounded = [9.0; 5];
        round(grid, &weights, &kept, 1, &mut rounded);
        assert_eq!(rounded, [8.0, -5.0, 2.0, 1.0, 0.0]);
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
