//! Element-wise sum.

use std::vec::Vec;

use proptest::prelude::*;

use super::reference::{self, Values};
use super::{Noise, frames, gives, lay_out, outputs, survives_failures};
use crate::kernels::{Add, Residual, add};
use crate::{EmulatedFram, Kind, Tensor};

/// A layer, its operands and the memory before.
#[derive(Debug)]
struct Case {
    layer: Add,
    terms: [Tensor; 2],
    before: EmulatedFram,
}

/// Multiplier, and where the operand is how stored.
fn operands() -> impl Strategy<Value = (i16, Tensor)> {
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I8)];
    (kind, frames(), 0..=i16::MAX).prop_map(|(kind, frame, multiplier)| {
        (multiplier, Tensor { at: 0, height: 0, width: 0, channels: 0, frame, kind })
    })
}

fn cases(extent: u16) -> impl Strategy<Value = Case> {
    let output = (1..=6u16).prop_flat_map(move |channels| outputs(extent, channels));
    (operands(), operands(), output, any::<u64>()).prop_map(|(a, b, mut output, seed)| {
        let shaped = |tensor: Tensor| {
            let Tensor { height, width, channels, .. } = output.tensor;
            Tensor { height, width, channels, ..tensor }
        };
        let (mut first, mut second) = (shaped(a.1), shaped(b.1));
        let len = lay_out([&mut first, &mut output.tensor, &mut second]);
        let operand = |multiplier, tensor: &Tensor| Residual {
            at: tensor.at,
            gap: tensor.gap_bytes(),
            kind: tensor.kind,
            multiplier,
        };
        let operands = [operand(a.0, &first), operand(b.0, &second)];
        Case {
            layer: Add { operands, output },
            terms: [first, second],
            before: Noise(seed).memory(len),
        }
    })
}

fn expected(case: &Case) -> Vec<i64> {
    let [a, b] = case.layer.operands;
    let [first, second] = case.terms.map(|term| Values::of(&case.before, &term));
    reference::outputs(&case.layer.output, |y, x, channel| {
        let place = [y, x, channel];
        reference::nearest(
            reference::residual(a.multiplier, &first, place)
                + reference::residual(b.multiplier, &second, place),
        )
    })
}

proptest! {
    #[test]
    fn add_is_the_plain_sum(case in cases(5)) {
        let Case { layer, before, .. } = &case;
        gives(before, &layer.output, &expected(&case), |memory, step| add(layer, memory, step))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn add_survives_failures(Case { layer, before, .. } in cases(2)) {
        survives_failures(&before, &layer.output, |memory, step| add(&layer, memory, step))?;
    }
}
