//! Register addresses that differ between the devices.

#[cfg(not(feature = "fr2355"))]
mod registers {
    /// Watchdog control.
    pub const WDTCTL: u16 = 0x015C;
    /// FRAM write protection; 0 where the device has none of this kind.
    pub const SYSCFG0: u16 = 0;
    /// First register of `eUSCI_A0`.
    pub const UCA0: u16 = 0x05C0;
    /// The select register that routes the console pins to `eUSCI_A0`: `P2SEL1`.
    pub const PIN_SELECT: u16 = 0x020D;
    /// P2.0 (transmit) and P2.1 (receive).
    pub const PINS: u8 = 0x03;
    /// 9600 baud from the 1 MHz SMCLK after reset.
    pub const BAUD_MODULATION: u16 = 0x2081;
}

#[cfg(feature = "fr2355")]
mod registers {
    /// Watchdog control.
    pub const WDTCTL: u16 = 0x01CC;
    /// FRAM write protection.
    pub const SYSCFG0: u16 = 0x0160;
    /// First register of `eUSCI_A0`.
    pub const UCA0: u16 = 0x0500;
    /// The select register that routes the console pins to `eUSCI_A0`: `P1SEL0`.
    pub const PIN_SELECT: u16 = 0x020A;
    /// P1.7 (transmit) and P1.6 (receive).
    pub const PINS: u8 = 0xC0;
    /// 9600 baud from the 1.048576 MHz SMCLK after reset.
    pub const BAUD_MODULATION: u16 = 0x22D1;
}

pub use registers::*;
