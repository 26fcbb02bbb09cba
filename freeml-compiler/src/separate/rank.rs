//! The rank of a matrix under noise.
//!
//! S. Nakajima, M. Sugiyama, S. D. Babacan, R. Tomioka, "Global analytic solution of
//! fully-observed variational Bayesian matrix factorization", JMLR 14 (2013): with empirical
//! priors (EVBMF) the global solution keeps the singular values above a threshold that the size
//! of the matrix and the variance of its noise determine, and the variance minimises a function
//! of one variable.

use nalgebra::ComplexField;
use ndarray::Array2;

use super::matrix::squared_singular_values;

/// Squared singular values below this share of the largest are rounding errors.
const ROUNDING: f64 = 1e-13;

/// Variances that the search for the minimum starts from.
const GRID: u32 = 200;

/// Halvings of the interval around the best of them.
const REFINEMENTS: u32 = 40;

/// Number of singular values of `matrix` that stand out from noise, by EVBMF; 0 if none does or
/// the matrix is not finite.
pub fn evbmf(matrix: &Array2<f32>) -> usize {
    let Some(mut squares) = squared_singular_values(&matrix.mapv(f64::from)) else {
        return 0;
    };
    let largest = squares[0];
    if largest <= 0.0 {
        return 0;
    }
    for square in &mut squares {
        *square = square.max(largest * ROUNDING);
    }
    let model = Model::new(matrix.nrows(), matrix.ncols());
    let threshold = model.noise(&squares) * model.long * model.threshold;
    squares.iter().filter(|&&square| square > threshold).count()
}

/// What depends on the size of the matrix alone.
struct Model {
    /// Its longer side.
    long: f64,
    /// Its shorter side, over the longer one.
    ratio: f64,
    /// The least squared singular value that is kept, over variance and longer side.
    threshold: f64,
}

impl Model {
    #[allow(clippy::cast_precision_loss, reason = "sides of matrices")]
    fn new(rows: usize, columns: usize) -> Self {
        let long = rows.max(columns) as f64;
        let ratio = rows.min(columns) as f64 / long;
        let root = zero_of_bound(ratio);
        Model { long, ratio, threshold: (1.0 + root) * (1.0 + ratio / root) }
    }

    /// The variance of the noise that explains the squared singular values best.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn noise(&self, squares: &[f64]) -> f64 {
        let count = squares.len();
        let mean =
            |squares: &[f64]| squares.iter().sum::<f64>() / (squares.len() as f64 * self.long);
        // The paper bounds the minimum.
        let most = ((count as f64 / (1.0 + self.ratio)).ceil() as usize).clamp(1, count) - 1;
        let lower = mean(&squares[most..]).max(squares[most] / (self.long * self.threshold));
        let upper = mean(squares).max(lower);
        let (low, high) = (ComplexField::ln(lower), ComplexField::ln(upper));
        let step = (high - low) / f64::from(GRID);
        let energy = |log: f64| self.free_energy(squares, ComplexField::exp(log));
        let grid = (0..=GRID).map(|k| low + step * f64::from(k));
        let best = grid.min_by(|&a, &b| energy(a).total_cmp(&energy(b))).unwrap_or(low);
        let (mut low, mut high) = ((best - step).max(low), (best + step).min(high));
        for _ in 0..REFINEMENTS {
            let third = (high - low) / 3.0;
            if energy(low + third) <= energy(high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        ComplexField::exp(0.5 * (low + high))
    }

    /// What the variance minimises: the free energy at its solution for that variance.
    fn free_energy(&self, squares: &[f64], variance: f64) -> f64 {
        let scale = 1.0 / (self.long * variance);
        squares.iter().map(|square| self.term(square * scale)).sum()
    }

    /// The part of one singular value, whose square is `x` times variance and longer side.
    fn term(&self, x: f64) -> f64 {
        let noise = x - ComplexField::ln(x);
        if x <= self.threshold {
            return noise;
        }
        let shifted = x - (1.0 + self.ratio);
        let tau = 0.5 * (shifted + (shifted * shifted - 4.0 * self.ratio).sqrt());
        let kept =
            ComplexField::ln(tau + 1.0) + self.ratio * ComplexField::ln(tau / self.ratio + 1.0);
        noise + kept - tau
    }
}

/// The zero of `phi(t) + phi(t / ratio)` with `phi(z) = ln(z + 1) / z - 1/2`, which falls in `t`.
fn zero_of_bound(ratio: f64) -> f64 {
    let phi = |z: f64| ComplexField::ln_1p(z) / z - 0.5;
    let (mut low, mut high) = (0.0, 4.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if phi(middle) + phi(middle / ratio) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_near_its_approximation() {
        assert!((zero_of_bound(1.0) - 2.5129).abs() < 1e-4);
        // The paper approximates the zero by 2.5129 times the root of the ratio.
        for columns in [100, 200, 1000, 10_000] {
            let model = Model::new(100, columns);
            let zero = 2.5129 * model.ratio.sqrt();
            let approximation = (1.0 + zero) * (1.0 + model.ratio / zero);
            assert!((model.threshold / approximation - 1.0).abs() < 0.03, "{}", model.threshold);
        }
    }

    #[test]
    fn the_free_energy_is_continuous_at_the_threshold() {
        // There a component is worth as much as noise, by the definition of the threshold.
        for (rows, columns) in [(10, 10), (20, 50), (10, 500)] {
            let model = Model::new(rows, columns);
            let [below, above] =
                [1.0, 1.0 + 1e-12].map(|factor| model.term(model.threshold * factor));
            assert!((below - above).abs() < 1e-9, "{below} and {above}");
        }
    }
}
