//! Multiplications: the portable form, and the MSP430's hardware multiplier.
//!
//! Both give the same numbers. Every function is pure: the multiplier's registers hold
//! nothing between two calls, so compiled code may multiply in between. Interrupt handlers
//! must not use the multiplier while an inference runs, or save and restore its registers.

#[cfg(not(target_arch = "msp430"))]
mod portable;
#[cfg(not(target_arch = "msp430"))]
pub(crate) use portable::{dot_i8, dot_i16, dot_strided, dot_u8, product, scale};

#[cfg(target_arch = "msp430")]
mod msp430;
#[cfg(target_arch = "msp430")]
pub(crate) use msp430::{dot_i8, dot_i16, dot_strided, dot_u8, product, scale};
