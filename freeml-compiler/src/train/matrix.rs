//! Products of matrices that lie in slices.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

/// `data` as `rows x cols`, rows first.
///
/// # Panics
/// If `data` has another length.
pub fn view(data: &[f32], rows: usize, cols: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, cols), data).expect("rows x cols elements")
}

/// `data` as `rows x cols`, rows first.
///
/// # Panics
/// If `data` has another length.
pub fn view_mut(data: &mut [f32], rows: usize, cols: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, cols), data).expect("rows x cols elements")
}

/// `c += a . b`
pub fn add_product(a: &ArrayView2<f32>, b: &ArrayView2<f32>, c: &mut ArrayViewMut2<f32>) {
    general_mat_mul(1.0, a, b, 1.0, c);
}

/// `c = a . b`
pub fn product(a: &ArrayView2<f32>, b: &ArrayView2<f32>, c: &mut ArrayViewMut2<f32>) {
    general_mat_mul(1.0, a, b, 0.0, c);
}
