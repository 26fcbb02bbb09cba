//! Products whose bits do not depend on the processor: the order of additions is fixed, and
//! nothing is fused. Quantised networks, and so expansions, follow from these numbers.

/// Partial sums of [`dot`], enough for vector units to work on.
const LANES: usize = 8;

/// Adds `a . b` to `out`, matrices of `inner` columns and rows, row by row.
pub fn add_matrix(a: &[f32], b: &[f32], out: &mut [f32], inner: usize) {
    let Some(cols) = b.len().checked_div(inner).filter(|&cols| cols > 0) else { return };
    for (a, out) in a.chunks_exact(inner).zip(out.chunks_exact_mut(cols)) {
        for (factor, b) in a.iter().zip(b.chunks_exact(cols)) {
            for (sum, value) in out.iter_mut().zip(b) {
                *sum += factor * value;
            }
        }
    }
}

/// The scalar product.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_products() {
        let mut out = [1.0, 0.0, 0.0, 0.0];
        add_matrix(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0], &mut out, 2);
        assert!(out.iter().eq(&[20.0, 22.0, 43.0, 50.0]));
        let a: Vec<f32> = (0..19u8).map(f32::from).collect();
        assert!((dot(&a, &a) - 2109.0).abs() < f32::EPSILON);
    }
}
