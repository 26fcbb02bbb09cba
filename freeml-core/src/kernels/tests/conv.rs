//! Convolution, pooled and with a residual; fully connected layers.

use std::vec::Vec;

use proptest::{prelude::*, test_runner::TestCaseResult};

use super::reference::{self, Values, index, taps};
use super::{Noise, extents, gives, kinds, lay_out, outputs, survives_failures, tensors, windows};
use crate::kernels::{Conv, PoolWindow, Residual, conv};
use crate::{
    EmulatedFram, I8, I16, Kind, Output, Requantise, SHIFT_16, SHIFT_24, Tensor, U8, Window,
};

/// A layer without its tables, which `seed` gives.
#[derive(Debug, Clone)]
struct Case {
    input: Tensor,
    window: Window,
    groups: u16,
    pool: PoolWindow,
    shift: u8,
    residual: Option<(Kind, i16)>,
    output: Output,
    seed: u64,
}

impl Case {
    /// Whether a window reaches beyond the input.
    fn padded(&self) -> bool {
        let Window { rows, cols, row_stride, col_stride, top, left, row_dilation, col_dilation } =
            self.window;
        let (pool, output) = (&self.pool, &self.output.tensor);
        let end =
            |count: u16, pool_stride: u16, pool: u16, stride: u16, taps: u16, dilation: u16| {
                ((count - 1) * pool_stride + pool - 1) * stride + (taps - 1) * dilation + 1
            };
        let bottom = end(output.height, pool.row_stride, pool.rows, row_stride, rows, row_dilation);
        let right = end(output.width, pool.col_stride, pool.cols, col_stride, cols, col_dilation);
        top > 0 || left > 0 || bottom > self.input.height || right > self.input.width
    }

    /// Hands the layer, the memory before and the kernel to `check`.
    fn with(
        &self,
        check: impl Fn(&Conv<'_>, &EmulatedFram, &dyn Fn(&mut EmulatedFram, u16)) -> TestCaseResult,
    ) -> TestCaseResult {
        let mut noise = Noise(self.seed);
        let Case { mut input, mut output, .. } = *self;
        let mut added = Tensor { kind: Kind::U8, ..output.tensor };
        let memory = noise.memory(lay_out([&mut input, &mut output.tensor, &mut added]));
        let channels = output.tensor.channels;
        let filter = self.window.rows * self.window.cols * (input.channels / self.groups);
        let layer = Conv {
            input,
            window: self.window,
            padded: self.padded(),
            depth: input.channels / self.groups,
            group_outputs: self.output.tensor.channels / self.groups,
            pool: self.pool,
            weights: &noise.bytes(usize::from(filter) * usize::from(channels)),
            requantise: Requantise {
                bias: &noise.biases(channels),
                multiplier: &noise.multipliers(channels),
                shift: self.shift,
            },
            residual: self.residual.map(|(kind, multiplier)| Residual {
                at: added.at,
                kind,
                multiplier,
            }),
            output,
        };
        check(&layer, &memory, &|memory, step| match input.kind {
            Kind::U8 => conv::<U8, _>(&layer, memory, step),
            Kind::I8 => conv::<I8, _>(&layer, memory, step),
            Kind::I16 => conv::<I16, _>(&layer, memory, step),
        })
    }
}

fn pools() -> impl Strategy<Value = PoolWindow> {
    let any = (extents(3), 1..=3u16, 1..=3u16);
    let any = any.prop_map(|((rows, cols), row_stride, col_stride)| PoolWindow {
        rows,
        cols,
        row_stride,
        col_stride,
    });
    prop_oneof![Just(PoolWindow::POINT), any]
}

fn shifts() -> impl Strategy<Value = u8> {
    prop_oneof![Just(SHIFT_16), Just(SHIFT_24)]
}

/// A pool and a residual, which exclude each other.
fn extras() -> impl Strategy<Value = (PoolWindow, Option<(Kind, i16)>)> {
    let residual = (prop_oneof![Just(Kind::U8), Just(Kind::I8)], 0..=i16::MAX);
    prop_oneof![
        pools().prop_map(|pool| (pool, None)),
        residual.prop_map(|residual| (PoolWindow::POINT, Some(residual))),
    ]
}

fn cases(extent: u16) -> impl Strategy<Value = Case> {
    let channels = (1..=3u16, 1..=3u16, 1..=4u16);
    let shapes = channels.prop_flat_map(move |(groups, from, to)| {
        let input = tensors(7, groups * from);
        (Just(groups), input, outputs(extent, groups * to))
    });
    (shapes, windows(), extras(), shifts(), any::<u64>()).prop_map(
        |((groups, input, output), window, (pool, residual), shift, seed)| Case {
            input,
            window,
            groups,
            pool,
            shift,
            residual,
            output,
            seed,
        },
    )
}

fn dense_cases() -> impl Strategy<Value = Case> {
    let vector = |channels| move |kind| Tensor { at: 0, height: 1, width: 1, channels, kind };
    let input = (1..=300u16).prop_flat_map(move |channels| kinds().prop_map(vector(channels)));
    let output = (1..=12u16).prop_flat_map(|channels| outputs(1, channels));
    (input, output, shifts(), any::<u64>()).prop_map(|(input, output, shift, seed)| Case {
        input,
        window: Window::POINT,
        groups: 1,
        pool: PoolWindow::POINT,
        shift,
        residual: None,
        output,
        seed,
    })
}

/// The convolution alone, at row `y` and column `x` of its own results.
fn sum(layer: &Conv<'_>, input: &Values, y: i64, x: i64, channel: i64) -> i64 {
    let from = i64::from(layer.depth);
    let group = channel / i64::from(layer.group_outputs);
    let (rows, cols) = (i64::from(layer.window.rows), i64::from(layer.window.cols));
    let mut sum = 0;
    for source in 0..from {
        for (row, col, value) in taps(&layer.window, input, (y, x), group * from + source) {
            let weight = ((channel * rows + row) * cols + col) * from + source;
            sum += value * i64::from(layer.weights[index(weight)].cast_signed());
        }
    }
    sum
}

fn expected(layer: &Conv<'_>, memory: &EmulatedFram) -> Vec<i64> {
    let input = Values::of(memory, &layer.input);
    let Tensor { width, channels, .. } = layer.output.tensor;
    let Conv { pool, .. } = layer;
    reference::outputs(&layer.output, |y, x, channel| {
        let mut largest = i64::MIN;
        for row in 0..i64::from(pool.rows) {
            for col in 0..i64::from(pool.cols) {
                let y = y * i64::from(pool.row_stride) + row;
                let x = x * i64::from(pool.col_stride) + col;
                let sum = sum(layer, &input, y, x, channel);
                let value = reference::requantise(&layer.requantise, sum, channel);
                largest = largest.max(value);
            }
        }
        let place = (y * i64::from(width) + x) * i64::from(channels) + channel;
        let added = layer.residual.map_or(0, |residual| {
            reference::nearest(reference::residual(residual, memory, index(place)))
        });
        largest + added
    })
}

proptest! {
    #[test]
    fn conv_is_the_plain_sum(case in cases(5)) {
        case.with(|layer, memory, kernel| {
            gives(memory, &layer.output, &expected(layer, memory), kernel)
        })?;
    }

    #[test]
    fn dense_is_the_plain_sum(case in dense_cases()) {
        case.with(|layer, memory, kernel| {
            gives(memory, &layer.output, &expected(layer, memory), kernel)
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn conv_survives_failures(case in cases(2)) {
        case.with(|layer, memory, kernel| survives_failures(memory, &layer.output, kernel))?;
    }
}
