//! Enough time is gone.

use super::Policy;
use crate::Outlook;

/// Stops when the deadline has passed, and with an answer at hand when the next exit would come
/// after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline<C> {
    /// Reads a timer: ticks since the moment that the deadline counts from.
    pub clock: C,
    /// The ticks at which the deadline has passed.
    pub ticks: u32,
    /// CPU cycles of one tick, rounded down: 1 for a timer on the CPU's clock, 30 for one of
    /// 32,768 Hz beside a CPU of 1 MHz.
    pub cycles_per_tick: u16,
}

impl<C: FnMut() -> u32> Policy for Deadline<C> {
    #[inline]
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        let left = self.ticks.saturating_sub((self.clock)());
        left != 0
            && (outlook.exit().is_none()
                || outlook.cycles_to_exit() <= saturating_product(left, self.cycles_per_tick))
    }
}

/// `a * b`, at most `u32::MAX`, by 16-bit factors: the target has no wider product.
fn saturating_product(a: u32, b: u16) -> u32 {
    let [a, b] = [a, u32::from(b)];
    let high = (a >> 16).wrapping_mul(b).wrapping_add((a & 0xFFFF).wrapping_mul(b) >> 16);
    if high > 0xFFFF { u32::MAX } else { a.wrapping_mul(b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn products_saturate(a: u32, bits in 0u32..32, b: u16) {
            let a = a >> bits;
            prop_assert_eq!(saturating_product(a, b), a.saturating_mul(b.into()));
        }
    }
}
