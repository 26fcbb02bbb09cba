//! Convolution, pooled and with a residual; fully connected layers.

use std::vec::Vec;

use proptest::{prelude::*, test_runner::TestCaseResult};

use super::reference::{self, Values, index, taps};
use super::{
    Noise, clear_frame, extents, framed, frames, gives, kinds, lay_out, outputs, survives_failures,
    tensors, windows,
};
use crate::kernels::{Conv, PoolWindow, Residual, conv};
use crate::{
    EmulatedFram, Field, Frame, I8, I16, Kind, Output, Requantise, SHIFT_16, SHIFT_24, Tensor, U8,
    Window,
};

/// A layer without its tables, which `seed` gives.
#[derive(Debug, Clone)]
struct Case {
    input: Tensor,
    window: Window,
    groups: u16,
    pool: PoolWindow,
    shift: u8,
    /// Kind, frame and multiplier.
    residual: Option<(Kind, Frame, i16)>,
    output: Output,
    seed: u64,
}

impl Case {
    /// Rows and columns of results that the pool reads.
    fn results(&self) -> [u16; 2] {
        let (pool, output) = (&self.pool, &self.output.tensor);
        [
            (output.height - 1) * pool.row_stride + pool.rows,
            (output.width - 1) * pool.col_stride + pool.cols,
        ]
    }

    /// Hands the layer, its operands, the memory before and the kernel to `check`.
    fn with(
        &self,
        check: impl Fn(
            &Conv<'_>,
            [&Tensor; 2],
            &EmulatedFram,
            &dyn Fn(&mut EmulatedFram, u16),
        ) -> TestCaseResult,
    ) -> TestCaseResult {
        let mut noise = Noise(self.seed);
        let Case { mut output, .. } = *self;
        let mut input = framed(self.input, &self.window, self.results());
        let (kind, frame, multiplier) = self.residual.unwrap_or((Kind::U8, Frame::NONE, 0));
        let mut added = Tensor { frame, kind, ..output.tensor };
        let mut memory = noise.memory(lay_out([&mut input, &mut output.tensor, &mut added]));
        clear_frame(&mut memory, &input);
        let channels = output.tensor.channels;
        let filter = self.window.rows * self.window.cols * (input.channels / self.groups);
        let layer = Conv {
            field: Field::new(&input, &self.window),
            depth: input.channels / self.groups,
            group_outputs: self.output.tensor.channels / self.groups,
            pool: self.pool,
            weights: &noise.bytes(usize::from(filter) * usize::from(channels)),
            requantise: Requantise {
                bias: &noise.biases(channels),
                multiplier: &noise.multipliers(channels),
                shift: self.shift,
            },
            residual: self.residual.map(|_| Residual {
                at: added.at,
                gap: added.gap_bytes(),
                kind,
                multiplier,
            }),
            output,
        };
        check(&layer, [&input, &added], &memory, &|memory, step| match input.kind {
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
fn extras() -> impl Strategy<Value = (PoolWindow, Option<(Kind, Frame, i16)>)> {
    let residual = (prop_oneof![Just(Kind::U8), Just(Kind::I8)], frames(), 0..=i16::MAX);
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

/// A window over all of the input.
fn dense_cases() -> impl Strategy<Value = Case> {
    let vector = |(channels, kind)| Tensor {
        at: 0,
        height: 1,
        width: 1,
        channels,
        frame: Frame::NONE,
        kind,
    };
    let maps = (1..=6u16).prop_flat_map(|channels| tensors(7, channels));
    let input = prop_oneof![(1..=300u16, kinds()).prop_map(vector), maps];
    let output = (1..=12u16).prop_flat_map(|channels| outputs(1, channels));
    (input, output, shifts(), any::<u64>()).prop_map(|(input, output, shift, seed)| Case {
        input,
        window: Window { rows: input.height, cols: input.width, ..Window::POINT },
        groups: 1,
        pool: PoolWindow::POINT,
        shift,
        residual: None,
        output,
        seed,
    })
}

/// The convolution alone, at row `y` and column `x` of its own results.
fn sum(case: &Case, layer: &Conv<'_>, input: &Values, [y, x, channel]: [i64; 3]) -> i64 {
    let from = i64::from(layer.depth);
    let group = channel / i64::from(layer.group_outputs);
    let (rows, cols) = (i64::from(case.window.rows), i64::from(case.window.cols));
    let mut sum = 0;
    for source in 0..from {
        for (row, col, value) in taps(&case.window, input, (y, x), group * from + source) {
            let weight = ((channel * rows + row) * cols + col) * from + source;
            sum += value * i64::from(layer.weights[index(weight)].cast_signed());
        }
    }
    sum
}

fn expected(
    case: &Case,
    layer: &Conv<'_>,
    operands: [&Tensor; 2],
    memory: &EmulatedFram,
) -> Vec<i64> {
    let [input, added] = operands.map(|operand| Values::of(memory, operand));
    let Conv { pool, .. } = layer;
    reference::outputs(&layer.output, |y, x, channel| {
        let mut largest = i64::MIN;
        for row in 0..i64::from(pool.rows) {
            for col in 0..i64::from(pool.cols) {
                let y = y * i64::from(pool.row_stride) + row;
                let x = x * i64::from(pool.col_stride) + col;
                let sum = sum(case, layer, &input, [y, x, channel]);
                let value = reference::requantise(&layer.requantise, sum, channel);
                largest = largest.max(value);
            }
        }
        let added = layer.residual.map_or(0, |residual| {
            let term = reference::residual(residual.multiplier, &added, [y, x, channel]);
            reference::nearest(term)
        });
        largest + added
    })
}

/// Whether the layer computes what the reference does.
fn is_plain(case: &Case) -> TestCaseResult {
    case.with(|layer, operands, memory, kernel| {
        gives(memory, &layer.output, &expected(case, layer, operands, memory), kernel)
    })
}

proptest! {
    #[test]
    fn conv_is_the_plain_sum(case in cases(4)) {
        is_plain(&case)?;
    }

    #[test]
    fn dense_is_the_plain_sum(case in dense_cases()) {
        is_plain(&case)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn conv_survives_failures(case in cases(2)) {
        case.with(|layer, _, memory, kernel| survives_failures(memory, &layer.output, kernel))?;
    }
}
