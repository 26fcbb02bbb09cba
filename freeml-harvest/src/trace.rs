//! Harvested power over time.

mod csv;
mod generate;
mod source;

use std::path::PathBuf;

use thiserror::Error;

pub use source::Source;

/// A time of constant power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// How long, in seconds.
    pub seconds: f64,
    /// Watts that reach the capacitor.
    pub watts: f64,
}

/// Power that a harvester gives, piecewise constant. It begins again when it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    segments: Vec<Segment>,
}

/// What is wrong with a trace.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// A line of a file is no time with its power.
    #[error("`{}`, line {line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong, and what should be there.
        message: String,
    },
    /// A time is not positive, or a power negative, or neither is a number.
    #[error("a trace needs times above 0 s and powers of at least 0 W")]
    Segment,
}

impl Trace {
    /// The trace of `segments`, at least one.
    pub fn new(segments: Vec<Segment>) -> Result<Self, TraceError> {
        let well = |part: &Segment| {
            part.seconds > 0.0 && part.watts >= 0.0 && (part.seconds + part.watts).is_finite()
        };
        if segments.is_empty() || !segments.iter().all(well) {
            return Err(TraceError::Segment);
        }
        Ok(Trace { segments })
    }

    /// Its parts, until it begins again.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Seconds until it begins again.
    pub fn seconds(&self) -> f64 {
        self.segments.iter().map(|part| part.seconds).sum()
    }

    /// Mean power in watts.
    pub fn mean(&self) -> f64 {
        self.segments.iter().map(|part| part.seconds * part.watts).sum::<f64>() / self.seconds()
    }
}

/// A moment in a trace.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    trace: Trace,
    index: usize,
    left: f64,
}

impl Cursor {
    /// The beginning of `trace`.
    pub fn new(trace: Trace) -> Self {
        let left = trace.segments[0].seconds;
        Cursor { trace, index: 0, left }
    }

    /// Watts at this moment.
    pub fn watts(&self) -> f64 {
        self.trace.segments[self.index].watts
    }

    /// Seconds for which the power stays as it is.
    pub fn left(&self) -> f64 {
        self.left
    }

    /// The trace that this is a moment of.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The moment `seconds` later, at most [`left`](Cursor::left).
    pub fn pass(&mut self, seconds: f64) {
        if seconds < self.left {
            self.left -= seconds;
        } else {
            self.index = (self.index + 1) % self.trace.segments.len();
            self.left = self.trace.segments[self.index].seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_repeats() {
        let part = |seconds, watts| Segment { seconds, watts };
        let trace = Trace::new(vec![part(1.0, 3.0), part(3.0, 1.0)]).unwrap();
        assert_eq!((trace.seconds(), trace.mean()), (4.0, 1.5));
        let mut cursor = Cursor::new(trace);
        let mut watts = Vec::new();
        for seconds in [0.5, 0.5, 3.0, 1.0] {
            cursor.pass(seconds);
            watts.push((cursor.watts(), cursor.left()));
        }
        assert_eq!(watts, [(3.0, 0.5), (1.0, 3.0), (3.0, 1.0), (1.0, 3.0)]);
    }

    #[test]
    fn times_and_powers_are_numbers_in_range() {
        for (seconds, watts) in
            [(0.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)]
        {
            assert!(Trace::new(vec![Segment { seconds, watts }]).is_err());
        }
        assert!(Trace::new(Vec::new()).is_err());
    }
}
