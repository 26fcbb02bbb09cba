//! What a policy may ask of an inference.

use core::cell::Cell;

use crate::{Answer, Cost, Exit, Logits};

/// An inference between two steps: what it has and what the rest would cost.
///
/// Everything is worked out when it is asked for, so that a policy that asks for nothing costs
/// nothing.
#[derive(Debug)]
pub struct Outlook<'a> {
    pub(crate) exits: &'a [Exit],
    pub(crate) costs: &'a [Cost],
    /// Number of steps of the inference, and of those that are done.
    pub(crate) steps: u16,
    pub(crate) done: u16,
    /// The last exit reached.
    pub(crate) reached: Option<(u8, Logits<'a>)>,
    /// The answer last worked out in this run.
    pub(crate) last: &'a Last,
}

/// An answer that is kept, field by field: a copy of the whole would be one by `memcpy`.
#[derive(Debug, Default)]
pub(crate) struct Last {
    exit: Cell<Option<u8>>,
    class: Cell<u16>,
    margin: Cell<u32>,
}

impl Last {
    /// The answer of `exit`, if that is the one kept.
    #[inline]
    fn get(&self, exit: u8) -> Option<Answer> {
        let (class, margin) = (self.class.get(), self.margin.get());
        (self.exit.get() == Some(exit)).then_some(Answer { class, exit, margin })
    }

    #[inline]
    fn set(&self, answer: Answer) {
        self.exit.set(Some(answer.exit));
        self.class.set(answer.class);
        self.margin.set(answer.margin);
    }
}

impl Outlook<'_> {
    /// Number of steps left before the end, at least 1.
    pub fn steps_left(&self) -> u16 {
        self.steps.wrapping_sub(self.done)
    }

    /// The last exit reached; `None` before the first, when there is no answer.
    pub fn exit(&self) -> Option<u8> {
        self.reached.as_ref().map(|&(exit, _)| exit)
    }

    /// Whether the last step done is the one that reached an exit.
    pub fn at_exit(&self) -> bool {
        let exit = self.exit().and_then(|exit| self.exits.get(usize::from(exit)));
        exit.is_some_and(|exit| exit.steps == self.done)
    }

    /// The answer of the last exit reached. It is worked out once for each exit.
    pub fn answer(&self) -> Option<Answer> {
        let (exit, logits) = self.reached.as_ref()?;
        self.last.get(*exit).or_else(|| {
            let answer = Answer::from_logits(logits.clone(), *exit)?;
            self.last.set(answer);
            Some(answer)
        })
    }

    /// The exit that comes next, which the network's own head is after the early ones.
    pub fn next_exit(&self) -> u8 {
        self.exit().map_or(0, |exit| exit.saturating_add(1))
    }

    /// CPU cycles to the next exit, by the compiler's cost table.
    pub fn cycles_to_exit(&self) -> u32 {
        let exit = self.exits.get(usize::from(self.next_exit()));
        Cost::between(self.costs, self.done, exit.map_or(self.steps, |exit| exit.steps))
    }

    /// CPU cycles to the end, by the compiler's cost table.
    pub fn cycles_to_end(&self) -> u32 {
        Cost::between(self.costs, self.done, self.steps)
    }
}
