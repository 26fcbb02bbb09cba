//! The devices and their memory maps.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A class of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Region {
    /// Peripheral registers, `0x0000..=0x0FFF`.
    Io = 0,
    /// Static RAM, lost at a power failure.
    Ram = 1,
    /// FRAM, kept without power.
    Fram = 2,
    /// No memory that a program may use.
    Unmapped = 3,
}

/// An MSP430 with FRAM, as 16-bit code sees it (addresses below 64 KiB).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// MSP430FR5994: 4 KiB SRAM and 4 KiB LEA RAM in one piece, 48 KiB of FRAM below 64 KiB.
    #[default]
    Fr5994,
    /// MSP430FR5969: 2 KiB SRAM, 47 KiB of FRAM below 64 KiB.
    Fr5969,
    /// MSP430FR2355: 4 KiB SRAM, 32 KiB of FRAM.
    Fr2355,
}

impl Device {
    /// Every device.
    pub const ALL: [Self; 3] = [Self::Fr5994, Self::Fr5969, Self::Fr2355];

    /// The name used on the command line, such as `fr5994`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fr5994 => "fr5994",
            Self::Fr5969 => "fr5969",
            Self::Fr2355 => "fr2355",
        }
    }

    /// Addresses of the RAM.
    pub const fn ram(self) -> RangeInclusive<u16> {
        match self {
            Self::Fr5994 => 0x1C00..=0x3BFF,
            Self::Fr5969 => 0x1C00..=0x23FF,
            Self::Fr2355 => 0x2000..=0x2FFF,
        }
    }

    /// Addresses of the FRAM, interrupt vectors included.
    pub const fn fram(self) -> RangeInclusive<u16> {
        match self {
            Self::Fr5994 => 0x4000..=0xFFFF,
            Self::Fr5969 => 0x4400..=0xFFFF,
            Self::Fr2355 => 0x8000..=0xFFFF,
        }
    }

    /// First register of the serial port `eUSCI_A0`, the console.
    pub const fn console_base(self) -> u16 {
        match self {
            Self::Fr5994 | Self::Fr5969 => 0x05C0,
            Self::Fr2355 => 0x0500,
        }
    }

    /// The region an address belongs to.
    pub fn region(self, address: u16) -> Region {
        if address < 0x1000 {
            Region::Io
        } else if self.ram().contains(&address) {
            Region::Ram
        } else if self.fram().contains(&address) {
            Region::Fram
        } else {
            Region::Unmapped
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|device| device.name() == name)
            .ok_or_else(|| format!("unknown device `{name}`: use fr5994, fr5969 or fr2355"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_the_maps() {
        let cases = [
            (Device::Fr5994, 0x0FFF, Region::Io),
            (Device::Fr5994, 0x1000, Region::Unmapped),
            (Device::Fr5994, 0x1BFF, Region::Unmapped),
            (Device::Fr5994, 0x1C00, Region::Ram),
            (Device::Fr5994, 0x3BFF, Region::Ram),
            (Device::Fr5994, 0x3C00, Region::Unmapped),
            (Device::Fr5994, 0x4000, Region::Fram),
            (Device::Fr5969, 0x23FF, Region::Ram),
            (Device::Fr5969, 0x2400, Region::Unmapped),
            (Device::Fr5969, 0x43FF, Region::Unmapped),
            (Device::Fr5969, 0x4400, Region::Fram),
            (Device::Fr2355, 0x1FFF, Region::Unmapped),
            (Device::Fr2355, 0x2FFF, Region::Ram),
            (Device::Fr2355, 0x7FFF, Region::Unmapped),
            (Device::Fr2355, 0xFFFF, Region::Fram),
        ];
        for (device, address, region) in cases {
            assert_eq!(device.region(address), region, "{device} {address:#06x}");
        }
    }

    #[test]
    fn regions_are_whole_pages() {
        for device in Device::ALL {
            for page in 0..=0xFF_u16 {
                let region = device.region(page << 8);
                assert_eq!(device.region(page << 8 | 0xFF), region, "{device} page {page:#04x}");
            }
        }
    }

    #[test]
    fn names_parse_back() {
        for device in Device::ALL {
            assert_eq!(device.name().parse(), Ok(device));
        }
        assert!("fr9999".parse::<Device>().is_err());
    }
}
