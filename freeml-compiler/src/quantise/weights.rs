//! Weights in the order in which the kernels read them.

use crate::graph::{Op, Shape};

/// Weights of a layer, row by row, in the order of the kernel; see [`memory_order`].
pub fn in_memory_order<'w>(
    weights: impl IntoIterator<Item = &'w f32>,
    channels: usize,
    plane: usize,
) -> Vec<f32> {
    let weights: Vec<f32> = weights.into_iter().copied().collect();
    let order = order(channels, plane);
    let rows = weights.chunks(order.len().max(1));
    rows.flat_map(|row| order.iter().map(|&place| row[place])).collect()
}

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
    order(channels, plane)
}

fn order(channels: usize, plane: usize) -> Vec<usize> {
    (0..plane).flat_map(|at| (0..channels).map(move |channel| channel * plane + at)).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array4};

    use super::*;
    use crate::graph::{Conv, Dense};

    #[test]
    fn dense_columns_follow_memory() {
        let op = Op::Dense(Dense { weight: Array2::zeros((1, 6)), bias: vec![0.0] });
        assert_eq!(memory_order(&op, Shape { c: 2, h: 1, w: 3 }), [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn filters_end_in_channels() {
        let op = Op::Conv(Conv {
            weight: Array4::zeros((1, 2, 1, 2)),
            bias: vec![0.0],
            stride: (1, 1),
            pad_rows: (0, 0),
            pad_cols: (0, 0),
            dilation: (1, 1),
            groups: 1,
        });
        assert_eq!(memory_order(&op, Shape { c: 2, h: 1, w: 2 }), [0, 2, 1, 3]);
    }

    #[test]
    fn every_row_is_put_in_order() {
        let weights = [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0];
        let ordered = in_memory_order(&weights, 2, 2);
        assert_eq!(ordered, [0.0, 2.0, 1.0, 3.0, 10.0, 12.0, 11.0, 13.0]);
    }
}
