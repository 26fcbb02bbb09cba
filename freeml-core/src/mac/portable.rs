//! Plain integer arithmetic.

use super::Taps;
use crate::{Element, I8, I16, U8};

pub(super) mod channels;

/// `sum` + the products of all pairs; `sum` alone if the slices do not hold them.
fn dot<E: Element>(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
    if !taps.fit(elements, weights) {
        return sum;
    }
    let (cols, spacing) = (usize::from(taps.cols), usize::from(taps.spacing));
    let element_row =
        usize::from(taps.element_skip.wrapping_add(taps.cols.wrapping_mul(taps.spacing)));
    let weight_row = usize::from(taps.weight_skip.wrapping_add(taps.cols));
    (0..usize::from(taps.rows)).fold(sum, |sum, row| {
        let elements = elements.get(row * element_row..).unwrap_or(&[]);
        let weights = weights.get(row * weight_row..).unwrap_or(&[]);
        row_dot::<E>(sum, elements, spacing, weights.get(..cols).unwrap_or(&[]))
    })
}

#[inline]
fn row_dot<E: Element>(sum: i32, elements: &[u8], spacing: usize, weights: &[u8]) -> i32 {
    let add = |sum: i32, (element, &weight): (&[u8], &u8)| {
        sum.wrapping_add(i32::from(E::read(element)) * i32::from(weight.cast_signed()))
    };
    if spacing == usize::from(E::KIND.size()) {
        // The usual case on its own lets the host vectorise it.
        elements.chunks_exact(usize::from(E::KIND.size())).zip(weights).fold(sum, add)
    } else {
        elements.chunks(spacing.max(1)).zip(weights).fold(sum, add)
    }
}

/// `sum` + the products of unsigned bytes that are neighbours in a row.
pub(crate) fn dot_u8(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
    dot::<U8>(sum, elements, weights, taps)
}

/// `sum` + the products of signed bytes that are neighbours in a row.
pub(crate) fn dot_i8(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
    dot::<I8>(sum, elements, weights, taps)
}

/// `sum` + the products of signed words that are neighbours in a row.
pub(crate) fn dot_i16(sum: i32, elements: &[u8], weights: &[u8], taps: &Taps) -> i32 {
    dot::<I16>(sum, elements, weights, taps)
}

/// `sum` + the products of signed bytes.
pub(crate) use dot_i8 as spaced_i8;
/// `sum` + the products of signed words.
pub(crate) use dot_i16 as spaced_i16;
/// `sum` + the products of unsigned bytes.
pub(crate) use dot_u8 as spaced_u8;

/// `sum` + the products of the pairs in `list`, [`Element::gather`].
fn gather<E: Element>(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
    let mut at: u16 = 0;
    list.as_chunks().0.iter().fold(sum, |sum, &[near, far, low, high]| {
        at = at.wrapping_add(u16::from_le_bytes([near, far]));
        let element = E::read(elements.get(usize::from(at)..).unwrap_or(&[]));
        sum.wrapping_add(product(element, i16::from_le_bytes([low, high])))
    })
}

/// `sum` + the products of unsigned bytes and the weights of a list.
pub(crate) fn gather_u8(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
    gather::<U8>(sum, elements, list)
}

/// `sum` + the products of signed bytes and the weights of a list.
pub(crate) fn gather_i8(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
    gather::<I8>(sum, elements, list)
}

/// `sum` + the products of signed words and the weights of a list.
pub(crate) fn gather_i16(sum: i32, elements: &[u8], list: &[u8]) -> i32 {
    gather::<I16>(sum, elements, list)
}

/// `sum` + the products of pairs of elements and the weights that the halves of a byte stand for.
fn coded<E: Element>(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
    let weight = |code: u8| weights.get(usize::from(code)).copied().unwrap_or(0);
    let size = usize::from(E::KIND.size());
    let pairs = elements.chunks_exact(2 * size).zip(codes);
    pairs.fold(sum, |sum, (pair, &codes)| {
        let (first, second) = pair.split_at(size);
        sum.wrapping_add(product(E::read(first), weight(codes & 15)))
            .wrapping_add(product(E::read(second), weight(codes >> 4)))
    })
}

/// The same of unsigned bytes.
pub(crate) fn coded_u8(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
    coded::<U8>(sum, elements, codes, weights)
}

/// The same of signed bytes.
pub(crate) fn coded_i8(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
    coded::<I8>(sum, elements, codes, weights)
}

/// The same of signed words.
pub(crate) fn coded_i16(sum: i32, elements: &[u8], codes: &[u8], weights: &[i16; 16]) -> i32 {
    coded::<I16>(sum, elements, codes, weights)
}

/// The largest of `start` and `count` elements `spacing` bytes apart, the last of which ends the
/// slice; `start` alone if it does not.
fn largest<E: Element>(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
    let before = count.wrapping_sub(1).wrapping_mul(spacing);
    if count == 0 || elements.len() != usize::from(before.wrapping_add(E::KIND.size())) {
        return start;
    }
    elements.chunks(spacing.max(1).into()).map(E::read).fold(start, i16::max)
}

/// The same of unsigned bytes.
pub(crate) fn largest_u8(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
    largest::<U8>(start, elements, spacing, count)
}

/// The same of signed bytes.
pub(crate) fn largest_i8(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
    largest::<I8>(start, elements, spacing, count)
}

/// The same of signed words.
pub(crate) fn largest_i16(start: i16, elements: &[u8], spacing: u16, count: u16) -> i16 {
    largest::<I16>(start, elements, spacing, count)
}

/// The product of two signed words.
pub(crate) fn product(a: i16, b: i16) -> i32 {
    i32::from(a) * i32::from(b)
}

/// `floor(sum * multiplier / 2^16)` for a `multiplier` that is not negative.
pub(crate) fn scale(sum: i32, multiplier: i16) -> i32 {
    let product = i64::from(sum) * i64::from(multiplier);
    #[allow(clippy::cast_possible_truncation, reason = "47-bit product shifted right by 16")]
    let scaled = (product >> 16) as i32;
    scaled
}

pub(crate) fn times(a: u16, b: u16) -> u16 {
    a.wrapping_mul(b)
}

pub(crate) fn checked_times(a: u16, b: u16) -> Option<u16> {
    a.checked_mul(b)
}
