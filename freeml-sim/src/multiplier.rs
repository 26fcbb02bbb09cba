//! The 16-bit registers of the hardware multiplier.

use crate::cpu::Width;
use crate::fault::FaultKind;
use freeml_harvest::random::SplitMix64;

/// Address of the first register, MPY, on devices with FRAM.
pub const BASE: u16 = 0x04C0;
/// Address of the first register of the 32-bit part, which is not modelled.
const BASE_32: u16 = BASE + 0x10;
/// Address behind the last register of the 32-bit part.
const END_32: u16 = BASE + 0x30;

const MPY: u16 = 0x0;
const MACS: u16 = 0x6;
const OP2: u16 = 0x8;
const RESLO: u16 = 0xA;
const RESHI: u16 = 0xC;

/// The operation chosen by the register that the first operand is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mode {
    signed: bool,
    accumulate: bool,
}

/// State of the multiplier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multiplier {
    mode: Mode,
    op1: u16,
    op2: u16,
    result: u32,
    sumext: u16,
}

impl Multiplier {
    /// A multiplier after power-on, when its registers hold anything.
    pub fn undefined(noise: &mut SplitMix64) -> Self {
        Self {
            mode: Mode { signed: noise.next_u16() & 1 == 0, accumulate: noise.next_u16() & 1 == 0 },
            op1: noise.next_u16(),
            op2: noise.next_u16(),
            result: u32::from(noise.next_u16()) << 16 | u32::from(noise.next_u16()),
            sumext: noise.next_u16(),
        }
    }

    /// Whether an address belongs to the multiplier, modelled or not.
    pub const fn contains(address: u16) -> bool {
        address >= BASE && address < END_32
    }

    /// Reads the register at `address`, which [`contains`](Self::contains) accepts.
    pub fn read(&self, address: u16, width: Width) -> Result<u16, FaultKind> {
        let register = register(address)?;
        let word = match register & !1 {
            MPY..=MACS => self.op1,
            OP2 => self.op2,
            RESLO => low(self.result),
            RESHI => high(self.result),
            _ => self.sumext,
        };
        Ok(match (width, register & 1) {
            (Width::Word, _) => word,
            (Width::Byte, 0) => word & 0xFF,
            (Width::Byte, _) => word >> 8,
        })
    }

    /// Writes the register at `address`; writing OP2 starts the multiplication, which is done at once.
    pub fn write(&mut self, address: u16, value: u16, width: Width) -> Result<(), FaultKind> {
        let register = register(address)?;
        if width == Width::Byte && (register > OP2 || register & 1 != 0) {
            return Err(FaultKind::MultiplierByteWrite { address });
        }
        match register {
            MPY..=MACS => {
                self.mode = Mode { signed: register & 2 != 0, accumulate: register & 4 != 0 };
                self.op1 = self.operand(value, width);
            }
            OP2 => self.multiply(self.operand(value, width)),
            RESLO => self.result = self.result & 0xFFFF_0000 | u32::from(value),
            RESHI => self.result = self.result & 0x0000_FFFF | u32::from(value) << 16,
            // SUMEXT is read-only.
            _ => {}
        }
        Ok(())
    }

    /// The operand that an instruction of this width writes. The MPY32 takes what a byte instruction
    /// writes for a byte and extends it, by its sign in the signed modes (SLAU367P, page 276); the
    /// 16-bit multiplier of older families does not.
    fn operand(&self, value: u16, width: Width) -> u16 {
        let [low, _] = value.to_le_bytes();
        match width {
            Width::Word => value,
            Width::Byte if self.mode.signed => i16::from(low.cast_signed()).cast_unsigned(),
            Width::Byte => low.into(),
        }
    }

    fn multiply(&mut self, op2: u16) {
        self.op2 = op2;
        let product = if self.mode.signed {
            let product = i32::from(self.op1.cast_signed()) * i32::from(op2.cast_signed());
            product.cast_unsigned()
        } else {
            u32::from(self.op1) * u32::from(op2)
        };
        let start = if self.mode.accumulate { self.result } else { 0 };
        let (sum, carry) = start.overflowing_add(product);
        self.result = sum;
        self.sumext = match self.mode.signed {
            true if sum.cast_signed() < 0 => 0xFFFF,
            true => 0,
            false => u16::from(carry),
        };
    }
}

