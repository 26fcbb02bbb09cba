//! Depthwise convolution.

use std::vec::Vec;

use proptest::{prelude::*, test_runner::TestCaseResult};

use super::reference::{self, Values, index, taps};
use super::{
    Noise, clear_frame, framed, gives, lay_out, outputs, survives_failures, tensors, windows,
};
use crate::kernels::{Depthwise, depthwise};
use crate::{
    EmulatedFram, Field, I8, I16, Kind, Output, Requantise, SHIFT_16, SHIFT_24, Tensor, U8, Window,
};

/// A layer without its tables, which `seed` gives.
#[derive(Debug, Clone)]
struct Case {
    input: Tensor,
    window: Window,
    shift: u8,
    output: Output,
    seed: u64,
}

impl Case {
    /// Hands the layer, the memory before and the kernel to `check`.
    fn with(
        &self,
        check: impl Fn(
            &Depthwise<'_>,
            &Tensor,
            &EmulatedFram,
            &dyn Fn(&mut EmulatedFram, u16),
        ) -> TestCaseResult,
    ) -> TestCaseResult {
        let mut noise = Noise(self.seed);
        let Case { window, mut output, .. } = *self;
        let mut input = framed(self.input, &window, [output.tensor.height, output.tensor.width]);
        let mut memory = noise.memory(lay_out([&mut input, &mut output.tensor]));
        clear_frame(&mut memory, &input);
        let channels = input.channels;
        let layer = Depthwise {
            field: Field::new(&input, &window),
            weights: &noise.bytes((channels * window.rows * window.cols).into()),
            requantise: Requantise {
                bias: &noise.biases(channels),
                multiplier: &noise.multipliers(channels),
                shift: self.shift,
            },
            output,
        };
        check(&layer, &input, &memory, &|memory, step| match input.kind {
            Kind::U8 => depthwise::<U8, _>(&layer, memory, step),
            Kind::I8 => depthwise::<I8, _>(&layer, memory, step),
            Kind::I16 => depthwise::<I16, _>(&layer, memory, step),
        })
    }
}

fn cases(extent: u16) -> impl Strategy<Value = Case> {
    let shapes =
        (1..=6u16).prop_flat_map(move |channels| (tensors(7, channels), outputs(extent, channels)));
    let shift = prop_oneof![Just(SHIFT_16), Just(SHIFT_24)];
    (shapes, windows(), shift, any::<u64>()).prop_map(|((input, output), window, shift, seed)| {
        Case { input, window, shift, output, seed }
    })
}

fn expected(
    layer: &Depthwise<'_>,
    window: &Window,
    input: &Tensor,
    memory: &EmulatedFram,
) -> Vec<i64> {
    let input = Values::of(memory, input);
    let (rows, cols) = (i64::from(window.rows), i64::from(window.cols));
    reference::outputs(&layer.output, |y, x, channel| {
        let mut sum = 0;
        for (row, col, value) in taps(window, &input, (y, x), channel) {
            let weight = layer.weights[index((channel * rows + row) * cols + col)];
            sum += value * i64::from(weight.cast_signed());
        }
        reference::requantise(&layer.requantise, sum, channel)
    })
}

proptest! {
    #[test]
    fn depthwise_is_the_plain_sum(case in cases(5)) {
        case.with(|layer, input, memory, kernel| {
            let expected = expected(layer, &case.window, input, memory);
            gives(memory, &layer.output, &expected, kernel)
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn depthwise_survives_failures(case in cases(2)) {
        case.with(|layer, _, memory, kernel| survives_failures(memory, &layer.output, kernel))?;
    }
}
