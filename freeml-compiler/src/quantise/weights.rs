//! Weights in the order in which the kernels read them.

use ndarray::{Array2, Array4};

use crate::graph::{Op, Shape};

/// For every weight of a row of `op` in the order of the kernel, its place in the row as the
/// graph has it; `from` is the shape of the operand.
///
/// A convolution's row is `[in][row][col]` in the graph and `[row][col][in]` in the kernel; a
/// dense layer's `C x H x W` and `H x W x C`, the order of its operand in memory.
pub fn memory_order(op: &Op, from: Shape) -> Vec<usize> {
    let (channels, plane) = match op {
        Op::Conv(conv) => (conv.weight.dim().1, conv.weight.dim().2 * conv.weight.dim().3),
        Op::Dense(_) => (from.c, from.h * from.w),
        _ => (1, 1),
    };
    (0..plane).flat_map(|at| (0..channels).map(move |channel| channel * plane + at)).collect()
}

/// `[out][in][row][col]` as `[out][row][col][in]`.
pub fn channels_last(weight: &Array4<f32>) -> Vec<f32> {
    weight.view().permuted_axes([0, 2, 3, 1]).iter().copied().collect()
}

/// Columns in the `C x H x W` order of `shape` as `H x W x C`, the order in memory.
pub fn columns_last(weight: &Array2<f32>, shape: Shape) -> Vec<f32> {
    let Shape { c, h, w } = shape;
    let column = |index: usize| {
        let (pixel, channel) = (index / c, index % c);
        channel * h * w + pixel
    };
    weight.rows().into_iter().flat_map(|row| (0..c * h * w).map(move |i| row[column(i)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_columns_follow_memory() {
        let shape = Shape { c: 2, h: 1, w: 3 };
        let weight = Array2::from_shape_vec((1, 6), vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(columns_last(&weight, shape), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    #[test]
    fn filters_end_in_channels() {
        let weight = Array4::from_shape_vec((1, 2, 1, 2), vec![0.0, 1.0, 10.0, 11.0]).unwrap();
        assert_eq!(channels_last(&weight), [0.0, 10.0, 1.0, 11.0]);
    }
}
