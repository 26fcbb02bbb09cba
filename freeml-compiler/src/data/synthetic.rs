//! Calibration samples for models that come without data.

use freeml_core::Kind;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::graph::Shape;

/// `count` samples of `shape` over the range of `kind`: noise smoothed over 1 to 8 elements,
/// stretched to the whole range, so that edges, flat areas and extremes all occur.
pub fn synthetic(count: usize, shape: Shape, kind: Kind, seed: u64) -> Vec<Vec<i16>> {
    let mut random = Pcg32::seed_from_u64(seed);
    (0..count).map(|index| sample(shape, kind, 1 << (index % 4), &mut random)).collect()
}

fn sample(shape: Shape, kind: Kind, cell: usize, random: &mut Pcg32) -> Vec<i16> {
    let (low, high) = kind.range();
    let (rows, cols) = (shape.h.div_ceil(cell), shape.w.div_ceil(cell));
    let span = u32::from(high.abs_diff(low)) + 1;
    let mut draw = || {
        let offset = (u64::from(random.next_u32()) * u64::from(span)) >> 32;
        i16::try_from(i64::from(low) + offset.cast_signed()).unwrap_or(high)
    };
    let cells: Vec<i16> = (0..shape.c * rows * cols).map(|_| draw()).collect();
    let value = |index: usize| {
        let (c, y, x) = (index / (shape.h * shape.w), index / shape.w % shape.h, index % shape.w);
        cells[(c * rows + y / cell) * cols + x / cell]
    };
    (0..shape.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_reproducible_and_fills_the_range() {
        let shape = Shape { c: 2, h: 16, w: 16 };
        let samples = synthetic(4, shape, Kind::U8, 7);
        assert_eq!(samples, synthetic(4, shape, Kind::U8, 7));
        assert!(samples.iter().flatten().all(|value| (0..=255).contains(value)));
        assert!(samples[0].iter().max() > Some(&240) && samples[0].iter().min() < Some(&16));
        assert_eq!(samples[2][0], samples[2][3]);
    }
}
