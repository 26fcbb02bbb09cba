//! Zeros around tensors: the padding of the convolutions that read them.

use freeml_core::Frame;

use crate::error::Error;
use crate::graph::{Conv, Pool, Shape};
use crate::quantise::{QuantOp, Quantised};

/// The frame of each tensor of `network`: as far as any window reaches.
pub fn frames(network: &Quantised) -> Result<Vec<Frame>, Error> {
    let mut frames = vec![Frame::NONE; network.tensors.len()];
    for (index, layer) in network.layers.iter().enumerate() {
        let (conv, pool) = match &layer.op {
            QuantOp::Conv { conv, pool, .. } => (conv, pool.as_ref()),
            QuantOp::Depthwise { conv, .. } => (conv, None),
            _ => continue,
        };
        let operand = layer.operands[0];
        let shapes = [operand, index + 1].map(|tensor| network.tensors[tensor].shape);
        let frame = reach(&layer.name, conv, pool, shapes)?;
        let widest = &mut frames[operand];
        widest.top = widest.top.max(frame.top);
        widest.bottom = widest.bottom.max(frame.bottom);
        widest.side = widest.side.max(frame.side);
    }
    Ok(frames)
}

/// How far the windows of `layer`, a convolution of shapes `from` and `to`, reach beyond its
/// operand.
fn reach(
    layer: &str,
    conv: &Conv,
    pool: Option<&Pool>,
    [from, to]: [Shape; 2],
) -> Result<Frame, Error> {
    let (pool, pool_stride) = pool.map_or(((1, 1), (1, 1)), |pool| (pool.kernel, pool.stride));
    let (_, _, rows, cols) = conv.weight.dim();
    let (top, bottom) = Axis {
        taps: rows,
        stride: conv.stride.0,
        dilation: conv.dilation.0,
        pad: conv.pad_rows.0,
        pool: pool.0,
        pool_stride: pool_stride.0,
    }
    .reach(from.h, to.h);
    let (left, right) = Axis {
        taps: cols,
        stride: conv.stride.1,
        dilation: conv.dilation.1,
        pad: conv.pad_cols.0,
        pool: pool.1,
        pool_stride: pool_stride.1,
    }
    .reach(from.w, to.w);
    let narrow = |extent: usize| {
        u8::try_from(extent).map_err(|_| Error::padding_too_large(layer, extent, u8::MAX))
    };
    Ok(Frame { top: narrow(top)?, bottom: narrow(bottom)?, side: narrow(left.max(right))? })
}

/// A convolution and the pool on its results along one axis.
struct Axis {
    taps: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    pool: usize,
    pool_stride: usize,
}

impl Axis {
    /// Elements read before and behind the `from` ones of the operand for `to` results.
    fn reach(&self, from: usize, to: usize) -> (usize, usize) {
        let last_result = to.saturating_sub(1) * self.pool_stride + self.pool.saturating_sub(1);
        let last_tap = last_result * self.stride + self.taps.saturating_sub(1) * self.dilation;
        (self.pad, (last_tap + 1).saturating_sub(self.pad + from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_windows_read_is_framed() {
        let axis = Axis { taps: 3, stride: 1, dilation: 1, pad: 1, pool: 1, pool_stride: 1 };
        assert_eq!(axis.reach(8, 8), (1, 1));
        let strided = Axis { stride: 2, ..axis };
        assert_eq!(strided.reach(8, 4), (1, 0));
        assert_eq!(strided.reach(7, 4), (1, 1));
        let dilated = Axis { dilation: 2, pad: 4, ..axis };
        assert_eq!(dilated.reach(8, 8), (4, 0));
        // The last of nine results is in no pool window.
        let pooled = Axis { pool: 2, pool_stride: 2, ..axis };
        assert_eq!(pooled.reach(9, 4), (1, 0));
        assert_eq!(pooled.reach(8, 4), (1, 1));
        assert_eq!(Axis { taps: 1, pad: 0, ..axis }.reach(5, 5), (0, 0));
    }
}
