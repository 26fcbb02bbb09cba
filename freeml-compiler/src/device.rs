//! Memory of the supported devices.

use std::fmt;
use std::str::FromStr;

/// Where a network is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// MSP430FR5994: FRAM 0x4000..0xFF7F below 64 KiB.
    #[default]
    Fr5994,
    /// MSP430FR5969: FRAM 0x4400..0xFF7F below 64 KiB.
    Fr5969,
    /// MSP430FR2355: FRAM 0x8000..0xFF7F.
    Fr2355,
    /// A device with this many bytes of FRAM for tables, state and code.
    Bytes(u32),
    /// A computer: tables of any size, for experiments before compression.
    Host,
}

impl Device {
    /// Bytes of FRAM that 16-bit pointers reach; `None` on a host.
    pub fn fram(self) -> Option<u32> {
        match self {
            Device::Fr5994 => Some(0xFF80 - 0x4000),
            Device::Fr5969 => Some(0xFF80 - 0x4400),
            Device::Fr2355 => Some(0xFF80 - 0x8000),
            Device::Bytes(bytes) => Some(bytes),
            Device::Host => None,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Fr5994 => f.write_str("fr5994"),
            Device::Fr5969 => f.write_str("fr5969"),
            Device::Fr2355 => f.write_str("fr2355"),
            Device::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Device::Host => f.write_str("host"),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "fr5994" => Ok(Device::Fr5994),
            "fr5969" => Ok(Device::Fr5969),
            "fr2355" => Ok(Device::Fr2355),
            "host" => Ok(Device::Host),
            _ => name.parse().map(Device::Bytes).map_err(|_| {
                format!(
                    "unknown device `{name}`: use fr5994, fr5969, fr2355, host or a number of bytes"
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fram_below_64_kib() {
        assert_eq!(Device::Fr5994.fram(), Some(49_024));
        assert_eq!(Device::Fr2355.fram(), Some(32_640));
        assert_eq!("20000".parse(), Ok(Device::Bytes(20_000)));
        assert!("fr9999".parse::<Device>().unwrap_err().contains("fr5969"));
    }
}
