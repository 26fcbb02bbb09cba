//! Policies by their names on the command line.

use std::fmt;
use std::str::FromStr;

use freeml_compiler::exits::{AGREEMENTS, Fact};
use freeml_core::{Budget, Confidence, Deadline, Outlook, Policy};
use freeml_harvest::{Device, Meter, parse_quantity};

/// Parts of policies, for messages.
const PARTS: &str = "end, exit=0, confidence or confidence=95, budget, deadline=2s, and sums of them \
                     such as budget+confidence";

/// A policy that was chosen: it goes on only if all of its parts would.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    text: String,
    /// Stops at this exit.
    exit: Option<u8>,
    /// Agreement with the whole network, by its place in [`AGREEMENTS`].
    agreement: Option<usize>,
    budget: bool,
    /// Seconds from taking the sample on.
    deadline: Option<f64>,
}

impl Choice {
    /// What it is called, without its numbers.
    pub fn kind(&self) -> String {
        let parts = self.text.split('+').map(|part| part.split('=').next().unwrap_or(part));
        parts.collect::<Vec<_>>().join("+")
    }

    /// The margins of the exits that its confidence asks for.
    pub fn margins(&self, exits: &[Fact]) -> Vec<u32> {
        let Some(agreement) = self.agreement else { return Vec::new() };
        exits.iter().map(|exit| exit.margins.get(agreement).copied().unwrap_or(u32::MAX)).collect()
    }

    /// The policy of a boot of `device`.
    pub fn policy<'m>(
        &self,
        margins: &'m [u32],
        device: &Device,
        meter: &Meter,
    ) -> impl Policy + use<'m> {
        let clock = meter.clone();
        Chosen {
            exit: self.exit,
            confidence: self.agreement.map(|_| Confidence { margins }),
            budget: self.budget.then(|| Budget(meter.clone())),
            deadline: self.deadline.map(|seconds| Deadline {
                clock: move || clock.milliseconds(),
                ticks: whole(seconds * 1e3),
                cycles_per_tick: u16::try_from(whole(device.hertz / 1e3)).unwrap_or(u16::MAX),
            }),
        }
    }
}

/// A number without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(number: f64) -> u32 {
    number as u32
}

/// The parts of a policy.
struct Chosen<'m, C> {
    exit: Option<u8>,
    confidence: Option<Confidence<'m>>,
    budget: Option<Budget<Meter>>,
    deadline: Option<Deadline<C>>,
}

impl<C: FnMut() -> u32> Policy for Chosen<'_, C> {
    fn proceed(&mut self, outlook: &Outlook<'_>) -> bool {
        self.exit.is_none_or(|exit| outlook.next_exit() <= exit)
            && self.deadline.as_mut().is_none_or(|deadline| deadline.proceed(outlook))
            && self.budget.as_mut().is_none_or(|budget| budget.proceed(outlook))
            && self.confidence.as_mut().is_none_or(|confidence| confidence.proceed(outlook))
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.to_owned();
        let mut choice = Choice {
            text: text.clone(),
            exit: None,
            agreement: None,
            budget: false,
            deadline: None,
        };
        for part in text.split('+') {
            match part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value))) {
                ("end", None) => {}
                ("exit", Some(exit)) => {
                    let exit = exit.parse().map_err(|_| format!("`{exit}` is no exit"))?;
                    choice.exit = Some(exit);
                }
                ("confidence", percent) => choice.agreement = Some(agreement(percent)?),
                ("budget", None) => choice.budget = true,
                ("deadline", Some(time)) => {
                    let time = parse_quantity(time, "s").map_err(|error| error.to_string())?;
                    choice.deadline = Some(time);
                }
                _ => return Err(format!("there is no policy `{part}`; there are {PARTS}")),
            }
        }
        Ok(choice)
    }
}

/// The place of a percentage in [`AGREEMENTS`]; that of the first without one.
fn agreement(percent: Option<&str>) -> Result<usize, String> {
    let Some(percent) = percent else { return Ok(0) };
    let place = AGREEMENTS.iter().position(|known| known.to_string() == percent);
    place.ok_or_else(|| {
        let known = AGREEMENTS.map(|known| known.to_string()).join(" and ");
        format!("there are no thresholds for an agreement of {percent} %; there are for {known}")
    })
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together() {
        let choice: Choice = "budget+confidence=95+deadline=2s".parse().unwrap();
        assert_eq!(choice.kind(), "budget+confidence+deadline");
        assert!(choice.budget && choice.deadline == Some(2.0));
        assert_eq!(AGREEMENTS[choice.agreement.unwrap()], 95);
        let exit = |margins: &[u32]| Fact {
            layer: String::new(),
            margins: margins.to_vec(),
            correct: 0,
            validation: 0,
        };
        assert_eq!(choice.margins(&[exit(&[9, 5]), exit(&[])]), [5, u32::MAX]);
    }

    #[test]
    fn others_are_errors() {
        for text in ["", "luck", "end=1", "budget+", "confidence=98", "exit", "deadline=1V"] {
            assert!(text.parse::<Choice>().is_err(), "{text}");
        }
    }
}
