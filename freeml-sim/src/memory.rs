//! The 64 KiB address space: checks, counts and storage.

use crate::cpu::Width;
use crate::device::{Device, Region};
use crate::fault::FaultKind;
use crate::peripherals::Peripherals;
use freeml_harvest::random::SplitMix64;

/// Bytes of the address space.
pub const SIZE: usize = 0x1_0000;
/// Contents of the whole address space.
pub type Image = [u8; SIZE];
/// Erased memory, which reads as ones.
pub static ERASED: Image = [0xFF; SIZE];

/// Accesses per region, in the order of [`Region`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessCounts([u64; 4]);

impl AccessCounts {
    /// Accesses to a region; those to unmapped addresses are never counted.
    pub const fn get(&self, region: Region) -> u64 {
        self.0[region as usize]
    }

    const fn add(&mut self, region: Region) {
        self.0[region as usize] += 1;
    }
}

/// Memory and peripherals of a device.
#[derive(Clone, Debug)]
pub struct Memory {
    bytes: Box<Image>,
    /// The region of each page of 256 bytes; regions of all devices are whole pages.
    pages: [Region; 256],
    device: Device,
    /// The peripheral registers.
    pub peripherals: Peripherals,
    /// Data reads of instructions.
    pub reads: AccessCounts,
    /// Data writes of instructions.
    pub writes: AccessCounts,
    /// Words of instructions fetched.
    pub fetches: AccessCounts,
}

impl Memory {
    /// Memory with the given contents.
    pub fn new(device: Device, image: &Image) -> Self {
        let mut pages = [Region::Unmapped; 256];
        for (page, region) in (0_u16..).zip(&mut pages) {
            *region = device.region(page << 8);
        }
        Self {
            bytes: Box::new(*image),
            pages,
            device,
            peripherals: Peripherals::new(device),
            reads: AccessCounts::default(),
            writes: AccessCounts::default(),
            fetches: AccessCounts::default(),
        }
    }

    /// The device.
    pub const fn device(&self) -> Device {
        self.device
    }

    /// The region of an address.
    #[inline]
    pub const fn region(&self, address: u16) -> Region {
        self.pages[(address >> 8) as usize]
    }

    /// Data read of an instruction.
    #[inline]
    pub fn read(&mut self, address: u16, width: Width) -> Result<u16, FaultKind> {
        let region = self.checked_region(address, width)?;
        self.reads.add(region);
        match (region, width) {
            (Region::Io, _) => self.peripherals.read(address, width),
            (_, Width::Byte) => Ok(u16::from(self.bytes[usize::from(address)])),
            (_, Width::Word) => Ok(self.peek_word(address)),
        }
    }

    /// Data write of an instruction.
    #[inline]
    pub fn write(&mut self, address: u16, value: u16, width: Width) -> Result<(), FaultKind> {
        let region = self.checked_region(address, width)?;
        self.writes.add(region);
        if region == Region::Io {
            return self.peripherals.write(address, value, width);
        }
        let [low, high] = value.to_le_bytes();
        self.bytes[usize::from(address)] = low;
        if width == Width::Word {
            self.bytes[usize::from(address | 1)] = high;
        }
        Ok(())
    }

    /// Fetch of a word of an instruction.
    #[inline]
    pub fn fetch(&mut self, address: u16) -> Result<u16, FaultKind> {
        let region = self.region(address);
        if address & 1 != 0 || !matches!(region, Region::Ram | Region::Fram) {
            return Err(FaultKind::NotExecutable { address });
        }
        self.fetches.add(region);
        Ok(self.peek_word(address))
    }

    /// The word in memory, without checks, counts or peripherals.
    #[inline]
    pub const fn peek_word(&self, address: u16) -> u16 {
        let address = address as usize & !1;
        u16::from_le_bytes([self.bytes[address], self.bytes[address | 1]])
    }

    /// The memory behind a range of addresses, as a debugger sees it: no counts, no side effects.
    ///
    /// `None` if a byte of the range is outside RAM and FRAM.
    pub fn slice(&self, address: u16, length: usize) -> Option<&[u8]> {
        self.span(address, length).map(|span| &self.bytes[span])
    }

    /// Like [`slice`](Self::slice), for writing.
    pub fn slice_mut(&mut self, address: u16, length: usize) -> Option<&mut [u8]> {
        self.span(address, length).map(|span| &mut self.bytes[span])
    }

