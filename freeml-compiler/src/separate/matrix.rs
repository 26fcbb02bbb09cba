//! Products and eigenvectors whose bits do not depend on the processor.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array2, Axis};

/// Iterations per row of a matrix after which there is no hope of convergence; some two are usual.
const ITERATIONS: usize = 100;

/// `a . b`.
pub fn product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let b = b.as_standard_layout();
    let mut result = Array2::zeros((a.nrows(), b.ncols()));
    for (mut sums, a) in result.outer_iter_mut().zip(a.outer_iter()) {
        for (&factor, b) in a.iter().zip(b.outer_iter()) {
            sums.scaled_add(factor, &b);
        }
    }
    result
}

/// `a . aᵀ`.
pub fn gram(a: &Array2<f64>) -> Array2<f64> {
    let columns = a.t();
    let columns = columns.as_standard_layout();
    let mut result = Array2::zeros((a.nrows(), a.nrows()));
    for column in columns.outer_iter() {
        for (&factor, mut sums) in column.iter().zip(result.outer_iter_mut()) {
            sums.scaled_add(factor, &column);
        }
    }
    result
}

/// Eigenvalues of a symmetric matrix, largest first, and its eigenvectors in rows.
///
/// `None` if the matrix is not finite.
pub fn eigen(symmetric: &Array2<f64>) -> Option<(Vec<f64>, Array2<f64>)> {
    let n = symmetric.nrows();
    if n == 0 || !symmetric.iter().all(|x| x.is_finite()) {
        return None;
    }
    let matrix = DMatrix::from_fn(n, n, |row, column| symmetric[[row, column]]);
    let found = SymmetricEigen::try_new(matrix, f64::EPSILON, ITERATIONS * n)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| found.eigenvalues[b].total_cmp(&found.eigenvalues[a]));
    let values = order.iter().map(|&k| found.eigenvalues[k]).collect();
    let vectors = Array2::from_shape_fn((n, n), |(k, i)| found.eigenvectors[(i, order[k])]);
    Some((values, vectors))
}

/// The `count` left singular vectors of `a` with the largest singular values, in rows.
pub fn leading(a: &Array2<f64>, count: usize) -> Option<Array2<f64>> {
    let (_, vectors) = eigen(&gram(a))?;
    let first: Vec<usize> = (0..count.min(vectors.nrows())).collect();
    Some(vectors.select(Axis(0), &first))
}

/// Squared singular values of `a`, largest first; what rounding leaves of zeros may be below 0.
pub fn squared_singular_values(a: &Array2<f64>) -> Option<Vec<f64>> {
    let wide = if a.nrows() <= a.ncols() { gram(a) } else { gram(&a.t().to_owned()) };
    Some(eigen(&wide)?.0)
}
