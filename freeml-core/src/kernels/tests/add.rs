//! Element-wise sum.

use std::vec::Vec;

use proptest::prelude::*;

use super::reference::{self, index};
use super::{Noise, gives, lay_out, outputs, survives_failures};
use crate::kernels::{Add, Residual, add};
use crate::{EmulatedFram, Kind, Tensor};

fn operands() -> impl Strategy<Value = Residual> {
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I8)];
    (kind, 0..=i16::MAX).prop_map(|(kind, multiplier)| Residual { at: 0, kind, multiplier })
}

/// A layer and the memory before.
fn cases(extent: u16) -> impl Strategy<Value = (Add, EmulatedFram)> {
    let output = (1..=6u16).prop_flat_map(move |channels| outputs(extent, channels));
    ([operands(), operands()], output, any::<u64>()).prop_map(
        |([mut a, mut b], mut output, seed)| {
            let bytes = Tensor { kind: Kind::U8, ..output.tensor };
            let (mut first, mut second) = (bytes, bytes);
            let len = lay_out([&mut first, &mut output.tensor, &mut second]);
            (a.at, b.at) = (first.at, second.at);
            let operands = [a, b];
            (Add { operands, output }, Noise(seed).memory(len))
        },
    )
}

fn expected(layer: &Add, memory: &EmulatedFram) -> Vec<i64> {
    let Tensor { width, channels, .. } = layer.output.tensor;
    reference::outputs(&layer.output, |y, x, channel| {
        let place = index((y * i64::from(width) + x) * i64::from(channels) + channel);
        let [a, b] = layer.operands;
        reference::nearest(
            reference::residual(a, memory, place) + reference::residual(b, memory, place),
        )
    })
}

proptest! {
    #[test]
    fn add_is_the_plain_sum((layer, before) in cases(5)) {
        let expected = expected(&layer, &before);
        gives(&before, &layer.output, &expected, |memory, step| add(&layer, memory, step))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn add_survives_failures((layer, before) in cases(2)) {
        survives_failures(&before, &layer.output, |memory, step| add(&layer, memory, step))?;
    }
}
