//! Peripheral registers: the multiplier, the console, and plain storage for all others.

use std::io::Write as _;

use crate::cpu::Width;
use crate::device::Device;
use crate::fault::FaultKind;
use crate::multiplier::Multiplier;
use freeml_harvest::random::SplitMix64;

/// Bytes of the peripheral address space.
const SIZE: usize = 0x1000;
/// Offset of the transmit buffer UCA0TXBUF.
const TRANSMIT_BUFFER: u16 = 0x0E;
/// Offset of the interrupt flags UCA0IFG.
const FLAGS: u16 = 0x1C;
/// The flag UCTXIFG: the transmit buffer is empty.
const TRANSMIT_READY: u16 = 2;

/// Where the bytes go that the program writes to the serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Console {
    /// Nowhere.
    Discard,
    /// Into memory, for tests.
    Capture(Vec<u8>),
    /// To the standard output of the simulator.
    Stdout,
}

impl Console {
    fn emit(&mut self, byte: u8) {
        match self {
            Self::Discard => {}
            Self::Capture(bytes) => bytes.push(byte),
            Self::Stdout => {
                // A closed pipe must not end the simulation: the results are elsewhere.
                let _ = std::io::stdout().write_all(&[byte]);
            }
        }
    }
}

/// The peripherals of a device.
#[derive(Clone, Debug)]
pub struct Peripherals {
    storage: Box<[u8; SIZE]>,
    multiplier: Multiplier,
    console: Console,
    console_base: u16,
}

impl Peripherals {
    /// The peripherals after power-on, with a console that captures.
    pub fn new(device: Device) -> Self {
        Self {
            storage: Box::new([0; SIZE]),
            multiplier: Multiplier::default(),
            console: Console::Capture(Vec::new()),
            console_base: device.console_base(),
        }
    }

    /// The console.
    pub const fn console_mut(&mut self) -> &mut Console {
        &mut self.console
    }

    /// What a loss of power does: registers back to zero, the multiplier's to noise, as its guide
    /// leaves them undefined. What the console has received stays.
    pub fn reset(&mut self, noise: &mut SplitMix64) {
        self.storage.fill(0);
        self.multiplier = Multiplier::undefined(noise);
    }

    /// Reads a register; `address` is below `0x1000` and, for a word, even.
    pub fn read(&self, address: u16, width: Width) -> Result<u16, FaultKind> {
        if Multiplier::contains(address) {
            return self.multiplier.read(address, width);
        }
        let ready = if address == self.console_base + FLAGS { TRANSMIT_READY } else { 0 };
        let index = usize::from(address) % SIZE;
        Ok(ready
            | match width {
                Width::Byte => u16::from(self.storage[index]),
                Width::Word => {
                    u16::from_le_bytes([self.storage[index & !1], self.storage[index | 1]])
                }
            })
    }

    /// Writes a register; `address` is below `0x1000` and, for a word, even.
    pub fn write(&mut self, address: u16, value: u16, width: Width) -> Result<(), FaultKind> {
        if Multiplier::contains(address) {
            return self.multiplier.write(address, value, width);
        }
        let [low, high] = value.to_le_bytes();
        if address == self.console_base + TRANSMIT_BUFFER {
            self.console.emit(low);
        }
        let index = usize::from(address) % SIZE;
        self.storage[index] = low;
        if width == Width::Word {
            self.storage[index | 1] = high;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn console_takes_bytes_and_words() {
        for (device, base) in [(Device::Fr5994, 0x05C0), (Device::Fr2355, 0x0500)] {
            let mut io = Peripherals::new(device);
            io.write(base + 0x0E, u16::from(b'h'), Width::Byte).unwrap();
            io.write(base + 0x0E, u16::from(b'i'), Width::Word).unwrap();
            assert_eq!(*io.console_mut(), Console::Capture(b"hi".to_vec()));
        }
    }

    #[test]
    fn transmitter_is_always_ready() {
        let mut io = Peripherals::new(Device::Fr5969);
        io.write(0x05DC, 0, Width::Word).unwrap();
        assert_eq!(io.read(0x05DC, Width::Word), Ok(2));
        assert_eq!(io.read(0x05DC, Width::Byte), Ok(2));
    }

    #[test]
    fn other_registers_are_storage_until_reset() {
        let mut io = Peripherals::new(Device::Fr5994);
        io.write(0x015C, 0x5A80, Width::Word).unwrap();
        io.write(0x0FFF, 0x12, Width::Byte).unwrap();
        assert_eq!(io.read(0x015C, Width::Word), Ok(0x5A80));
        assert_eq!(io.read(0x015D, Width::Byte), Ok(0x5A));
        assert_eq!(io.read(0x0FFE, Width::Word), Ok(0x1200));
        io.reset(&mut SplitMix64::new(1));
        assert_eq!(io.read(0x015C, Width::Word), Ok(0));
    }
}
