//! Policies and early exits on the device: a network of a few sums, stopped here and there.
#![no_std]
#![no_main]

use core::cell::Cell;
use core::hint::black_box;

use freeml_core::{
    Answer, Budget, Capacitor, Comparator, Confidence, Cost, Deadline, Engine, Exit, ExitHistory,
    Fram, Frame, Gauge, HEADER_BYTES, Kind, Memory, Network, Policy, RunToEnd, Signature, Supply,
    Tensor, take_state,
};
use msp430_support::{entry, print_str};

entry!(main);

const CLASSES: u16 = 3;
const STAGE_STEPS: u16 = 4;
const STEPS: u16 = 3 * STAGE_STEPS;
const SUMS: [u16; 2] = [HEADER_BYTES + 2, HEADER_BYTES + 2 + 4 * CLASSES];
const LOGITS: u16 = SUMS[1] + 4 * CLASSES;
const WORDS: usize = (LOGITS as usize + 2 * CLASSES as usize) / 2;
const SAMPLE: u8 = 7;

/// Three stages of four steps that do nothing but give sums in the last: two early exits and the
/// head. All give class 2, with margins of 70,000, 140,000 and 21.
#[derive(Debug, Clone, Copy)]
struct Stages;

impl Network for Stages {
    fn signature(&self) -> Signature {
        let point = Tensor {
            at: HEADER_BYTES,
            height: 1,
            width: 1,
            channels: 1,
            frame: Frame::NONE,
            kind: Kind::U8,
        };
        let logits = Tensor { at: LOGITS, channels: CLASSES, kind: Kind::I16, ..point };
        Signature { identity: 0x0706_0504, steps: STEPS, input: point, logits }
    }

    fn exits(&self) -> &[Exit] {
        const {
            &[
                Exit { steps: STAGE_STEPS, at: SUMS[0] },
                Exit { steps: 2 * STAGE_STEPS, at: SUMS[1] },
            ]
        }
    }

    fn costs(&self) -> &[Cost] {
        const {
            &[
                Cost { first_step: 0, cycles: 1_000 },
                Cost { first_step: STAGE_STEPS, cycles: 20_000 },
                Cost { first_step: 2 * STAGE_STEPS, cycles: 40_000 },
            ]
        }
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        let sample = u16::from(memory.byte(HEADER_BYTES));
        for class in 0..CLASSES {
            let value = class.wrapping_mul(sample);
            let low = memory.word(SUMS[0] + 4 * class);
            let high = memory.word(SUMS[0] + 4 * class + 2);
            match step {
                3 => {
                    let [a, b, c, d] = (u32::from(value) * 10_000).to_le_bytes();
                    memory.store_word(SUMS[0] + 4 * class, u16::from_le_bytes([a, b]));
                    memory.store_word(SUMS[0] + 4 * class + 2, u16::from_le_bytes([c, d]));
                }
                7 => {
                    let [a, b, c, d] = ((u32::from(high) << 16 | u32::from(low)) * 2).to_le_bytes();
                    memory.store_word(SUMS[1] + 4 * class, u16::from_le_bytes([a, b]));
                    memory.store_word(SUMS[1] + 4 * class + 2, u16::from_le_bytes([c, d]));
                }
                11 => memory.store_word(LOGITS + 2 * class, value * 3),
                _ => {}
            }
        }
    }
}

const MARGINS: [u32; 3] = [70_000, 140_000, 21];

fn main() {
    let Some(state) = take_state!(WORDS) else { return };
    let good = checks(&mut Engine::attach(Stages, state));
    print_str(if good { "policies ok\n" } else { "policies WRONG\n" });
}

fn checks(engine: &mut Engine<Stages, Fram>) -> bool {
    let mut history = ExitHistory::<8>::new();
    let mut good = ends(engine, &mut history, &mut RunToEnd, 2);
    let sure = |margin| Confidence { margins: black_box(margin) };
    good &= ends(engine, &mut history, &mut sure(&[70_000]), 0);
    good &= ends(engine, &mut history, &mut sure(&[70_001, 140_000]), 1);
    for (charge, exit) in [(0, 0), (79_999, 0), (80_000, 1), (159_999, 1), (160_000, 2)] {
        let charge = black_box(charge);
        let budget = Budget(|| charge).and(sure(&[]));
        good &= ends(engine, &mut history, &mut budget.at_exits(), exit);
    }
    good &= history.count(0) == 3 && history.count(1) == 3 && history.count(2) == 2;
    good && measured(engine, &mut history)
}

/// Policies that measure, one reading at each exit.
fn measured(engine: &mut Engine<Stages, Fram>, history: &mut ExitHistory<8>) -> bool {
    const GAUGE: Gauge = Gauge::new(Supply {
        nanofarads: 20_000,
        full_scale_millivolts: 4000,
        bits: 12,
        brown_out_millivolts: 1900,
        picojoules_per_cycle: 350,
    });
    // 2.2 V suffices for 35,000 cycles, 2.4 V for 61,000, 3.3 V for 208,000.
    let mut good = true;
    for (readings, exit) in [([2253, 0], 0), ([3379, 2458], 1), ([3379, 3379], 2)] {
        let mut readings = black_box(readings).into_iter();
        let capacitor = Capacitor { gauge: GAUGE, read: || readings.next().unwrap_or(0) };
        good &= ends(engine, history, &mut Budget(capacitor).at_exits(), exit);
    }
    for (above, exit) in [(true, 2), (false, 0)] {
        let above = black_box(above);
        let comparator = Comparator { above: || above, cycles: 200_000 };
        good &= ends(engine, history, &mut Budget(comparator), exit);
    }
    // A timer that has ticked 10 times at each step.
    let now = Cell::new(0);
    let clock = || now.replace(now.get() + 10);
    let mut deadline = Deadline { clock, ticks: black_box(1_000), cycles_per_tick: 100 };
    good & ends(engine, history, &mut deadline, 1)
}

/// Whether an inference under `policy` ends at `exit`, with the answer of that.
fn ends(
    engine: &mut Engine<Stages, Fram>,
    history: &mut ExitHistory<8>,
    policy: &mut impl Policy,
    exit: u8,
) -> bool {
    engine.start(&[black_box(SAMPLE)]);
    let answer = engine.run(policy);
    if let Some(answer) = &answer {
        history.record(answer);
    }
    let margin = MARGINS.get(usize::from(exit)).copied().unwrap_or(0);
    let expected = Answer { class: 2, exit, margin };
    let best =
        [(2, i32::try_from(2 * margin).unwrap_or(0)), (1, i32::try_from(margin).unwrap_or(0))];
    answer == Some(expected) && engine.top::<2>() == best
}
