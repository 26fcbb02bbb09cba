//! The operations interpreted.

use super::{Additions, Ending, LONGEST, MOVING_WORDS, Moving, Operation, RUN_WORDS, Run};
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
pub(crate) fn additions(_: Kind, _: u16) -> &'static Additions {
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

/// Goes on with the run in `area` until the step is done; its program is for elements of `kind`,
/// outputs are bytes.
pub(crate) fn run<M: Memory>(memory: &mut M, area: Area, kind: Kind) {
    let (mut run, mut moving) = load(memory, area.run_at());
    while moving.left != 0 {
        if moving.row_left == 1 {
            run.window = run.window.wrapping_sub(run.window_back);
            run.out = run.out.wrapping_sub(run.out_back);
        }
        four(memory, &mut run, &moving, area, kind);
        (moving.left, moving.row_left) = (moving.left - 1, moving.row_left.wrapping_sub(1));
        if moving.row_left == 0 {
            moving.row_left = run.times;
            run.window = run.window.wrapping_add(run.window_skip);
            run.out = run.out.wrapping_add(run.out_skip);
        }
    }
    store(memory, area, run, moving);
}

/// Stores the run in `area`.
pub(crate) fn store<M: Memory>(memory: &mut M, area: Area, run: Run, moving: Moving) {
    let [low, high] = moving.offset;
    let (least, largest) = (run.low.cast_unsigned(), run.high.cast_unsigned());
    let words: [u16; (RUN_WORDS + MOVING_WORDS) as usize] = [
        run.window,
        run.advance,
        run.program,
        run.near,
        run.far,
        run.out,
        run.out_step,
        run.times,
        run.window_skip,
        run.out_skip,
        run.window_back,
        run.out_back,
        least,
        largest,
        moving.row_left,
        moving.left,
        low,
        high,
        moving.multiplier,
        moving.shift,
        moving.bits_24,
    ];
    for (to, word) in (area.run_at()..).step_by(2).zip(words) {
        memory.store_word(to, word);
    }
}

/// The run at byte offset `at`.
fn load<M: Memory>(memory: &M, at: u16) -> (Run, Moving) {
    let word = |index: u16| memory.word(at.wrapping_add(index.wrapping_mul(2)));
    let run = Run {
        window: word(0),
        advance: word(1),
        program: word(2),
        near: word(3),
        far: word(4),
        out: word(5),
        out_step: word(6),
        times: word(7),
        window_skip: word(8),
        out_skip: word(9),
        window_back: word(10),
        out_back: word(11),
        low: word(12).cast_signed(),
        high: word(13).cast_signed(),
    };
    let moving = Moving {
        row_left: word(14),
        left: word(15),
        offset: [word(16), word(17)],
        multiplier: word(18),
        shift: word(19),
        bits_24: word(20),
    };
    (run, moving)
}

/// Stores the outputs of four windows and moves on to the next four.
fn four<M: Memory>(memory: &mut M, run: &mut Run, moving: &Moving, area: Area, kind: Kind) {
    let sums = if kind == Kind::I8 { sums::<I8, M> } else { sums::<U8, M> };
    let (end, [a, b, c, d]) = sums(memory, run, area);
    let kept = end >= EACH + KEPT;
    let mut put = |sum| {
        let value = moving.value(sum, !kept).max(run.low).min(run.high);
        memory.store(run.out, value.to_le_bytes()[0]);
        run.out = run.out.wrapping_add(run.out_step);
    };
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

impl Moving {
    /// The output of `sum`, its scale being `short` or not, not yet within the bounds.
    fn value(&self, sum: i32, short: bool) -> i16 {
        let [[a, b], [c, d]] = self.offset.map(u16::to_le_bytes);
        let offset = i32::from_le_bytes([a, b, c, d]);
        let multiplier = self.multiplier.cast_signed();
        let value = if short {
            sum.wrapping_mul(multiplier.into()).wrapping_add(offset) >> 16
        } else {
            let scale = LayerScale {
                rounding: 0,
                multiplier,
                bias_shift: 0,
                shift: if self.bits_24 == 0 { crate::SHIFT_16 } else { crate::SHIFT_24 },
            };
            scale.apply(sum.wrapping_shl(self.shift.into()).wrapping_add(offset))
        };
        i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
    }
}
