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
    pub(crate) last: &'a Cell<Option<Answer>>,
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
        if let Some(answer) = self.last.get()
            && answer.exit == *exit
        {
            return Some(answer);
        }
        let answer = Answer::from_logits(logits.clone(), *exit);
        self.last.set(answer);
        answer
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
