//! What kernels compute, by coordinates and without limits on numbers.

use std::vec::Vec;

use crate::kernels::Residual;
use crate::{EmulatedFram, Kind, Memory, Output, Requantise, SHIFT_24, Tensor, Window};

/// An index that a loop over `i64` coordinates gives.
pub fn index(value: i64) -> usize {
    usize::try_from(value).expect("coordinates inside a tensor are not negative")
}

/// The elements of a tensor.
pub struct Values {
    shape: [i64; 3],
    values: Vec<i64>,
}

impl Values {
    /// Reads `tensor` from `memory`.
    pub fn of(memory: &EmulatedFram, tensor: &Tensor) -> Self {
        let bytes = &memory.contents()[usize::from(tensor.at)..][..usize::from(tensor.bytes())];
        let values = match tensor.kind {
            Kind::U8 => bytes.iter().map(|&byte| byte.into()).collect(),
            Kind::I8 => bytes.iter().map(|byte| byte.cast_signed().into()).collect(),
            Kind::I16 => {
                bytes.chunks(2).map(|word| i16::from_le_bytes([word[0], word[1]]).into()).collect()
            }
        };
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

/// 2^10 times element `index` in output units.
pub fn residual(residual: Residual, memory: &EmulatedFram, index: usize) -> i64 {
    let at = usize::from(residual.at) + index;
    let byte = memory.byte(u16::try_from(at).expect("inside the state"));
    let value = match residual.kind {
        Kind::I8 => i64::from(byte.cast_signed()),
        _ => i64::from(byte),
    };
    value * i64::from(residual.multiplier)
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
