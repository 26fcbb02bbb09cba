//! Traces from files of comma-separated values.

use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use super::{Segment, Trace, TraceError};

impl Trace {
    /// Reads a file whose lines are a time in seconds and the watts from that time on.
    ///
    /// Times rise, the first one being the beginning of the trace. The last line holds as long as
    /// the one before it; a single one holds for ever. The first line may be a header; empty
    /// lines, and those that begin with `#`, are left out.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        let text = fs::read_to_string(path)
            .map_err(|error| TraceError::Unreadable { path: path.to_owned(), error })?;
        Self::parse(&text, path)
    }

    /// As [`read`](Trace::read), from the contents of the file, of which errors name the `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, TraceError> {
        let wrong = |line: usize, message: String| TraceError::Line {
            path: path.to_owned(),
            line,
            message,
        };
        let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let mut rows: Vec<(f64, f64)> = Vec::new();
        for (index, (line, number)) in lines.enumerate() {
            if index == 0 && is_header(line) {
                continue;
            }
            let (time, watts) = row(line).map_err(|message| wrong(number, message))?;
            if let Some((before, _)) = rows.last().filter(|(before, _)| time <= *before) {
                let message = format!("the time {time} does not rise from {before} before it");
                return Err(wrong(number, message));
            }
            rows.push((time, watts));
        }
        if rows.is_empty() {
            let message = "there is no line with a time in seconds and watts".into();
            return Err(wrong(text.lines().count().max(1), message));
        }
        Trace::new(segments(&rows))
    }
}

/// Whether no field of `line` begins like a number.
fn is_header(line: &str) -> bool {
    line.split(',').all(|field| !field.trim().starts_with(|c: char| c.is_ascii_digit() || c == '-'))
}

/// The time and the watts of a line.
fn row(line: &str) -> Result<(f64, f64), String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let &[time, watts] = &fields[..] else {
        let count = fields.len();
        return Err(format!("there are {count} fields, where a time and watts should be"));
    };
    let number = |field: &str, what: &str| match f64::from_str(field) {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        Ok(_) => Err(format!("the {what} `{field}` must be finite and at least 0")),
        Err(_) => Err(format!("the {what} `{field}` is no number")),
    };
    Ok((number(time, "time")?, number(watts, "power")?))
}

/// Rows with the times until the next ones.
fn segments(rows: &[(f64, f64)]) -> Vec<Segment> {
    let ends = rows.iter().skip(1).map(|(time, _)| *time);
    let mut segments: Vec<Segment> = rows
        .iter()
        .zip(ends)
        .map(|(&(time, watts), end)| Segment { seconds: end - time, watts })
        .collect();
    let seconds = segments.last().map_or(1.0, |last| last.seconds);
    segments.extend(rows.last().map(|&(_, watts)| Segment { seconds, watts }));
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Trace, String> {
        Trace::parse(text, Path::new("roof.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_hold_until_the_next() {
        let trace = parse("time, watts\n# a roof\n10, 1e-3\n\n12.5, 0\r\n13, 2e-3").unwrap();
        let parts: Vec<_> =
            trace.segments().iter().map(|part| (part.seconds, part.watts)).collect();
        assert_eq!(parts, [(2.5, 1e-3), (0.5, 0.0), (0.5, 2e-3)]);
        assert_eq!(parse("0,1").unwrap().segments().len(), 1);
    }

    #[test]
    fn errors_name_file_and_line() {
        let cases = [
            ("s,W\n0,1\n1,x\n", "`roof.csv`, line 3: the power `x` is no number"),
            ("0,1\n0,2\n", "`roof.csv`, line 2: the time 0 does not rise from 0"),
            ("0,1\n\n1\n", "`roof.csv`, line 3: there are 1 fields"),
            ("0,1,2\n", "`roof.csv`, line 1: there are 3 fields"),
            ("0,-1\n", "`roof.csv`, line 1: the power `-1` must be finite and at least 0"),
            ("0,inf\n", "`roof.csv`, line 1: the power `inf` must be"),
            ("0,nan\n", "`roof.csv`, line 1: the power `nan` must be"),
            ("time,watts\n", "`roof.csv`, line 1: there is no line with a time"),
            ("", "`roof.csv`, line 1: there is no line"),
            ("time,watts\nx,y\n", "`roof.csv`, line 2: the time `x` is no number"),
        ];
        for (text, message) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
        let error = Trace::read(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read `no/such.csv`"), "{error}");
    }
}
