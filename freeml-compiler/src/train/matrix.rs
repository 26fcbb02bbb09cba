//! Products of matrices that lie in slices, and sums in a fixed order.

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

/// Sums that are taken side by side.
const LANES: usize = 16;

/// Sum of `values`, in an order that depends on their number only.
pub fn sum(values: &[f32]) -> f32 {
    fold(values, values, |value, _| value)
}

/// Sum of the products of `a` and `b`, in an order that depends on their number only.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    fold(a, b, |a, b| a * b)
}

fn fold(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| term(*a, *b)).sum();
    lanes.iter().sum::<f32>() + rest
}
