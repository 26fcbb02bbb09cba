//! Progress through the steps of an inference, across power failures.
//!
//! The state starts with a header of four words: the progress, the network's 32-bit
//! identity, and whether kernels may go on with what they decoded in this boot. Progress is 0
//! without a sample, `n + 1` when step `n` is next, and one more than the number of steps when
//! the logits are there. It is stored after the work it stands for, by one atomic word store, and
//! a step that is repeated gives the same bytes: so whatever happens in between costs at most one
//! step.

use core::cell::Cell;

use crate::{
    Answer, Cost, Element, Exit, I16, Kind, Logits, Memory, Outlook, Policy, Sample, Tensor,
};

/// Bytes of the state before the first tensor.
pub const HEADER_BYTES: u16 = 8;

const PROGRESS: u16 = 0;
const IDENTITY: u16 = 2;
/// Whether a program for the step at hand was built since the last reset.
pub(crate) const DECODED: u16 = 6;
const IDLE: u16 = 0;

/// What the engine knows of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Tells states of different networks apart.
    pub identity: u32,
    /// Number of steps, below 65,534.
    pub steps: u16,
    /// Where the sample goes.
    pub input: Tensor,
    /// Where the logits appear: the channels of one position, of kind [`Kind::I16`].
    pub logits: Tensor,
}

/// A planned network: what generated code and the compiler's own programs implement.
pub trait Network {
    /// Its fixed properties.
    fn signature(&self) -> Signature;

    /// Its early exits in the order in which they are reached. The last exit, the network's own
    /// head, is not among them.
    fn exits(&self) -> &[Exit];

    /// What its steps cost, layer by layer, from step 0 on.
    fn costs(&self) -> &[Cost];

    /// Computes step `step`. Repeating it before the next one gives the same bytes.
    fn compute<M: Memory>(&self, memory: &mut M, step: u16);
}

/// How far an inference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is no sample.
    Idle,
    /// The number of steps left.
    Running(u16),
    /// The logits are there.
    Done,
}

/// An inference on a network's state.
#[derive(Debug)]
pub struct Engine<N, M> {
    network: N,
    memory: M,
}