fn register(address: u16) -> Result<u16, FaultKind> {
    if address < BASE_32 { Ok(address - BASE) } else { Err(FaultKind::Multiplier32 { address }) }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(word: u32) -> u16 {
    word as u16
}

const fn high(word: u32) -> u16 {
    low(word >> 16)
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the reference computes in wide integers and cuts to the width"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MPYS: u16 = 0x2;
    const MAC: u16 = 0x4;
    const SUMEXT: u16 = 0xE;

    fn set(unit: &mut Multiplier, register: u16, value: u16) {
        unit.write(BASE + register, value, Width::Word).unwrap();
    }

    fn get(unit: &Multiplier, register: u16) -> u16 {
        unit.read(BASE + register, Width::Word).unwrap()
    }

    fn result(unit: &Multiplier) -> (u32, u16) {
        (u32::from(get(unit, RESHI)) << 16 | u32::from(get(unit, RESLO)), get(unit, SUMEXT))
    }

    fn run(mode: u16, start: u32, op1: u16, op2: u16) -> (u32, u16) {
        let mut unit = Multiplier::default();
        set(&mut unit, RESLO, low(start));
        set(&mut unit, RESHI, high(start));
        set(&mut unit, mode, op1);
        set(&mut unit, OP2, op2);
        result(&unit)
    }

    #[test]
    fn known_products() {
        assert_eq!(run(MPY, 7, 0xFFFF, 0xFFFF), (0xFFFE_0001, 0));
        assert_eq!(run(MPYS, 7, 0xFFFF, 2), (0xFFFF_FFFE, 0xFFFF));
        assert_eq!(run(MPYS, 7, 0x8000, 0x8000), (0x4000_0000, 0));
        assert_eq!(run(MAC, 0xFFFF_FFFF, 1, 1), (0, 1));
        assert_eq!(run(MAC, 5, 3, 4), (17, 0));
        assert_eq!(run(MACS, 5, 0xFFFD, 4), (0xFFFF_FFF9, 0xFFFF));
        assert_eq!(run(MACS, 0x7FFF_FFFF, 1, 1), (0x8000_0000, 0xFFFF));
    }

    #[test]
    fn operand_and_mode_stay_for_the_next_op2() {
        let mut unit = Multiplier::default();
        set(&mut unit, MACS, 0xFFFE);
        set(&mut unit, OP2, 5);
        set(&mut unit, OP2, 1);
        assert_eq!(result(&unit), (0xFFFF_FFF4, 0xFFFF));
        assert_eq!((get(&unit, MPY), get(&unit, OP2)), (0xFFFE, 1));
    }

    #[test]
    fn sumext_is_read_only() {
        let mut unit = Multiplier::default();
        set(&mut unit, SUMEXT, 0x1234);
        assert_eq!(get(&unit, SUMEXT), 0);
    }

    #[test]
    fn bytes_of_results_can_be_read_but_not_written() {
        let mut unit = Multiplier::default();
        set(&mut unit, RESLO, 0x1234);
        assert_eq!(unit.read(BASE + RESLO, Width::Byte), Ok(0x34));
        assert_eq!(unit.read(BASE + RESLO + 1, Width::Byte), Ok(0x12));
        for address in [BASE + RESLO, BASE + RESHI, BASE + SUMEXT, BASE + OP2 + 1, BASE + 1] {
            let expected = Err(FaultKind::MultiplierByteWrite { address });
            assert_eq!(unit.write(address, 1, Width::Byte), expected);
        }
    }

    #[test]
    fn byte_operands_are_extended_by_the_mode() {
        for (mode, expected) in
            [(MPY, (0xFE * 0xFD, 0)), (MAC, (7 + 0xFE * 0xFD, 0)), (MPYS, (6, 0)), (MACS, (13, 0))]
        {
            let mut unit = Multiplier::default();
            set(&mut unit, RESLO, 7);
            // What an operand in a register has above its byte does not count.
            unit.write(BASE + mode, 0x12FE, Width::Byte).unwrap();
            unit.write(BASE + OP2, 0x34FD, Width::Byte).unwrap();
            assert_eq!(result(&unit), expected, "mode {mode}");
        }
    }

    #[test]
    fn words_and_bytes_mix() {
        let mut unit = Multiplier::default();
        set(&mut unit, MACS, 200);
        unit.write(BASE + OP2, 0xFE, Width::Byte).unwrap();
        assert_eq!(result(&unit), ((-400_i32).cast_unsigned(), 0xFFFF));
    }

    #[test]
    fn thirty_two_bit_registers_are_refused() {
        let mut unit = Multiplier::default();
        for address in [0x04D0, 0x04EC] {
            assert!(Multiplier::contains(address));
            let expected = FaultKind::Multiplier32 { address };
            assert_eq!(unit.read(address, Width::Word), Err(expected));
            assert_eq!(unit.write(address, 0, Width::Word), Err(expected));
        }
        assert!(!Multiplier::contains(0x04F0));
    }

    proptest! {
        #[test]
        fn accumulates_like_wide_integers(start: u32, op1: u16, op2: u16) {
            let wide = u64::from(start) + u64::from(op1) * u64::from(op2);
            let expected = (wide as u32, u16::from(wide > u64::from(u32::MAX)));
            prop_assert_eq!(run(MAC, start, op1, op2), expected);

            let wide = i64::from(start.cast_signed())
                + i64::from(op1.cast_signed()) * i64::from(op2.cast_signed());
            let expected = (wide as u32, if (wide as i32) < 0 { 0xFFFF } else { 0 });
            prop_assert_eq!(run(MACS, start, op1, op2), expected);
        }
    }
}
