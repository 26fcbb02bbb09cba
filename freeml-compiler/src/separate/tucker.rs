//! Tucker-2 decomposition of convolution kernels: low rank in the inputs and in the outputs.
//!
//! L. R. Tucker, "Some mathematical notes on three-mode factor analysis", 1966; L. De Lathauwer,
//! B. De Moor, J. Vandewalle, "On the best rank-1 and rank-(R1, R2, ..., RN) approximation of
//! higher-order tensors", 2000.

use ndarray::{Array2, Array3, ArrayViewMut1, ArrayViewMut2, Axis};

use super::matrix::{leading, product};
use super::svd::norm;

/// Most rounds of orthogonal iteration.
const ROUNDS: usize = 20;

/// Relative growth of what the factors capture that is worth another round.
const ENOUGH: f64 = 1e-6;

/// Factors of kernels `[out, in, taps]`; a factor of full rank is `None`, and part of the core.
#[derive(Debug, Clone)]
pub struct Tucker {
    /// `[rank, in]`.
    pub input: Option<Array2<f64>>,
    /// `[output rank, input rank, taps]`.
    pub core: Array3<f64>,
    /// `[out, rank]`.
    pub output: Option<Array2<f64>>,
}

/// Decomposes `kernels` to so many inputs and outputs of the core.
///
/// The factors start from singular vectors of the unfoldings, the second one after the first is
/// applied (HOSVD, sequentially truncated), and improve in turns (HOOI). Every channel of the core
/// shares its norm with the factors, so that all are pruned and rounded alike.
pub fn decompose(kernels: &Array3<f64>, input: usize, output: usize) -> Option<Tucker> {
    let (outs, ins, _) = kernels.dim();
    let swapped = swap(kernels);
    // Vectors in rows, over the outputs and over the inputs.
    let mut outer = if output < outs { Some(basis(kernels, output)?) } else { None };
    let mut core = outer.as_ref().map_or_else(|| kernels.clone(), |outer| project(kernels, outer));
    let mut inner = if input < ins { Some(basis(&swap(&core), input)?) } else { None };
    if let (Some(outer), Some(inner)) = (&mut outer, &mut inner) {
        let mut captured = 0.0;
        for _ in 0..ROUNDS {
            *outer = basis(&swap(&project(&swapped, inner)), output)?;
            core = project(kernels, outer);
            *inner = basis(&swap(&core), input)?;
            let energy = norm(project(&swap(&core), inner).iter()).powi(2);
            if energy <= captured * (1.0 + ENOUGH) {
                break;
            }
            captured = energy;
        }
    }
    if let Some(inner) = &inner {
        core = swap(&project(&swap(&core), inner));
    }
    let mut tucker = Tucker { input: inner, core, output: outer.map(Array2::reversed_axes) };
    tucker.balance();
    Some(tucker)
}

impl Tucker {
    /// Shares the norm of every channel of the core, which has all of it, with the factors.
    fn balance(&mut self) {
        let both = self.output.is_some();
        if let Some(input) = &mut self.input {
            let slices = self.core.axis_iter_mut(Axis(1));
            for (mut row, mut slice) in input.rows_mut().into_iter().zip(slices) {
                let half = norm(slice.iter()).sqrt();
                // Of what remains the other factor takes half: about a third for each of three.
                shift(&mut slice, &mut row, if both { half.sqrt() } else { half });
            }
        }
        if let Some(output) = &mut self.output {
            let slices = self.core.outer_iter_mut();
            for (mut column, mut slice) in output.columns_mut().into_iter().zip(slices) {
                let half = norm(slice.iter()).sqrt();
                shift(&mut slice, &mut column, half);
            }
        }
    }
}

/// Divides `from` by `scale` and multiplies `to` by it; if it is 0, so is `from`.
fn shift(from: &mut ArrayViewMut2<f64>, to: &mut ArrayViewMut1<f64>, scale: f64) {
    *to *= scale;
    if scale > 0.0 {
        *from /= scale;
    }
}

/// The best orthonormal rows for the first axis.
fn basis(kernels: &Array3<f64>, rank: usize) -> Option<Array2<f64>> {
    leading(&unfold(kernels), rank)
}

/// Exchanges outputs and inputs.
fn swap(kernels: &Array3<f64>) -> Array3<f64> {
    kernels.view().permuted_axes([1, 0, 2]).as_standard_layout().into_owned()
}

/// The first axis in rows, the others in columns.
fn unfold(kernels: &Array3<f64>) -> Array2<f64> {
    let (rows, columns, taps) = kernels.dim();
    Array2::from_shape_vec((rows, columns * taps), kernels.iter().copied().collect())
        .unwrap_or_default()
}

/// Coordinates in the orthonormal rows of `basis` along the first axis.
fn project(kernels: &Array3<f64>, basis: &Array2<f64>) -> Array3<f64> {
    let (_, columns, taps) = kernels.dim();
    let result = product(basis, &unfold(kernels));
    let dim = (basis.nrows(), columns, taps);
    Array3::from_shape_vec(dim, result.into_raw_vec_and_offset().0).unwrap_or_default()
}
