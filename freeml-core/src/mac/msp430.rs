//! The hardware multiplier of the FR parts (MPY32 at 0x04C0), in its 16-bit form.

use core::ptr;

use crate::Element;

const MPY: *mut u16 = 0x04C0 as *mut u16;
const MPYS: *mut i16 = 0x04C2 as *mut i16;
const MACS: *mut i16 = 0x04C6 as *mut i16;
const OP2: *mut i16 = 0x04C8 as *mut i16;
const RES_LOW: *mut u16 = 0x04CA as *mut u16;
const RES_HIGH: *mut u16 = 0x04CC as *mut u16;

/// Writes a multiplier register.
#[inline(always)]
fn set<T>(register: *mut T, value: T) {
    // SAFETY: only called with the multiplier's registers, which have no other user.
    unsafe { ptr::write_volatile(register, value) }
}

/// Sets the accumulator.
#[inline(always)]
fn load(sum: i32) {
    let [a, b, c, d] = sum.to_le_bytes();
    set(RES_LOW, u16::from_le_bytes([a, b]));
    set(RES_HIGH, u16::from_le_bytes([c, d]));
}

/// Reads the accumulator.
#[inline(always)]
fn result() -> i32 {
    // SAFETY: reading the result registers has no effect.
    let (low, high) = unsafe { (ptr::read_volatile(RES_LOW), ptr::read_volatile(RES_HIGH)) };
    let ([a, b], [c, d]) = (low.to_le_bytes(), high.to_le_bytes());
    i32::from_le_bytes([a, b, c, d])
}

/// Adds `a * b` to the accumulator.
#[inline(always)]
fn accumulate(a: i16, b: i16) {
    set(MACS, a);
    set(OP2, b);
}

pub(crate) fn dot_u8(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    load(sum);
    for (&element, &weight) in elements.iter().zip(weights) {
        accumulate(i16::from(element), i16::from(weight.cast_signed()));
    }
    result()
}

pub(crate) fn dot_i8(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    load(sum);
    for (&element, &weight) in elements.iter().zip(weights) {
        accumulate(
            i16::from(element.cast_signed()),
            i16::from(weight.cast_signed()),
        );
    }
    result()
}

pub(crate) fn dot_i16(sum: i32, elements: &[u8], weights: &[u8]) -> i32 {
    load(sum);
    let (words, _) = elements.as_chunks::<2>();
    for (&word, &weight) in words.iter().zip(weights) {
        accumulate(i16::from_le_bytes(word), i16::from(weight.cast_signed()));
    }
    result()
}

pub(crate) fn dot_strided<E: Element>(sum: i32, elements: &[u8], step: u16, weights: &[u8]) -> i32 {
    load(sum);
    let mut rest = elements;
    for &weight in weights {
        if rest.is_empty() {
            break;
        }
        accumulate(E::read(rest), i16::from(weight.cast_signed()));
        rest = rest.get(usize::from(step)..).unwrap_or(&[]);
    }
    result()
}

pub(crate) fn product(a: i16, b: i16) -> i32 {
    set(MPYS, a);
    set(OP2, b);
    result()
}

pub(crate) fn scale(sum: i32, multiplier: i16) -> i32 {
    let [a, b, c, d] = sum.to_le_bytes();
    set(MPY, u16::from_le_bytes([a, b]));
    set(OP2, multiplier);
    // SAFETY: reading the result registers has no effect.
    let carried = unsafe { ptr::read_volatile(RES_HIGH) };
    set(RES_LOW, carried);
    set(RES_HIGH, 0);
    accumulate(i16::from_le_bytes([c, d]), multiplier);
    result()
}
