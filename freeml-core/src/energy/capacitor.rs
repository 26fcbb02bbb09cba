//! A capacitor whose voltage is measured.

use super::Energy;

/// What a program knows of its supply. A [`Gauge`] is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supply {
    /// Capacitance.
    pub nanofarads: u32,
    /// The capacitor's voltage at which a reading would be `1 << bits`: the converter's reference,
    /// twice that behind a divider by 2.
    pub full_scale_millivolts: u16,
    /// Bits of a reading, at most 16.
    pub bits: u8,
    /// The capacitor's voltage below which the CPU does not run.
    pub brown_out_millivolts: u16,
    /// What the capacitor gives for one CPU cycle. 0 counts as 1.
    pub picojoules_per_cycle: u16,
}

/// Turns readings of a capacitor's voltage into CPU cycles: ½C(V² − Vmin²) over the energy of one.
///
/// Let `k` be the cycles that a squared unit of the reading stands for, and `d` the difference of
/// the squares of the reading and of that at brown-out, rounded up. The result is at most
/// `k * d`, and less than that by at most `k * d / 2^15 + max(1, 2 * k)`. It ends at `u32::MAX`,
/// and a supply that makes no sense gives 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Square of the reading at brown-out.
    floor: u32,
    /// `k` is `mantissa * 2^(exponent - 16)`, rounded down to the 16 bits of the mantissa.
    mantissa: u16,
    exponent: i8,
}

impl Gauge {
    /// The gauge of `supply`. Devices have no arithmetic this wide: let it be a `const`.
    #[allow(clippy::cast_possible_truncation, reason = "bounded by the lines before")]
    pub const fn new(supply: Supply) -> Self {
        let full_scale = supply.full_scale_millivolts as u128;
        let bits = if supply.bits < 16 { supply.bits } else { 16 };
        let energy = if supply.picojoules_per_cycle > 0 { supply.picojoules_per_cycle } else { 1 };

        // k = above / below: a nanofarad at a millivolt holds half a femtojoule.
        let mut above = supply.nanofarads as u128 * full_scale * full_scale;
        let mut below = (2000 * energy as u128) << (2 * bits);
        let mut exponent = 0;
        while above >= below {
            below <<= 1;
            exponent += 1;
        }
        while above != 0 && above << 1 < below {
            above <<= 1;
            exponent -= 1;
        }
        let mantissa = ((above << 16) / below) as u16;

        let brown_out = (supply.brown_out_millivolts as u128) << bits;
        let floor = brown_out.div_ceil(if full_scale > 0 { full_scale } else { 1 });
        let floor = if floor < 0xFFFF { floor as u32 } else { 0xFFFF };
        Gauge { floor: floor * floor, mantissa, exponent }
    }

    /// CPU cycles that the charge suffices for at `reading`.
    #[inline]
    pub fn cycles(&self, reading: u16) -> u32 {
        let reading = u32::from(reading);
        let difference = reading.wrapping_mul(reading).saturating_sub(self.floor);
        let mantissa = u32::from(self.mantissa);
        // (difference * mantissa) >> 16, by 16-bit factors: the target has no wider product.
        let high = (difference >> 16).wrapping_mul(mantissa);
        let product = high.wrapping_add((difference & 0xFFFF).wrapping_mul(mantissa) >> 16);

        let shift = u32::from(self.exponent.unsigned_abs());
        if self.exponent < 0 {
            return product.checked_shr(shift).unwrap_or(0);
        }
        let most = u32::MAX.checked_shr(shift).unwrap_or(0);
        if product > most { u32::MAX } else { product.wrapping_shl(shift) }
    }
}

/// A capacitor as energy, by way of an analog-to-digital converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacitor<F> {
    /// What readings stand for.
    pub gauge: Gauge,
    /// Reads the converter.
    pub read: F,
}

impl<F: FnMut() -> u16> Energy for Capacitor<F> {
    #[inline]
    fn left(&mut self) -> u32 {
        self.gauge.cycles((self.read)())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 100 µF behind a divider by 2, at a reference of 2 V, down to 1.9 V.
    const SUPPLY: Supply = Supply {
        nanofarads: 100_000,
        full_scale_millivolts: 4000,
        bits: 12,
        brown_out_millivolts: 1900,
        picojoules_per_cycle: 350,
    };

    #[test]
    fn a_known_capacitor_holds_what_physics_says() {
        const GAUGE: Gauge = Gauge::new(SUPPLY);
        // 3.3 V: ½ · 100 µF · (10.89 − 3.61) V² = 364 µJ, 1.04 million cycles.
        let reading = 3379;
        let joules = 0.5 * 100e-6 * ((f64::from(reading) * 4.0 / 4096.0).powi(2) - 1.9 * 1.9);
        let exact = joules / 350e-12;
        let cycles = f64::from(GAUGE.cycles(reading));
        assert!(cycles <= exact && cycles > exact * 0.999, "{cycles} of {exact}");
        // 1.9 V is a reading of 1945.6.
        assert_eq!(GAUGE.cycles(1946), 0);
        assert!(GAUGE.cycles(1947) > 0);
    }

    #[test]
    fn impossible_supplies_hold_nothing() {
        let none = [
            Supply { nanofarads: 0, ..SUPPLY },
            Supply { full_scale_millivolts: 0, ..SUPPLY },
            Supply { brown_out_millivolts: u16::MAX, bits: 16, ..SUPPLY },
        ];
        for supply in none {
            assert_eq!(Gauge::new(supply).cycles(u16::MAX), 0, "{supply:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn cycles_are_within_the_stated_error(
            nanofarads: u32,
            bits in 0u8..=20,
            full_scale_millivolts in 1u16..,
            brown_out_millivolts: u16,
            picojoules_per_cycle: u16,
            reading: u16,
            fewer in 0u32..32,
        ) {
            let supply = Supply {
                nanofarads: nanofarads >> fewer,
                full_scale_millivolts,
                bits,
                brown_out_millivolts,
                picojoules_per_cycle,
            };
            let full = f64::from(1u32 << bits.min(16));
            let volts = f64::from(full_scale_millivolts) * 1e-3 / full;
            let joules = f64::from(supply.nanofarads) * 1e-9 / 2.0 * volts * volts;
            let k = joules / (f64::from(picojoules_per_cycle.max(1)) * 1e-12);
            let floor = (f64::from(brown_out_millivolts) * full / f64::from(full_scale_millivolts))
                .ceil();
            let d = (f64::from(reading).powi(2) - floor.powi(2)).max(0.0);
            let (exact, error) = (k * d, k * d / 32768.0 + f64::max(1.0, 2.0 * k));

            let cycles = f64::from(Gauge::new(supply).cycles(reading));
            let most = f64::from(u32::MAX);
            // f64 itself is off by some units of its last place.
            let slack = exact * 1e-12;
            prop_assert!(cycles <= exact + slack, "{cycles} of {exact}");
            prop_assert!(cycles >= (exact - error - slack).min(most), "{cycles} of {exact}");
        }
    }
}
