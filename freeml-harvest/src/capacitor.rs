//! The capacitor that a device runs from, and the voltages between which it does.

use std::str::FromStr;

use crate::quantity::{Settings, TextError};

/// A capacitor between harvester and device.
///
/// The device is powered from the moment the voltage reaches [`turn_on`](Capacitor::turn_on)
/// until it falls to [`brown_out`](Capacitor::brown_out), as behind a voltage supervisor with
/// hysteresis. As text: `100uF,on=3V,off=1.8V,max=3.6V,leak=10Mohm`, of which all but the
/// capacitance may be left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capacitor {
    /// Capacitance in farads.
    pub farads: f64,
    /// Volts at which the device is switched on.
    pub turn_on: f64,
    /// Volts at which it loses its power.
    pub brown_out: f64,
    /// Volts at which charging stops; what is harvested then is lost.
    pub max: f64,
    /// Resistance in ohms that stands for all leakage; infinite for none.
    pub leak: f64,
}

impl Default for Capacitor {
    /// 100 uF from 3.0 V to the 1.8 V that FRAM devices need, at most 3.6 V, and 10 megohms:
    /// 0.3 uA at 3 V.
    fn default() -> Self {
        Capacitor { farads: 100e-6, turn_on: 3.0, brown_out: 1.8, max: 3.6, leak: 10e6 }
    }
}

impl Capacitor {
    /// Joules that it holds at `volts`: ½CV².
    pub fn energy(&self, volts: f64) -> f64 {
        0.5 * self.farads * volts * volts
    }

    /// Volts with `joules` in it.
    pub fn volts(&self, joules: f64) -> f64 {
        (2.0 * joules / self.farads).sqrt()
    }

    /// Joules of one charge: between turn-on and brown-out.
    pub fn usable(&self) -> f64 {
        self.energy(self.turn_on) - self.energy(self.brown_out)
    }

    /// Seconds in which the energy of an idle capacitor falls to 1/e of itself: RC/2, as the
    /// leaking power V²/R is proportional to it.
    pub fn time_constant(&self) -> f64 {
        self.leak * self.farads / 2.0
    }

    /// Whether it can power anything.
    pub fn check(&self) -> Result<(), TextError> {
        let Capacitor { farads, turn_on, brown_out, max, leak } = *self;
        let positive = [farads, brown_out, leak].iter().all(|value| *value > 0.0);
        if !(positive && farads.is_finite()) {
            let message = "capacitance, brown-out voltage and leakage resistance must be positive";
            return Err(TextError(message.into()));
        }
        if !(brown_out < turn_on && turn_on <= max && max.is_finite()) {
            return Err(TextError(format!(
                "voltages must rise from brown-out ({brown_out} V) over turn-on ({turn_on} V) to \
                 the maximum ({max} V)"
            )));
        }
        Ok(())
    }
}

impl FromStr for Capacitor {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let settings = Settings::parse(text, "capacitance", &["on", "off", "max", "leak"])?;
        let default = Capacitor::default();
        let turn_on = settings.get("on", "V")?.unwrap_or(default.turn_on);
        let capacitor = Capacitor {
            farads: settings.get("capacitance", "F")?.unwrap_or(default.farads),
            turn_on,
            brown_out: settings.get("off", "V")?.unwrap_or(default.brown_out),
            max: settings.get("max", "V")?.unwrap_or(default.max.max(turn_on)),
            leak: settings.get("leak", "ohm")?.unwrap_or(default.leak),
        };
        capacitor.check().map(|()| capacitor)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "results of exact arithmetic")]
mod tests {
    use super::*;

    #[test]
    fn energy_is_half_c_v_squared() {
        let capacitor = Capacitor { farads: 2e-3, ..Capacitor::default() };
        assert!((capacitor.energy(3.0) - 9e-3).abs() < 1e-15);
        assert!((capacitor.volts(9e-3) - 3.0).abs() < 1e-12);
        assert!((capacitor.usable() - 1e-3 * (9.0 - 3.24)).abs() < 1e-15);
        assert!((capacitor.time_constant() - 10_000.0).abs() < 1e-9);
    }

    #[test]
    fn text_sets_what_it_names() {
        let capacitor: Capacitor = "470uF,on=2.8V,off=2V".parse().unwrap();
        let expected =
            Capacitor { farads: 470e-6, turn_on: 2.8, brown_out: 2.0, ..Capacitor::default() };
        assert!((capacitor.farads - expected.farads).abs() < 1e-18);
        assert_eq!(Capacitor { farads: expected.farads, ..capacitor }, expected);
        assert_eq!("on=5V".parse::<Capacitor>().unwrap().max, 5.0);
    }

    #[test]
    fn impossible_ones_are_errors() {
        for text in ["0F", "100uF,on=1.5V", "100uF,max=2V", "100uF,leak=0", "100uF,off=0", "1V"] {
            assert!(text.parse::<Capacitor>().is_err(), "{text}");
        }
    }
}
