//! Policies by their names on the command line.

use std::fmt;
use std::str::FromStr;

use freeml_core::{Policy, RunToEnd};
use freeml_harvest::Gauge;

/// A policy that was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// Goes on to the last step.
    End,
}

impl Choice {
    /// What it is called, without its settings.
    pub fn kind(&self) -> &'static str {
        match self {
            Choice::End => "end",
        }
    }

    /// The policy of a boot.
    pub fn policy(&self, _gauge: Gauge) -> impl Policy + use<> {
        match self {
            Choice::End => RunToEnd,
        }
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "end" => Ok(Choice::End),
            _ => Err(format!("there is no policy `{text}`; there is end")),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}
