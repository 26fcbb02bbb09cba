//! Mean over windows.

use std::vec::Vec;

use proptest::{prelude::*, test_runner::TestCaseResult};

use super::reference::{self, Values, taps};
use super::{Noise, gives, lay_out, outputs, survives_failures, tensors, windows};
use crate::kernels::{AveragePool, average_pool};
use crate::{
    EmulatedFram, I8, I16, Kind, Output, Requantise, SHIFT_16, SHIFT_24, Tensor, U8, Window,
};

#[derive(Debug, Clone)]
struct Case {
    input: Tensor,
    window: Window,
    inside_only: bool,
    bias: i32,
    multiplier: i16,
    shift: u8,
    output: Output,
    seed: u64,
}

impl Case {
    /// Hands the layer, the memory before and the kernel to `check`.
    fn with(
        &self,
        check: impl Fn(
            &AveragePool<'_>,
            &EmulatedFram,
            &dyn Fn(&mut EmulatedFram, u16),
        ) -> TestCaseResult,
    ) -> TestCaseResult {
        let Case { mut input, mut output, .. } = *self;
        let memory = Noise(self.seed).memory(lay_out([&mut input, &mut output.tensor]));
        let layer = AveragePool {
            input,
            window: self.window,
            inside_only: self.inside_only,
            requantise: Requantise {
                bias: &[self.bias],
                multiplier: &[self.multiplier],
                shift: self.shift,
            },
            output,
        };
        check(&layer, &memory, &|memory, step| match input.kind {
            Kind::U8 => average_pool::<U8, _>(&layer, memory, step),
            Kind::I8 => average_pool::<I8, _>(&layer, memory, step),
            Kind::I16 => average_pool::<I16, _>(&layer, memory, step),
        })
    }
}

fn cases(extent: u16) -> impl Strategy<Value = Case> {
    let shapes =
        (1..=6u16).prop_flat_map(move |channels| (tensors(7, channels), outputs(extent, channels)));
    let shift = prop_oneof![Just(SHIFT_16), Just(SHIFT_24)];
    let requantise = (-10_000..10_000, 0..=i16::MAX, shift);
    (shapes, windows(), any::<bool>(), requantise, any::<u64>()).prop_map(
        |((input, output), window, inside_only, (bias, multiplier, shift), seed)| Case {
            input,
            window,
            inside_only,
            bias,
            multiplier,
            shift,
            output,
            seed,
        },
    )
}

fn expected(layer: &AveragePool<'_>, memory: &EmulatedFram) -> Vec<i64> {
    let input = Values::of(memory, &layer.input);
    let full = i64::from(layer.window.rows) * i64::from(layer.window.cols);
    reference::outputs(&layer.output, |y, x, channel| {
        let taps = taps(&layer.window, &input, (y, x), channel);
        let count = i64::try_from(taps.len()).expect("few taps");
        let mut sum: i64 = taps.iter().map(|(_, _, value)| value).sum();
        if layer.inside_only && count > 0 {
            // As if every tap had the mean of those inside.
            sum = sum * full / count;
        }
        reference::requantise(&layer.requantise, sum, 0)
    })
}

proptest! {
    #[test]
    fn average_pool_is_the_plain_mean(case in cases(5)) {
        case.with(|layer, memory, kernel| {
            gives(memory, &layer.output, &expected(layer, memory), kernel)
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn average_pool_survives_failures(case in cases(2)) {
        case.with(|layer, memory, kernel| survives_failures(memory, &layer.output, kernel))?;
    }
}
