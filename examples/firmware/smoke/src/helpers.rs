//! The helper functions behind `*`, `/`, `%`, `<<` and `>>`, against results known in advance.

use core::hint::black_box;

/// Whether every helper gives the known result.
pub fn agree() -> bool {
    let a = black_box(-12_345_i16);
    let b = black_box(77_i16);
    let c = black_box(-123_456_789_i32);
    let d = black_box(98_765_i32);
    let n = black_box(5_u32);
    let (ua, ub, uc, ud) =
        (a.cast_unsigned(), b.cast_unsigned(), c.cast_unsigned(), d.cast_unsigned());

    let mut good = a.wrapping_mul(b) == 32_475;
    good &= i32::from(a).wrapping_mul(i32::from(b)) == -950_565;
    good &= c.wrapping_mul(d) == 202_387_759;
    good &= a.checked_div(b) == Some(-160);
    good &= a.checked_rem(b) == Some(-25);
    good &= ua.checked_div(ub) == Some(690);
    good &= ua.checked_rem(ub) == Some(61);
    good &= c.checked_div(d) == Some(-1250);
    good &= c.checked_rem(d) == Some(-539);
    good &= uc.checked_div(ud) == Some(42_236);
    good &= uc.checked_rem(ud) == Some(71_967);
    good &= c.wrapping_shl(n) == 344_350_048;
    good &= c.wrapping_shr(n) == -3_858_025;
    good &= uc.wrapping_shr(n) == 130_359_703;
    good
}
