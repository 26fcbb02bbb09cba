//! A network with early exits, planned by hand, and what it computes in plain code.

use freeml_core::{Cost, Exit, Frame, HEADER_BYTES, Kind, Memory, Network, Signature, Tensor};
use proptest::prelude::*;

/// Stages of a few units, with an early exit after each but the last. A stage overwrites the
/// units of the stage before the last, and an exit the sums of the exit before the last, so that a
/// step done again too late, or an exit looked at too early, spoils the result.
#[derive(Debug, Clone)]
pub struct Anytime {
    stages: u16,
    /// Units of a stage, and values of a sample.
    units: u16,
    classes: u16,
    /// Sums that a step computes.
    per_step: u16,
    seed: u32,
    pub exits: Vec<Exit>,
    pub costs: Vec<Cost>,
}

/// What a step computes.
enum Work {
    /// One unit of a stage.
    Unit { stage: u16, unit: u16 },
    /// Some sums of an early exit.
    Sums { exit: u16, first: u16 },
    /// One logit of the head.
    Logit { class: u16 },
}

impl Anytime {
    pub fn new([stages, units, classes, per_step]: [u16; 4], seed: u32) -> Self {
        let (exits, costs) = (Vec::new(), Vec::new());
        let mut network = Anytime { stages, units, classes, per_step, seed, exits, costs };
        for stage in 0..stages {
            let first_step = stage * network.stage_steps();
            let cycles = |layer| network.weight(0xC057, stage, layer).cast_unsigned();
            let (unit, sums) = (Cost { first_step, cycles: cycles(0) }, first_step + units);
            network.costs.extend([unit, Cost { first_step: sums, cycles: cycles(1) }]);
            if stage + 1 < stages {
                let steps = first_step + network.stage_steps();
                network.exits.push(Exit { steps, at: network.sums(stage) });
            }
        }
        network
    }

    pub fn steps(&self) -> u16 {
        self.head_step() + self.classes
    }

    pub fn state_bytes(&self) -> usize {
        usize::from(self.logits().at + 2 * self.classes)
    }

    pub fn sample(&self, seed: u32) -> Vec<u8> {
        let bytes = (0..self.units).map(|unit| Self { seed, ..self.clone() }.weight(1, 2, unit));
        bytes.map(|value| value.to_le_bytes()[0]).collect()
    }

    /// The last exit that `done` steps reach.
    pub fn exit(&self, done: u16) -> Option<u8> {
        let early = self.exits.iter().filter(|exit| exit.steps <= done).count();
        let reached = early + usize::from(done == self.steps());
        u8::try_from(reached).expect("few").checked_sub(1)
    }

    /// The logits of all exits for `sample`, those of the head last, without a memory.
    pub fn expected(&self, sample: &[u8]) -> Vec<Vec<i32>> {
        let mut values = sample.to_vec();
        let mut sums = vec![0i32; self.classes.into()];
        let mut logits = Vec::new();
        for stage in 0..self.stages {
            values = (0..self.units).map(|unit| self.unit(stage, unit, &values)).collect();
            if stage + 1 == self.stages {
                let head = (0..self.classes).map(|class| self.logit(class, &values).into());
                logits.push(head.collect());
            } else {
                for (class, sum) in (0..).zip(&mut sums) {
                    *sum = sum.wrapping_add(self.part(stage, class, &values));
                }
                logits.push(sums.clone());
            }
        }
        logits
    }

    /// A number without a pattern.
    fn weight(&self, what: u32, row: u16, col: u16) -> i16 {
        let mut hash = self.seed ^ what.wrapping_mul(0x9E37_79B9);
        for word in [u32::from(row), u32::from(col)] {
            hash = (hash ^ word).wrapping_mul(0x85EB_CA6B);
            hash ^= hash >> 15;
        }
        let [low, high, ..] = hash.to_be_bytes();
        i16::from_be_bytes([low, high])
    }

    fn unit(&self, stage: u16, unit: u16, values: &[u8]) -> u8 {
        let sum = (0..).zip(values).fold(0i32, |sum, (col, &value)| {
            sum + i32::from(value) * i32::from(self.weight(stage.into(), unit, col))
        });
        sum.to_le_bytes()[1]
    }