    /// What a loss of power does: RAM becomes noise, peripherals are reset, FRAM stays.
    pub fn lose_power(&mut self, noise: &mut SplitMix64) {
        let ram = self.device.ram();
        noise.fill(&mut self.bytes[usize::from(*ram.start())..=usize::from(*ram.end())]);
        self.peripherals.reset(noise);
    }

    /// Overwrites everything, and forgets the counts.
    pub fn restore(&mut self, image: &Image) {
        self.bytes.copy_from_slice(image);
        (self.reads, self.writes, self.fetches) = Default::default();
    }

    #[inline]
    const fn checked_region(&self, address: u16, width: Width) -> Result<Region, FaultKind> {
        let region = self.region(address);
        if matches!(region, Region::Unmapped) {
            return Err(FaultKind::Unmapped { address });
        }
        if matches!(width, Width::Word) && address & 1 != 0 {
            return Err(FaultKind::Unaligned { address });
        }
        Ok(region)
    }

    fn span(&self, address: u16, length: usize) -> Option<std::ops::Range<usize>> {
        let start = usize::from(address);
        let end = start.checked_add(length).filter(|&end| end <= SIZE)?;
        let in_memory = [self.device.ram(), self.device.fram()].into_iter().any(|range| {
            usize::from(*range.start()) <= start && end <= usize::from(*range.end()) + 1
        });
        in_memory.then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        Memory::new(Device::Fr5994, &ERASED)
    }

    #[test]
    fn words_are_little_endian_and_bytes_separate() {
        let mut memory = memory();
        memory.write(0x1C00, 0xABCD, Width::Word).unwrap();
        assert_eq!(memory.read(0x1C00, Width::Byte), Ok(0xCD));
        memory.write(0x1C01, 0x12, Width::Byte).unwrap();
        assert_eq!(memory.read(0x1C00, Width::Word), Ok(0x12CD));
    }

    #[test]
    fn counts_are_per_region() {
        let mut memory = memory();
        memory.read(0x0200, Width::Word).unwrap();
        memory.read(0x1C00, Width::Byte).unwrap();
        memory.write(0x4000, 1, Width::Word).unwrap();
        memory.fetch(0x4002).unwrap();
        let all = |counts: AccessCounts| {
            [Region::Io, Region::Ram, Region::Fram].map(|region| counts.get(region))
        };
        assert_eq!(all(memory.reads), [1, 1, 0]);
        assert_eq!(all(memory.writes), [0, 0, 1]);
        assert_eq!(all(memory.fetches), [0, 0, 1]);
    }

    #[test]
    fn bad_accesses_are_faults() {
        let mut memory = memory();
        for address in [0x1000, 0x1BFE, 0x3C00] {
            assert_eq!(memory.read(address, Width::Word), Err(FaultKind::Unmapped { address }));
            assert_eq!(memory.write(address, 0, Width::Byte), Err(FaultKind::Unmapped { address }));
            assert_eq!(memory.fetch(address), Err(FaultKind::NotExecutable { address }));
        }
        let address = 0x1C01;
        assert_eq!(memory.read(address, Width::Word), Err(FaultKind::Unaligned { address }));
        assert_eq!(memory.fetch(address), Err(FaultKind::NotExecutable { address }));
        assert_eq!(memory.fetch(0x0200), Err(FaultKind::NotExecutable { address: 0x0200 }));
    }

    #[test]
    fn debugger_ranges_stay_in_one_region() {
        let memory = memory();
        assert!(memory.slice(0x3BFF, 1).is_some());
        assert!(memory.slice(0x3BFF, 2).is_none());
        assert!(memory.slice(0xFFFF, 1).is_some());
        assert!(memory.slice(0xFFFF, 2).is_none());
        assert!(memory.slice(0x0200, 1).is_none());
        assert!(memory.slice(0x4000, usize::MAX).is_none());
    }

    #[test]
    fn power_loss_keeps_fram_only() {
        let mut memory = memory();
        memory.slice_mut(0x1C00, 0x2000).unwrap().fill(0x55);
        memory.write(0x015C, 0x5A80, Width::Word).unwrap();
        memory.write(0x4000, 0x1234, Width::Word).unwrap();
        memory.lose_power(&mut SplitMix64::new(1));
        let ram = memory.slice(0x1C00, 0x2000).unwrap();
        assert!(ram.chunks(8).all(|chunk| chunk != [0x55; 8]));
        assert_eq!(memory.read(0x015C, Width::Word), Ok(0));
        assert_eq!(memory.read(0x4000, Width::Word), Ok(0x1234));
    }
}
