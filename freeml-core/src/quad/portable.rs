//! The operations interpreted.

use super::{Additions, Ending, LONGEST, Operation, Run, Scale};
use crate::kernels::Area;
use crate::{Element, I8, Kind, LayerScale, Memory, U8};

const SUMS: u16 = 16;
const DOUBLE: u16 = 64;
const KEEP: u16 = 65;
const KEEP_MORE: u16 = 66;
const EACH: u16 = 67;
const PAIRS: u16 = 68;
const LARGEST: u16 = 69;
/// Added to one of these three if the sums are those kept.
const KEPT: u16 = 3;

/// Additions of elements of any kind, which [`run`] is told again.
pub(crate) fn additions(_: Kind) -> &'static Additions {
    &Additions { ends: [SUMS, 2 * SUMS], distance: 1 }
}

impl Operation {
    /// The word of this operation.
    pub fn word(self) -> u16 {
        match self {
            Operation::Double => DOUBLE,
            Operation::Keep => KEEP,
            Operation::KeepMore => KEEP_MORE,
            Operation::End(Ending::Each) => EACH,
            Operation::End(Ending::Pairs) => PAIRS,
            Operation::End(Ending::Largest) => LARGEST,
            Operation::EndKept(ending) => Operation::End(ending).word() + KEPT,
        }
    }
}

/// Programs and windows are given by offsets in the state.
pub(crate) fn base<M: Memory>(_: &mut M) -> u16 {
    0
}

/// Goes on with the run in `area` until its rows are done; its program is for elements of `kind`,
/// outputs are bytes.
pub(crate) fn run<M: Memory>(memory: &mut M, area: Area, kind: Kind) {
    let mut run = Run::load(memory, area.run_at());
    for _ in 0..run.rows {
        for _ in 0..run.times {
            four(memory, &mut run, area, kind);
        }
        if run.window_back != 0 {
            run.window = run.window.wrapping_sub(run.window_back);
            run.out = run.out.wrapping_sub(run.out_back);
            four(memory, &mut run, area, kind);
        }
        run.window = run.window.wrapping_add(run.window_skip);
        run.out = run.out.wrapping_add(run.out_skip);
    }
    run.store(memory, area.run_at());
}

impl Run {
    /// The one at byte offset `at`.
    fn load<M: Memory>(memory: &M, at: u16) -> Run {
        let word = |index: u16| memory.word(at.wrapping_add(index.wrapping_mul(2)));
        Run {
            window: word(0),
            advance: word(1),
            program: word(2),
            near: word(3),
            far: word(4),
            out: word(5),
            out_step: word(6),
            times: word(7),
            rows: word(8),
            window_skip: word(9),
            out_skip: word(10),
            window_back: word(11),
            out_back: word(12),
            went_back: word(13),
            scale: Scale {
                offset: [word(14), word(15)],
                multiplier: word(16),
                low: word(17).cast_signed(),
                high: word(18).cast_signed(),
                shift: word(19),
                bits_24: word(20),
            },
        }
    }
}

/// Stores the outputs of four windows and moves on to the next four.
fn four<M: Memory>(memory: &mut M, run: &mut Run, area: Area, kind: Kind) {
    let sums = if kind == Kind::I8 { sums::<I8, M> } else { sums::<U8, M> };
    let (end, [a, b, c, d]) = sums(memory, run, area);
    let kept = end >= EACH + KEPT;
    let mut put = |sum| put(memory, run, sum, !kept);
    match if kept { end - KEPT } else { end } {
        PAIRS => [a.max(b), c.max(d)].into_iter().for_each(put),
        LARGEST => put(a.max(b).max(c).max(d)),
        _ => [a, b, c, d].into_iter().for_each(put),
    }
    run.window = run.window.wrapping_add(run.advance);
}

/// How the program ends, and the sums at the four windows.
fn sums<E: Element, M: Memory>(memory: &M, run: &Run, area: Area) -> (u16, [i32; 4]) {
    let (mut sums, mut kept) = ([0i16; 4], [0i32; 4]);
    let mut at = run.window;
    let mut words = memory
        .bytes(area.program_at(), area.words.wrapping_mul(2))
        .chunks_exact(2)
        .map(|word| match word {
            &[low, high] => u16::from_le_bytes([low, high]),
            _ => 0,
        });
    while let Some(operation) = words.next() {
        match operation {
            DOUBLE => sums = sums.map(|sum| sum.wrapping_shl(1)),
            EACH..=LARGEST => return (operation, sums.map(i32::from)),
            KEEP.. => {
                for (kept, sum) in kept.iter_mut().zip(&mut sums) {
                    *kept = kept.wrapping_add(i32::from(*sum));
                    *sum = 0;
                }
                if operation > LARGEST {
                    return (operation, kept);
                }
            }
            _ => {
                let negative = operation > SUMS;
                let base = if negative { 2 * SUMS } else { SUMS };
                for _ in 0..base.wrapping_sub(operation).min(LONGEST) {
                    at = at.wrapping_add(words.next().unwrap_or(0));
                    for (sum, step) in sums.iter_mut().zip([0, run.near, run.far, run.near]) {
                        at = at.wrapping_add(step);
                        let element = E::read(memory.bytes(at, E::KIND.size()));
                        *sum = if negative {
                            sum.wrapping_sub(element)
                        } else {
                            sum.wrapping_add(element)
                        };
                    }
                }
            }
        }
    }
    (EACH, sums.map(i32::from))
}

/// Stores the output of `sum` by a scale that is `short` or not.
fn put<M: Memory>(memory: &mut M, run: &mut Run, sum: i32, short: bool) {
    let Scale { offset, multiplier, low, high, shift, bits_24 } = run.scale;
    let [[a, b], [c, d]] = offset.map(u16::to_le_bytes);
    let offset = i32::from_le_bytes([a, b, c, d]);
    let value = if short {
        let product = sum.wrapping_mul(multiplier.into());
        product.wrapping_add(offset) >> 16
    } else {
        let scale = LayerScale {
            rounding: 0,
            multiplier: multiplier.cast_signed(),
            bias_shift: 0,
            shift: if bits_24 == 0 { crate::SHIFT_16 } else { crate::SHIFT_24 },
        };
        scale.apply(sum.wrapping_shl(shift.into()).wrapping_add(offset))
    };
    let limit = if value < 0 { i16::MIN } else { i16::MAX };
    let value = i16::try_from(value).unwrap_or(limit).max(low).min(high);
    memory.store(run.out, value.to_le_bytes()[0]);
    run.out = run.out.wrapping_add(run.out_step);
}
