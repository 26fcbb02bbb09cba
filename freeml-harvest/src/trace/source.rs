//! Where a trace comes from, as text.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Trace, TraceError};
use crate::quantity::{Settings, TextError};

/// A trace by its description.
///
/// - `constant:1mW`
/// - `square:2mW,period=10s,duty=30%`
/// - `solar:5mW,day=24h,seed=1`
/// - `rf:3mW,gap=2s,burst=500ms,seed=1`
/// - otherwise the path of a CSV file, as [`Trace::read`] takes it
///
/// Everything after the power may be left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A trace that is made up, and its description.
    Made(String, Trace),
    /// A file.
    File(PathBuf),
}

impl Source {
    /// The trace.
    pub fn trace(&self) -> Result<Trace, TraceError> {
        match self {
            Source::Made(_, trace) => Ok(trace.clone()),
            Source::File(path) => Trace::read(path),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Made(text, _) => f.write_str(text),
            Source::File(path) => path.display().fmt(f),
        }
    }
}

impl FromStr for Source {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let trace = match kind {
            "constant" => constant(rest),
            "square" => square(rest),
            "solar" => solar(rest),
            "rf" => bursts(rest),
            _ => return Ok(Source::File(text.into())),
        };
        trace.map(|trace| Source::Made(text.to_owned(), trace))
    }
}

fn constant(text: &str) -> Result<Trace, TextError> {
    Ok(Trace::constant(power(&Settings::parse(text, "power", &[])?)?))
}

fn square(text: &str) -> Result<Trace, TextError> {
    let settings = Settings::parse(text, "power", &["period", "duty"])?;
    let duty = settings.get("duty", "%")?.unwrap_or(0.3);
    if duty > 1.0 {
        return Err(TextError(format!("`duty` in `{text}` must be at most 100%")));
    }
    let period = positive(&settings, "period", 10.0)?;
    Ok(Trace::square(power(&settings)?, period, duty))
}

fn solar(text: &str) -> Result<Trace, TextError> {
    let settings = Settings::parse(text, "power", &["day", "seed"])?;
    let day = positive(&settings, "day", 86_400.0)?;
    Ok(Trace::solar(power(&settings)?, day, settings.whole("seed")?.unwrap_or(1)))
}

fn bursts(text: &str) -> Result<Trace, TextError> {
    let settings = Settings::parse(text, "power", &["gap", "burst", "seed"])?;
    let gap = positive(&settings, "gap", 2.0)?;
    let burst = positive(&settings, "burst", 0.5)?;
    Ok(Trace::bursts(power(&settings)?, gap, burst, settings.whole("seed")?.unwrap_or(1)))
}

fn power(settings: &Settings) -> Result<f64, TextError> {
    settings.get("power", "W")?.ok_or_else(|| TextError("the power of the trace is missing".into()))
}

/// The time `name`, at least a millisecond: it decides how many parts a trace has.
fn positive(settings: &Settings, name: &str, default: f64) -> Result<f64, TextError> {
    let seconds = settings.get(name, "s")?.unwrap_or(default);
    let well = seconds >= 1e-3;
    well.then_some(seconds).ok_or_else(|| TextError(format!("`{name}` must be at least 1ms")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_describes_a_trace() {
        let trace = |text: &str| text.parse::<Source>().unwrap().trace().unwrap();
        assert_eq!(trace("constant:1mW"), Trace::constant(1e-3));
        assert_eq!(trace("square:2mW"), Trace::square(2e-3, 10.0, 0.3));
        assert_eq!(trace("square:2mW,duty=50%,period=4s"), Trace::square(2e-3, 4.0, 0.5));
        assert_eq!(trace("solar:5mW,seed=3"), Trace::solar(5e-3, 86_400.0, 3));
        assert_eq!(trace("rf:3mW,gap=1s"), Trace::bursts(3e-3, 1.0, 0.5, 1));
        assert_eq!("roof.csv".parse(), Ok(Source::File("roof.csv".into())));
    }

    #[test]
    fn wrong_descriptions_are_errors() {
        for text in [
            "constant",
            "constant:",
            "constant:1V",
            "square:1mW,duty=120%",
            "square:1mW,period=0s",
            "solar:5mW,gap=1s",
            "rf:3mW,seed=x",
            "rf:3mW,burst=0s",
            "square:duty=1",
        ] {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }
}
