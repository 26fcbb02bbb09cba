//! Sums of products, which the kernels share.

use std::vec::Vec;

use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};

use crate::{Element, I8, I16, U8};

/// The elements `step` bytes apart, by their definition.
fn elements<E: Element>(bytes: &[u8], step: usize) -> Vec<i64> {
    let size = usize::from(E::KIND.size());
    let whole = (0..bytes.len()).step_by(step).filter(|at| at + size <= bytes.len());
    whole
        .map(|at| match (E::KIND.range(), bytes[at]) {
            ((0, _), byte) => i64::from(byte),
            ((-127, _), byte) => i64::from(byte.cast_signed()),
            (_, low) => i64::from(low) + 256 * i64::from(bytes[at + 1].cast_signed()),
        })
        .collect()
}

fn expected(sum: i32, elements: &[i64], weights: &[u8]) -> i64 {
    let products = elements
        .iter()
        .zip(weights)
        .map(|(element, weight)| element * i64::from(weight.cast_signed()));
    i64::from(sum) + products.sum::<i64>()
}

fn check<E: Element>(sum: i32, bytes: &[u8], weights: &[u8], gap: u16) -> TestCaseResult {
    let size = E::KIND.size();
    let run = elements::<E>(bytes, size.into());
    prop_assert_eq!(i64::from(E::dot(sum, bytes, weights)), expected(sum, &run, weights));
    let step = size * gap;
    let apart = elements::<E>(bytes, step.into());
    // Too few elements count as none.
    let found = if apart.len() < weights.len() { &[] } else { weights };
    prop_assert_eq!(
        i64::from(E::dot_strided(sum, bytes, step, weights)),
        expected(sum, &apart, found)
    );
    Ok(())
}

proptest! {
    #[test]
    fn dot_is_the_plain_sum(
        sum in -(1i32 << 29)..(1 << 29),
        bytes in vec(any::<u8>(), 0..200),
        weights in vec(any::<u8>(), 0..40),
        gap in 1..=9u16,
    ) {
        check::<U8>(sum, &bytes, &weights, gap)?;
        check::<I8>(sum, &bytes, &weights, gap)?;
        check::<I16>(sum, &bytes, &weights, gap)?;
    }

    #[test]
    fn dot_wraps_around(sum: i32, element: i16, weight: i8) {
        let product = i32::from(element) * i32::from(weight);
        let weights = [weight.cast_unsigned()];
        let found = I16::dot(sum, &element.to_le_bytes(), &weights);
        prop_assert_eq!(found, sum.wrapping_add(product));
    }
}
