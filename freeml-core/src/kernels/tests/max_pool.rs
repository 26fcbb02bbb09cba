//! Maximum over windows.

use std::vec::Vec;

use proptest::prelude::*;

use super::reference::{self, Values, taps};
use super::{Noise, gives, lay_out, outputs, survives_failures, tensors, windows};
use crate::kernels::{MaxPool, max_pool};
use crate::{EmulatedFram, I8, I16, Kind, U8};

/// Layers whose output is of the input's kind or, where that loses no sign, of bytes.
fn layers(extent: u16) -> impl Strategy<Value = MaxPool> {
    let shapes =
        (1..=6u16).prop_flat_map(move |channels| (tensors(7, channels), outputs(extent, channels)));
    (shapes, windows(), any::<bool>()).prop_map(|((mut input, mut output), window, same)| {
        if same {
            input.kind = output.tensor.kind;
        } else {
            output.tensor.kind = Kind::U8;
            (output.low, output.high) = (0, output.high.min(255));
        }
        lay_out([&mut input, &mut output.tensor]);
        MaxPool { input, window, output }
    })
}

fn memory(layer: &MaxPool, seed: u64) -> EmulatedFram {
    let mut layer = *layer;
    Noise(seed).memory(lay_out([&mut layer.input, &mut layer.output.tensor]))
}

fn kernel(layer: &MaxPool, memory: &mut EmulatedFram, step: u16) {
    match layer.input.kind {
        Kind::U8 => max_pool::<U8, _>(layer, memory, step),
        Kind::I8 => max_pool::<I8, _>(layer, memory, step),
        Kind::I16 => max_pool::<I16, _>(layer, memory, step),
    }
}

fn expected(layer: &MaxPool, memory: &EmulatedFram) -> Vec<i64> {
    let input = Values::of(memory, &layer.input);
    reference::outputs(&layer.output, |y, x, channel| {
        let taps = taps(&layer.window, &input, (y, x), channel);
        let values = taps.into_iter().map(|(_, _, value)| value);
        // Nothing is less than everything.
        values.max().unwrap_or(i64::MIN)
    })
}

proptest! {
    #[test]
    fn max_pool_is_the_plain_maximum(layer in layers(5), seed: u64) {
        let before = memory(&layer, seed);
        let expected = expected(&layer, &before);
        gives(&before, &layer.output, &expected, |memory, step| kernel(&layer, memory, step))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn max_pool_survives_failures(layer in layers(2), seed: u64) {
        let before = memory(&layer, seed);
        survives_failures(&before, &layer.output, |memory, step| kernel(&layer, memory, step))?;
    }
}
