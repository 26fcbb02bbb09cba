//! What a device draws from its capacitor.

use std::str::FromStr;

use crate::quantity::{Settings, TextError};

/// Clock, energy and the costs around an inference.
///
/// As text: `clock=8MHz,cycle=354pJ,sleep=2uW,boot=8000,sample=26,answer=10000`, all of which may
/// be left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Device {
    /// Cycles in a second.
    pub hertz: f64,
    /// Joules of a cycle, at any voltage.
    pub cycle: f64,
    /// Watts between inferences.
    pub sleep: f64,
    /// Cycles from the turn-on to the program that asks for a step.
    pub boot: u32,
    /// Cycles of taking in one element of a sample.
    pub sample: u32,
    /// Cycles of handing on an answer.
    pub answer: u32,
}

impl Default for Device {
    /// An MSP430FR5994 at 8 MHz, 118 uA/MHz and 3 V, as in `docs/results/device.md`. The costs of
    /// samples and answers are those of the firmware examples there; the millisecond of a boot
    /// and the sleep of LPM3 are assumptions of the size that data sheets suggest.
    fn default() -> Self {
        Device { hertz: 8e6, cycle: 354e-12, sleep: 2e-6, boot: 8_000, sample: 26, answer: 10_000 }
    }
}

impl Device {
    /// Watts of the running processor.
    pub fn active(&self) -> f64 {
        self.hertz * self.cycle
    }

    /// Seconds of `cycles`.
    pub fn seconds(&self, cycles: u32) -> f64 {
        f64::from(cycles) / self.hertz
    }

    /// Whole cycles that `joules` suffice for.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    pub fn cycles(&self, joules: f64) -> u32 {
        (joules / self.cycle) as u32
    }
}

impl FromStr for Device {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let names = ["clock", "cycle", "sleep", "boot", "sample", "answer"];
        let settings = Settings::parse(text, "", &names)?;
        let default = Device::default();
        let device = Device {
            hertz: settings.get("clock", "Hz")?.unwrap_or(default.hertz),
            cycle: settings.get("cycle", "J")?.unwrap_or(default.cycle),
            sleep: settings.get("sleep", "W")?.unwrap_or(default.sleep),
            boot: settings.whole("boot")?.unwrap_or(default.boot),
            sample: settings.whole("sample")?.unwrap_or(default.sample),
            answer: settings.whole("answer")?.unwrap_or(default.answer),
        };
        if device.hertz > 0.0 && device.cycle > 0.0 {
            Ok(device)
        } else {
            Err(TextError(format!("clock and energy of a cycle must be positive in `{text}`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_megahertz_take_three_milliwatts() {
        let device = Device::default();
        assert!((device.active() - 2.832e-3).abs() < 1e-12);
        assert!((device.seconds(8_000) - 1e-3).abs() < 1e-15);
        assert_eq!(device.cycles(354e-9), 1_000);
        assert_eq!(device.cycles(1.0), 2_824_858_757);
        assert_eq!(device.cycles(10.0), u32::MAX);
        assert_eq!(device.cycles(-1.0), 0);
    }

    #[test]
    fn text_sets_what_it_names() {
        let device: Device = "clock=16MHz,answer=5".parse().unwrap();
        assert_eq!(device, Device { hertz: 16e6, answer: 5, ..Device::default() });
        for text in ["clock=0Hz", "8MHz", "boot=-1", "boot=1.5"] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }
}
