//! The operations interpreted.

use super::{Additions, Ending, LONGEST, Operation, Run};
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

/// Runs the program in `area` for all of `run`, over elements of `kind`; outputs are bytes.
pub(crate) fn run<M: Memory>(memory: &mut M, run: &mut Run, area: Area, kind: Kind) {
    let sums = if kind == Kind::I8 { sums::<I8, M> } else { sums::<U8, M> };
    for place in 1..=run.times.wrapping_mul(run.rows) {
        let (end, [a, b, c, d]) = sums(memory, run, area);
        match end {
            PAIRS => [a.max(b), c.max(d)].into_iter().for_each(|sum| put(memory, run, sum)),
            LARGEST => put(memory, run, a.max(b).max(c).max(d)),
            _ => [a, b, c, d].into_iter().for_each(|sum| put(memory, run, sum)),
        }
        run.window = run.window.wrapping_add(run.advance);
        if place % run.times == 0 {
            run.window = run.window.wrapping_add(run.window_skip);
            run.out = run.out.wrapping_add(run.out_skip);
        }
    }
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
                    return (operation - KEPT, kept);
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

/// Stores the output of `sum`.
fn put<M: Memory>(memory: &mut M, run: &mut Run, sum: i32) {
    let [[a, b], [c, d]] = run.offset.map(u16::to_le_bytes);
    let scale = LayerScale {
        rounding: 0,
        multiplier: run.multiplier.cast_signed(),
        bias_shift: 0,
        shift: if run.bits_24 == 0 { crate::SHIFT_16 } else { crate::SHIFT_24 },
    };
    let sum = sum.wrapping_shl(run.shift.into()).wrapping_add(i32::from_le_bytes([a, b, c, d]));
    let value = scale.apply(sum);
    let limit = if value < 0 { i16::MIN } else { i16::MAX };
    let value = i16::try_from(value).unwrap_or(limit).max(run.low).min(run.high);
    memory.store(run.out, value.to_le_bytes()[0]);
    run.out = run.out.wrapping_add(run.out_step);
}
