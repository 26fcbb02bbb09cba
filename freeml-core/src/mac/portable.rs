//! Plain integer arithmetic.

use crate::Element;

/// `sum` + the products of unsigned bytes and signed weights.
pub(crate) fn dot_u8(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    elements.iter().zip(weights).fold(sum, |sum, (&element, &weight)| {
        sum.wrapping_add(i32::from(element) * i32::from(weight.cast_signed()))
    })
}

/// `sum` + the products of signed bytes and signed weights.
pub(crate) fn dot_i8(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    elements.iter().zip(weights).fold(sum, |sum, (&element, &weight)| {
        sum.wrapping_add(i32::from(element.cast_signed()) * i32::from(weight.cast_signed()))
    })
}

/// `sum` + the products of signed little-endian words and signed weights.
pub(crate) fn dot_i16(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    let (words, _) = elements.as_chunks::<2>();
    words.iter().zip(weights).fold(sum, |sum, (&word, &weight)| {
        sum.wrapping_add(i32::from(i16::from_le_bytes(word)) * i32::from(weight.cast_signed()))
    })
}

/// `sum` + the products of all weights and the elements that lie `step` bytes apart.
pub(crate) fn dot_strided<E: Element>(sum: i32, elements: &[u8], step: u16, weights: &[u8]) -> i32 {
    let elements = elements.chunks(usize::from(step.max(1)));
    elements.zip(weights).fold(sum, |sum, (element, weight)| {
        sum.wrapping_add(i32::from(E::read(element)) * i32::from(weight.cast_signed()))
    })
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