    /// What a stage adds to the sum of a class: up to some 2^31, so that sums need their 32 bits.
    fn part(&self, stage: u16, class: u16, values: &[u8]) -> i32 {
        (0..).zip(values).fold(0i32, |sum, (col, &value)| {
            let weight = i32::from(self.weight(0x100 + u32::from(stage), class, col));
            sum.wrapping_add(weight * 0x40 * i32::from(value))
        })
    }

    fn logit(&self, class: u16, values: &[u8]) -> i16 {
        let [_, low, high, _] = self.part(0xFF, class, values).to_le_bytes();
        i16::from_le_bytes([low, high])
    }

    /// Where the units of a stage lie; stage 0 takes those of the sample.
    fn values(&self, stage: u16) -> u16 {
        HEADER_BYTES + stage % 2 * self.units
    }

    /// Where the sums of an exit lie.
    fn sums(&self, exit: u16) -> u16 {
        (HEADER_BYTES + 2 * self.units).next_multiple_of(2) + exit % 2 * 4 * self.classes
    }

    fn logits(&self) -> Tensor {
        let at = self.sums(0) + 8 * self.classes;
        Tensor { at, channels: self.classes, kind: Kind::I16, ..self.point() }
    }

    fn point(&self) -> Tensor {
        let at = self.values(0);
        Tensor { at, height: 1, width: 1, channels: self.units, frame: Frame::NONE, kind: Kind::U8 }
    }

    /// Steps of a stage and its exit.
    fn stage_steps(&self) -> u16 {
        self.units + self.classes.div_ceil(self.per_step)
    }

    /// The first step of the head, which follows the units of the last stage.
    fn head_step(&self) -> u16 {
        (self.stages - 1) * self.stage_steps() + self.units
    }

    fn work(&self, step: u16) -> Work {
        if let Some(class) = step.checked_sub(self.head_step()) {
            return Work::Logit { class };
        }
        let (stage, step) = (step / self.stage_steps(), step % self.stage_steps());
        match step.checked_sub(self.units) {
            None => Work::Unit { stage, unit: step },
            Some(step) => Work::Sums { exit: stage, first: step * self.per_step },
        }
    }
}

impl Network for Anytime {
    fn signature(&self) -> Signature {
        Signature {
            identity: self.seed,
            steps: self.steps(),
            input: self.point(),
            logits: self.logits(),
        }
    }

    fn exits(&self) -> &[Exit] {
        &self.exits
    }

    fn costs(&self) -> &[Cost] {
        &self.costs
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        let values = |memory: &M, stage| memory.bytes(self.values(stage), self.units).to_vec();
        match self.work(step) {
            Work::Unit { stage, unit } => {
                let value = self.unit(stage, unit, &values(memory, stage));
                memory.store(self.values(stage + 1) + unit, value);
            }
            Work::Sums { exit, first } => {
                let values = values(memory, exit + 1);
                for class in first..self.classes.min(first + self.per_step) {
                    let part = self.part(exit, class, &values);
                    let before = self.sums(exit + 1) + 4 * class;
                    let sum = match memory.bytes(before, 4) {
                        &[a, b, c, d] if exit > 0 => i32::from_le_bytes([a, b, c, d]),
                        _ => 0,
                    };
                    let [a, b, c, d] = sum.wrapping_add(part).to_le_bytes();
                    let at = self.sums(exit) + 4 * class;
                    memory.store_word(at, u16::from_le_bytes([a, b]));
                    memory.store_word(at + 2, u16::from_le_bytes([c, d]));
                }
            }
            Work::Logit { class } => {
                let logit = self.logit(class, &values(memory, self.stages));
                memory.store_word(self.logits().at + 2 * class, logit.cast_unsigned());
            }
        }
    }
}

/// Networks of up to four early exits.
pub fn networks() -> impl Strategy<Value = Anytime> {
    ([1u16..6, 1u16..5, 1u16..5, 1u16..5], any::<u32>())
        .prop_map(|(sizes, seed)| Anytime::new(sizes, seed))
}
