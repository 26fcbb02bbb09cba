//! What kernels compute, by coordinates and without limits on numbers.

use std::vec::Vec;

use crate::{EmulatedFram, Kind, Output, Requantise, SHIFT_24, Tensor, Window};

/// An index that a loop over `i64` coordinates gives.
pub fn index(value: i64) -> usize {
    usize::try_from(value).expect("coordinates inside a tensor are not negative")
}

/// Byte offsets of the elements of `tensor`, in memory order.
pub fn places(tensor: &Tensor) -> Vec<usize> {
    let [height, width, channels, side] =
        [tensor.height, tensor.width, tensor.channels, tensor.frame.side.into()].map(usize::from);
    let mut places = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                let element = (y * (width + side) + x) * channels + channel;
                places.push(usize::from(tensor.at) + element * usize::from(tensor.kind.size()));
            }
        }
    }
    places
}

/// The elements of a tensor.
pub struct Values {
    shape: [i64; 3],
    values: Vec<i64>,
}

impl Values {
    /// Reads `tensor` from `memory`.
    pub fn of(memory: &EmulatedFram, tensor: &Tensor) -> Self {
        let value = |at: usize| match (tensor.kind, &memory.contents()[at..]) {
            (Kind::U8, bytes) => bytes[0].into(),
            (Kind::I8, bytes) => bytes[0].cast_signed().into(),
            (Kind::I16, bytes) => i16::from_le_bytes([bytes[0], bytes[1]]).into(),
        };
        let values = places(tensor).into_iter().map(value).collect();
        let Tensor { height, width, channels, .. } = *tensor;
        Values { shape: [height.into(), width.into(), channels.into()], values }
    }

    /// The element at row `y`, column `x`; `None` beyond the edges.
    pub fn at(&self, y: i64, x: i64, channel: i64) -> Option<i64> {
        let [height, width, channels] = self.shape;
        let inside = (0..height).contains(&y) && (0..width).contains(&x);
        inside.then(|| self.values[index((y * width + x) * channels + channel)])
    }

    /// All elements in memory order.
    pub fn all(&self) -> &[i64] {
        &self.values
    }
}

/// The elements under the window for output row `y` and column `x`, with their tap's row and
/// column.
pub fn taps(
    window: &Window,
    input: &Values,
    (y, x): (i64, i64),
    channel: i64,
) -> Vec<(i64, i64, i64)> {
    let mut found = Vec::new();
    for row in 0..i64::from(window.rows) {
        for col in 0..i64::from(window.cols) {
            let y = y * i64::from(window.row_stride) + row * i64::from(window.row_dilation);
            let x = x * i64::from(window.col_stride) + col * i64::from(window.col_dilation);
            let (top, left) = (i64::from(window.top), i64::from(window.left));
            if let Some(value) = input.at(y - top, x - left, channel) {
                found.push((row, col, value));
            }
        }
    }
    found
}

/// `floor((sum + bias) * multiplier / 2^shift)`.
pub fn requantise(requantise: &Requantise<'_>, sum: i64, channel: i64) -> i64 {
    let bias = i64::from(requantise.bias[index(channel)]);
    let multiplier = i64::from(requantise.multiplier[index(channel)]);
    let divisor = if requantise.shift == SHIFT_24 { 1 << 24 } else { 1 << 16 };
    ((sum + bias) * multiplier).div_euclid(divisor)
}

/// 2^10 times the element of `term` at a row, a column and a channel, in output units.
pub fn residual(multiplier: i16, term: &Values, [y, x, channel]: [i64; 3]) -> i64 {
    term.at(y, x, channel).expect("inside the output") * i64::from(multiplier)
}

/// The integer nearest to `value / 2^10`, the larger one of two.
pub fn nearest(value: i64) -> i64 {
    (value + 512).div_euclid(1024)
}

/// The elements of an output in memory order, where `element` gives the one at a row, a column
/// and a channel.
pub fn outputs(output: &Output, element: impl Fn(i64, i64, i64) -> i64) -> Vec<i64> {
    let mut values = Vec::new();
    for y in 0..i64::from(output.tensor.height) {
        for x in 0..i64::from(output.tensor.width) {
            for channel in 0..i64::from(output.tensor.channels) {
                let value = element(y, x, channel);
                values.push(value.min(output.high.into()).max(output.low.into()));
            }
        }
    }
    values
}
