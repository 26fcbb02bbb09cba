//! Sums of products, which the kernels share.

use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};

use crate::{Element, I8, I16, Kind, Strides, Taps, U8};

/// Rows, columns and the gaps between their pairs, in elements and weights.
type Layout = (u16, u16, [u16; 3]);

fn element<E: Element>(bytes: &[u8], at: usize) -> i64 {
    let byte = bytes[at];
    match E::KIND {
        Kind::U8 => i64::from(byte),
        Kind::I8 => i64::from(byte.cast_signed()),
        Kind::I16 => i64::from(byte) + 256 * i64::from(bytes[at + 1].cast_signed()),
    }
}

fn check<E: Element>(
    sum: i32,
    bytes: &[u8],
    weights: &[u8],
    (rows, cols, [spacing, row_gap, weight_gap]): Layout,
) -> TestCaseResult {
    let size = E::KIND.size();
    for element_step in [size, size * spacing] {
        let element_row = element_step * (cols + row_gap);
        let weight_row = cols + weight_gap;
        let strides = Strides { element: element_step, element_row, weight_row };
        let taps = Taps::new(rows, cols, size, strides);
        let pairs = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col)));
        let end = usize::from((rows - 1) * element_row + (cols - 1) * element_step + size);
        prop_assert_eq!(usize::from(taps.element_bytes()), end);
        let held =
            end <= bytes.len() && usize::from((rows - 1) * weight_row + cols) <= weights.len();
        let mut expected = i64::from(sum);
        for (row, col) in pairs.filter(|_| held) {
            let at = usize::from(row * element_row + col * element_step);
            let weight = weights[usize::from(row * weight_row + col)].cast_signed();
            expected += element::<E>(bytes, at) * i64::from(weight);
        }
        prop_assert_eq!(i64::from(E::dot_spaced(sum, bytes, weights, &taps)), expected);
        if element_step == size {
            prop_assert_eq!(i64::from(E::dot(sum, bytes, weights, &taps)), expected);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn dot_is_the_plain_sum(
        sum in -(1i32 << 29)..(1 << 29),
        bytes in vec(any::<u8>(), 0..300),
        weights in vec(any::<u8>(), 0..60),
        layout in (1..6u16, 1..20u16, [1..4u16, 0..4, 0..4]),
    ) {
        check::<U8>(sum, &bytes, &weights, layout)?;
        check::<I8>(sum, &bytes, &weights, layout)?;
        check::<I16>(sum, &bytes, &weights, layout)?;
    }

    #[test]
    fn dot_wraps_around(sum: i32, element: i16, weight: i8) {
        let product = i32::from(element) * i32::from(weight);
        let weights = [weight.cast_unsigned()];
        let taps = Taps::new(1, 1, 2, Strides { element: 2, element_row: 2, weight_row: 1 });
        let found = I16::dot(sum, &element.to_le_bytes(), &weights, &taps);
        prop_assert_eq!(found, sum.wrapping_add(product));
    }

    #[test]
    fn taps_out_of_reach_are_none(rows: u16, cols: u16, element: u16, element_row: u16, weight_row: u16) {
        let taps = Taps::new(rows, cols, 1, Strides { element, element_row, weight_row });
        let [rows, cols, element, element_row, weight_row] =
            [rows, cols, element, element_row, weight_row].map(u64::from);
        let none = rows == 0
            || cols == 0
            || (rows - 1) * element_row + (cols - 1) * element + 1 > 0xFFFF
            || (rows - 1) * weight_row + cols > 0xFFFF;
        prop_assert_eq!(taps == Taps::NONE, none);
    }
}
