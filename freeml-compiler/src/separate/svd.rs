//! Truncated singular value decomposition.

use ndarray::Array2;

use super::matrix::{leading, product};

/// The best approximation of `weight` of that rank as a product `(left, right)`.
///
/// Row `k` of `right` and column `k` of `left` have the same norm, the root of the singular
/// value, so that both factors are pruned and rounded alike.
pub fn split(weight: &Array2<f64>, rank: usize) -> Option<(Array2<f64>, Array2<f64>)> {
    // Projecting on singular vectors divides by no singular value, which may be 0.
    let (mut left, mut right) = if weight.nrows() <= weight.ncols() {
        let vectors = leading(weight, rank)?;
        let right = product(&vectors, weight);
        (vectors.reversed_axes(), right)
    } else {
        let vectors = leading(&weight.t().to_owned(), rank)?;
        (product(weight, &vectors.t().to_owned()), vectors)
    };
    for (mut column, mut row) in left.columns_mut().into_iter().zip(right.rows_mut()) {
        let (a, b) = (norm(column.iter()), norm(row.iter()));
        // A singular value of 0 leaves nothing to share.
        let factor = if a * b > 0.0 { (b / a).sqrt() } else { 0.0 };
        column *= factor;
        row *= if factor > 0.0 { factor.recip() } else { 0.0 };
    }
    Some((left, right))
}

/// The Euclidean norm.
pub fn norm<'x>(values: impl Iterator<Item = &'x f64>) -> f64 {
    values.map(|x| x * x).sum::<f64>().sqrt()
}