impl<N: Network, M: Memory> Engine<N, M> {
    /// Takes up the state in `memory`, or cleans it when it is not one of `network`.
    pub fn attach(network: N, memory: M) -> Self {
        let mut engine = Engine { network, memory };
        let Signature { identity, steps, .. } = engine.network.signature();
        let [a, b, c, d] = identity.to_le_bytes();
        let words = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])];
        let memory = &mut engine.memory;
        let known = memory.word(IDENTITY) == words[0] && memory.word(IDENTITY + 2) == words[1];
        if !known || memory.word(PROGRESS) > steps + 1 {
            // The identity becomes right only after the progress says that there is nothing.
            memory.store_word(PROGRESS, IDLE);
            memory.store_word(IDENTITY, words[0]);
            memory.store_word(IDENTITY + 2, words[1]);
        }
        // Programs have addresses of code, which may be another one since the last reset.
        if memory.word(DECODED) != 0 {
            memory.store_word(DECODED, 0);
        }
        engine
    }

    /// How far the inference is.
    pub fn status(&self) -> Status {
        let steps = self.network.signature().steps;
        match self.memory.word(PROGRESS) {
            IDLE => Status::Idle,
            progress if progress <= steps => Status::Running(steps + 1 - progress),
            _ => Status::Done,
        }
    }

    /// Begins an inference on `sample`, in the order of the ONNX input (channels, rows,
    /// columns) and of the input's kind. An inference under way is dropped. Values beyond the
    /// end are left out; missing ones are whatever the state holds in their place. After a
    /// power failure in here there is no sample.
    pub fn start<S: Sample>(&mut self, sample: &[S]) {
        let input = self.network.signature().input;
        self.memory.store_word(PROGRESS, IDLE);
        let size = input.kind.size();
        input.clear_before_row(&mut self.memory, 0);
        for y in 0..input.height {
            input.clear_after_row(&mut self.memory, y);
        }
        let mut values = sample.iter();
        'sample: for channel in 0..input.channels {
            let mut row_at = input.at.wrapping_add(channel.wrapping_mul(size));
            for _ in 0..input.height {
                let mut at = row_at;
                for _ in 0..input.width {
                    let Some(value) = values.next() else { break 'sample };
                    input.kind.store(&mut self.memory, at, value.value());
                    at = at.wrapping_add(input.pixel_bytes());
                }
                row_at = row_at.wrapping_add(input.row_bytes());
            }
        }
        self.memory.store_word(PROGRESS, 1);
    }

    /// Computes the next step, if there is one.
    pub fn step(&mut self) -> Status {
        if let Status::Running(_) = self.status() {
            let progress = self.memory.word(PROGRESS);
            self.network.compute(&mut self.memory, progress.wrapping_sub(1));
            self.memory.store_word(PROGRESS, progress.wrapping_add(1));
        }
        self.status()
    }

    /// Computes steps until there is none left or `policy` ends it; then the best answer.
    ///
    /// An inference that a policy ended is not over. Take its answer and [`start`](Self::start)
    /// anew, or call `run` again later, after a power failure as well, under another policy or
    /// with more energy: it goes on with the step that the policy was asked about.
    pub fn run(&mut self, policy: &mut impl Policy) -> Option<Answer> {
        let last = Cell::new(None);
        while let Status::Running(left) = self.status() {
            if !policy.proceed(&self.outlook(left, &last)) {
                break;
            }
            self.step();
        }
        self.best()
    }

    /// The best answer so far, that of the last exit reached; `None` before the first.
    pub fn best(&self) -> Option<Answer> {
        let (exit, logits) = self.reached()?;
        Answer::from_logits(logits, exit)
    }

    /// The last exit reached, the network's own head being the one after the early exits, and
    /// its logits; `None` before the first.
    pub fn reached(&self) -> Option<(u8, Logits<'_>)> {
        match self.status() {
            Status::Idle => None,
            Status::Running(left) => self.early(self.done(left)),
            Status::Done => {
                let head = u8::try_from(self.network.exits().len()).unwrap_or(u8::MAX);
                let Tensor { at, channels, .. } = self.network.signature().logits;
                let bytes = channels.wrapping_mul(Kind::I16.size());
                Some((head, Logits::words(self.memory.bytes(at, bytes))))
            }
        }
    }

    /// The last early exit reached when `done` steps are, and its logits.
    #[allow(clippy::inline_always, reason = "a call would stay in runs whose policy ignores it")]
    #[inline(always)]
    fn early(&self, done: u16) -> Option<(u8, Logits<'_>)> {
        let (index, exit) = Exit::reached(self.network.exits(), done)?;
        let classes = self.network.signature().logits.channels;
        let bytes = classes.wrapping_mul(Logits::SUM_BYTES);
        Some((index, Logits::sums(self.memory.bytes(exit.at, bytes))))
    }

    /// Number of steps done when `left` are left.
    fn done(&self, left: u16) -> u16 {
        self.network.signature().steps.wrapping_sub(left)
    }

    /// What a policy sees with `left` steps left; `last` is the answer last worked out.
    fn outlook<'a>(&'a self, left: u16, last: &'a Cell<Option<Answer>>) -> Outlook<'a> {
        let done = self.done(left);
        Outlook {
            exits: self.network.exits(),
            costs: self.network.costs(),
            steps: self.network.signature().steps,
            done,
            reached: self.early(done),
            last,
        }
    }

    /// The logits, once they are there.
    pub fn logits<const CLASSES: usize>(&self) -> Option<[i16; CLASSES]> {
        // Filled in place: the array is not copied on its way to the caller.
        let mut logits = (self.status() == Status::Done).then_some([0; CLASSES]);
        if let Some(slots) = &mut logits {
            for (slot, word) in slots.iter_mut().zip(self.logit_words()) {
                *slot = word;
            }
        }
        logits
    }

    /// The memory, to look at.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// The words of the logits, which are these from [`Status::Done`] on.
    pub fn logit_words(&self) -> impl Iterator<Item = i16> + '_ {
        let Tensor { at, channels, .. } = self.network.signature().logits;
        let size = Kind::I16.size();
        (0..channels).map(move |class| {
            I16::read(self.memory.bytes(at.wrapping_add(class.wrapping_mul(size)), size))
        })
    }
}
