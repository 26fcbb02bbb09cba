//! Multiplications: the portable form, and the MSP430's hardware multiplier.
//!
//! Both give the same numbers. Every function is pure: the multiplier's registers hold
//! nothing between two calls, so compiled code may multiply in between. Interrupt handlers
//! must not use the multiplier while an inference runs, or save and restore its registers.

use crate::Element;

#[cfg(target_arch = "msp430")]
mod msp430;
#[cfg(not(target_arch = "msp430"))]
mod portable;

#[cfg(target_arch = "msp430")]
use msp430 as imp;
#[cfg(not(target_arch = "msp430"))]
use portable as imp;

pub(crate) use imp::{dot_i8, dot_i16, dot_u8, product, scale};

/// `sum` + the products of weights and the elements that lie `step` bytes apart; `sum` alone
/// unless there is an element for every weight.
#[inline]
pub(crate) fn dot_strided<E: Element>(sum: i32, elements: &[u8], step: u16, weights: &[u8]) -> i32 {
    let Some(gaps) = weights.len().checked_sub(1) else {
        return sum;
    };
    let needed = gaps.wrapping_mul(step.into()).wrapping_add(E::KIND.size().into());
    if elements.len() < needed {
        return sum;
    }
    imp::dot_strided::<E>(sum, elements, step, weights)
}
