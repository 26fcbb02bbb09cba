//! How the tensors of the ONNX graph lie over the nodes of ours.
//!
//! Reshapes, transposes and slices move no data: they only change which element of a node each
//! element of the tensor is.

use crate::graph::{NodeId, Shape};

/// A tensor of the ONNX graph as a selection of elements of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Node that holds the elements.
    pub node: NodeId,
    /// Extents of the tensor, the batch axis included where the ONNX graph has it.
    pub shape: Vec<usize>,
    /// Position in the node, in `C x H x W` order, of each element of the tensor.
    pub index: Vec<u32>,
}

impl View {
    /// All elements of `node` in their order, as a tensor of `shape`.
    ///
    /// # Panics
    /// If there are 2^32 elements; the import refuses tensors far smaller.
    pub fn whole(node: NodeId, shape: Vec<usize>) -> Self {
        let len = u32::try_from(shape.iter().product::<usize>()).expect("bounded tensor size");
        View { node, shape, index: (0..len).collect() }
    }

    /// The same elements with other extents of the same product.
    pub fn reshape(mut self, shape: Vec<usize>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), self.index.len());
        self.shape = shape;
        self
    }

    /// Axis `k` of the result is axis `order[k]` of `self`.
    pub fn transpose(&self, order: &[usize]) -> Self {
        let steps = row_major(&self.shape);
        let axes: Vec<_> = order.iter().map(|&a| (self.shape[a], steps[a])).collect();
        self.gather(0, &axes)
    }

    /// Elements `start, start + step, ...` of one axis, `count` of them.
    pub fn select(&self, axis: usize, start: usize, step: usize, count: usize) -> Self {
        let steps = row_major(&self.shape);
        let first = start * steps[axis];
        let mut walk: Vec<_> = self.shape.iter().copied().zip(steps).collect();
        walk[axis] = (count, walk[axis].1 * step);
        self.gather(first, &walk)
    }

    /// The elements at `first + sum(i_k * step_k)` for all `i_k < extent_k`.
    fn gather(&self, first: usize, axes: &[(usize, usize)]) -> Self {
        let mut positions = vec![first];
        for &(extent, step) in axes {
            positions =
                positions.iter().flat_map(|&p| (0..extent).map(move |i| p + i * step)).collect();
        }
        View {
            node: self.node,
            shape: axes.iter().map(|&(extent, _)| extent).collect(),
            index: positions.into_iter().map(|p| self.index[p]).collect(),
        }
    }

    /// Whether the elements are `0, 1, 2, ...`.
    pub fn in_order(&self) -> bool {
        self.index.iter().zip(0..).all(|(&i, k)| i == k)
    }

    /// For a tensor of shape `[c, h, w]`: the `(rows, columns)` strides that read it from a node
    /// of shape `of`, all channels and starting at the first row and column.
    pub fn strides(&self, of: Shape) -> Option<(usize, usize)> {
        let &[c, h, w] = self.shape.as_slice() else {
            return None;
        };
        let at = |k: usize| self.index.get(k).map_or(0, |&i| i as usize);
        let rows = if h > 1 { at(w) / of.w } else { of.h };
        let cols = if w > 1 { at(1) } else { of.w };
        let fits = c == of.c
            && rows > 0
            && cols > 0
            && of.h.div_ceil(rows) == h
            && of.w.div_ceil(cols) == w;
        let expected = (0..c).flat_map(|i| {
            (0..h).flat_map(move |y| (0..w).map(move |x| (i * of.h + y * rows) * of.w + x * cols))
        });
        (fits && self.index.iter().zip(expected).all(|(&i, e)| i as usize == e))
            .then_some((rows, cols))
    }
}

/// Distance between neighbours along each axis of a row-major tensor.
pub fn row_major(shape: &[usize]) -> Vec<usize> {
    let mut steps = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        steps[axis - 1] = steps[axis] * shape[axis];
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_twice_is_the_identity() {
        let view = View::whole(3, vec![2, 3, 4]);
        let there = view.transpose(&[2, 0, 1]);
        assert_eq!(there.shape, [4, 2, 3]);
        assert!(!there.in_order());
        assert_eq!(there.transpose(&[1, 2, 0]), view);
    }

    #[test]
    fn strides_are_recognised_only_from_the_first_row() {
        let of = Shape { c: 2, h: 5, w: 6 };
        let view = View::whole(1, vec![2, 5, 6]);
        assert_eq!(view.strides(of), Some((1, 1)));
        assert_eq!(view.select(1, 0, 2, 3).select(2, 0, 3, 2).strides(of), Some((2, 3)));
        assert_eq!(view.select(1, 1, 2, 2).strides(of), None);
        assert_eq!(view.select(1, 0, 2, 2).strides(of), None);
        assert_eq!(view.transpose(&[0, 2, 1]).strides(of), None);
    }

    #[test]
    fn one_row_of_many_counts_as_a_stride_over_all() {
        let of = Shape { c: 2, h: 3, w: 1 };
        assert_eq!(View::whole(1, vec![2, 3, 1]).select(1, 0, 1, 1).strides(of), Some((3, 1)));
    }
}
