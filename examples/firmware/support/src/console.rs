//! Text output over `eUSCI_A0`: 9600 baud, 8N1, at the clock the device resets to.
//!
//! Nothing is buffered and nothing uses `core::fmt`, which alone is some 5 KB here.

use core::ptr::{read_volatile, write_volatile};

use crate::device::{BAUD_MODULATION, PIN_SELECT, PINS, UCA0};

const UCA0CTLW0: *mut u16 = UCA0 as *mut u16;
const UCA0BRW: *mut u16 = (UCA0 + 0x06) as *mut u16;
const UCA0MCTLW: *mut u16 = (UCA0 + 0x08) as *mut u16;
const UCA0TXBUF: *mut u16 = (UCA0 + 0x0E) as *mut u16;
const UCA0IFG: *mut u16 = (UCA0 + 0x1C) as *mut u16;
const PM5CTL0: *mut u16 = 0x0130 as *mut u16;

const UCSWRST: u16 = 0x0001;
const UCSSEL_SMCLK: u16 = 0x0080;
const UCTXIFG: u16 = 0x0002;

/// Prints text as its UTF-8 bytes.
pub fn print_str(text: &str) {
    for &byte in text.as_bytes() {
        put(byte);
    }
}

/// Prints a number in decimal.
pub fn print_u16(value: u16) {
    print_u32(u32::from(value));
}

/// Prints a number in decimal.
pub fn print_i16(value: i16) {
    print_i32(i32::from(value));
}

/// Prints a number in decimal.
pub fn print_i32(value: i32) {
    if value < 0 {
        put(b'-');
    }
    print_u32(value.unsigned_abs());
}

/// Prints a number in decimal.
pub fn print_u32(value: u32) {
    // Subtracting powers of ten needs no division, which is a call of some 700 cycles.
    static POWERS: [u32; 9] =
        [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10];
    let mut rest = value;
    let mut started = false;
    for &power in &POWERS {
        let mut digit = b'0';
        while rest >= power {
            rest -= power;
            digit += 1;
        }
        started |= digit != b'0';
        if started {
            put(digit);
        }
    }
    let [ones, ..] = rest.to_le_bytes();
    put(b'0' + ones);
}

fn put(byte: u8) {
    // SAFETY: these are the registers of the device's serial interface and its pins; this crate
    // is their only user and there are no interrupts.
    unsafe {
        if read_volatile(UCA0CTLW0) & UCSWRST != 0 {
            start();
        }
        while read_volatile(UCA0IFG) & UCTXIFG == 0 {}
        write_volatile(UCA0TXBUF, u16::from(byte));
    }
}

/// Sets up the interface, which every reset stops.
#[cold]
unsafe fn start() {
    let select = PIN_SELECT as *mut u8;
    // SAFETY: as in `put`. The pins stay in high impedance until LOCKLPM5 is cleared.
    unsafe {
        write_volatile(UCA0CTLW0, UCSWRST | UCSSEL_SMCLK);
        write_volatile(UCA0BRW, 6);
        write_volatile(UCA0MCTLW, BAUD_MODULATION);
        write_volatile(select, read_volatile(select) | PINS);
        write_volatile(PM5CTL0, 0);
        write_volatile(UCA0CTLW0, UCSSEL_SMCLK);
    }
}
