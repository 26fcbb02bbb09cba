//! Operators of the graph and their parameters.

use ndarray::{Array2, Array4};

/// What a node computes.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The sample itself; always node 0.
    Input,
    /// Convolution, 1-D ones having one row.
    Conv(Conv),
    /// Fully connected layer over the whole operand.
    Dense(Dense),
    /// Maximum or average over windows.
    Pool(Pool),
    /// Element-wise sum of two operands of one shape.
    Add,
    /// Element-wise clamp.
    Activation(Activation),
    /// Per-channel `scale * x + shift`.
    Affine(Affine),
}

/// Convolution with zero padding.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv {
    /// Weights, `[out channels, in channels / groups, kernel rows, kernel columns]`.
    pub weight: Array4<f32>,
    /// One per output channel.
    pub bias: Vec<f32>,
    /// Rows and columns between two windows.
    pub stride: (usize, usize),
    /// Zero rows before and after the operand.
    pub pad_rows: (usize, usize),
    /// Zero columns before and after the operand.
    pub pad_cols: (usize, usize),
    /// Distance between two taps, in rows and columns.
    pub dilation: (usize, usize),
    /// Number of groups that input and output channels are split into.
    pub groups: usize,
}

/// Fully connected layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Weights `[out, in]`, columns in the `C x H x W` order of the operand.
    pub weight: Array2<f32>,
    /// One per output.
    pub bias: Vec<f32>,
}

/// Which reduction a pool applies to its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    /// Largest element.
    Max,
    /// Mean of the elements of the window that lie inside the operand.
    Average,
    /// Sum over the window divided by its full size, padding counted as zeros.
    AveragePadded,
}

/// Pooling over windows; a global pool has a window as large as its operand.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The reduction.
    pub kind: PoolKind,
    /// Rows and columns of the window.
    pub kernel: (usize, usize),
    /// Rows and columns between two windows.
    pub stride: (usize, usize),
    /// Rows before and after the operand that belong to windows.
    pub pad_rows: (usize, usize),
    /// Columns before and after the operand that belong to windows.
    pub pad_cols: (usize, usize),
}

/// Element-wise clamp to `[low, high]`; `high` is infinite for a plain `ReLU`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Activation {
    /// Lower bound (0 for `ReLU` and `ReLU6`).
    pub low: f32,
    /// Upper bound (6 for `ReLU6`).
    pub high: f32,
}

/// Per-channel affine map, what remains of a batch normalisation that no neighbour absorbs.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// Factor of each channel.
    pub scale: Vec<f32>,
    /// Offset of each channel.
    pub shift: Vec<f32>,
}
