//! Physical quantities as text: `100uF`, `1.8V`, `354pJ`, `30%`.

use std::str::FromStr;

use thiserror::Error;

/// A text that is no quantity, or a setting that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct TextError(pub(crate) String);

/// Decimal prefixes of units.
const PREFIXES: [(&str, f64); 9] = [
    ("", 1.0),
    ("p", 1e-12),
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
];

/// Units besides `s` that times may have.
const TIMES: [(&str, f64); 3] = [("min", 60.0), ("h", 3600.0), ("d", 86400.0)];

/// The number that `text` stands for in `unit`s: a number that is not negative, then the unit with
/// or without a decimal prefix, or nothing. `%` is a unit without prefixes, of hundredths.
pub fn parse(text: &str, unit: &str) -> Result<f64, TextError> {
    let (number, rest) = split(text.trim());
    let factor = match rest.trim() {
        "" => Some(1.0),
        "%" if unit == "%" => Some(0.01),
        rest => prefixed(rest, unit).or_else(|| time(rest).filter(|_| unit == "s")),
    };
    match (number, factor) {
        (Some(number), Some(factor)) => Ok(number * factor),
        _ => Err(TextError(format!("`{text}` is no quantity in {unit}: write {}", example(unit)))),
    }
}

/// The longest number at the start of `text`, and what follows it.
fn split(text: &str) -> (Option<f64>, &str) {
    let ends = (0..=text.len()).rev().filter(|end| text.is_char_boundary(*end));
    let numbers = ends.filter_map(|end| Some((f64::from_str(&text[..end]).ok()?, &text[end..])));
    let mut numbers = numbers.filter(|(number, _)| number.is_finite() && *number >= 0.0);
    numbers.next().map_or((None, text), |(number, rest)| (Some(number), rest))
}

fn prefixed(text: &str, unit: &str) -> Option<f64> {
    let prefix = text.strip_suffix(unit)?;
    PREFIXES.iter().find(|(name, _)| *name == prefix).map(|(_, factor)| *factor)
}

fn time(text: &str) -> Option<f64> {
    TIMES.iter().find(|(name, _)| *name == text).map(|(_, factor)| *factor)
}

fn example(unit: &str) -> String {
    match unit {
        "s" => "10s, 20ms, 5min or 24h".into(),
        "%" => "30% or 0.3".into(),
        "" => "a number such as 8000".into(),
        unit => format!("a number and its unit, such as 1.5m{unit}"),
    }
}

/// Comma-separated settings, of which the first may be a value without a name.
#[derive(Debug, Clone)]
pub(crate) struct Settings<'t> {
    text: &'t str,
    pairs: Vec<(&'t str, &'t str)>,
}

impl<'t> Settings<'t> {
    /// The settings in `text`; the value without a name is called `head`. All names are among
    /// `names`, each there once at most.
    pub fn parse(text: &'t str, head: &'static str, names: &[&str]) -> Result<Self, TextError> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (index, part) in text.split(',').map(str::trim).enumerate() {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), value.trim()),
                None if index == 0 && !head.is_empty() => (head, part),
                None => {
                    return Err(TextError(format!("`{part}` in `{text}` is not NAME=VALUE")));
                }
            };
            if name != head && !names.contains(&name) {
                let names = names.join(", ");
                return Err(TextError(format!(
                    "there is no setting `{name}` in `{text}`; there are {names}"
                )));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(TextError(format!("`{name}` is twice in `{text}`")));
            }
            pairs.push((name, value));
        }
        Ok(Settings { text, pairs })
    }

    /// The value of `name` in `unit`s, if it is given.
    pub fn get(&self, name: &str, unit: &str) -> Result<Option<f64>, TextError> {
        let Some((_, value)) = self.pairs.iter().find(|(other, _)| *other == name) else {
            return Ok(None);
        };
        let text = self.text;
        let number = parse(value, unit);
        number.map(Some).map_err(|error| TextError(format!("`{name}` in `{text}`: {error}")))
    }

    /// The whole number that `name` is set to, if it is given.
    pub fn whole<T: FromStr>(&self, name: &str) -> Result<Option<T>, TextError> {
        let Some((_, value)) = self.pairs.iter().find(|(other, _)| *other == name) else {
            return Ok(None);
        };
        let text = self.text;
        let number = value.parse().map(Some);
        number.map_err(|_| TextError(format!("`{name}` in `{text}` is no whole number in range")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_prefixes_and_units() {
        let close = |text: &str, unit: &str, value: f64| {
            let parsed = parse(text, unit).unwrap();
            assert!((parsed - value).abs() <= 1e-12 * value, "{text}: {parsed}");
        };
        close("100uF", "F", 100e-6);
        close("100 µF", "F", 100e-6);
        close("1e-3W", "W", 1e-3);
        close("2.5", "V", 2.5);
        close("354pJ", "J", 354e-12);
        close("10Mohm", "ohm", 1e7);
        close("30%", "%", 0.3);
        close("0.3", "%", 0.3);
        close("5min", "s", 300.0);
        close("20ms", "s", 0.02);
        close("24h", "s", 86400.0);
    }

    #[test]
    fn others_are_errors_that_say_what_to_write() {
        for text in ["", "W", "-1W", "1V", "1xW", "infW", "nan", "1m", "1 W W", "µ", "1µ"] {
            assert!(parse(text, "W").unwrap_err().0.contains("such as 1.5mW"), "{text}");
        }
        assert!(parse("5h", "W").is_err());
    }

    #[test]
    fn settings_are_known_and_there_once() {
        let settings = Settings::parse("1mW, duty=30%", "power", &["duty", "seed"]).unwrap();
        assert_eq!(settings.get("power", "W"), Ok(Some(1e-3)));
        assert_eq!(settings.get("duty", "%"), Ok(Some(0.3)));
        assert_eq!(settings.whole::<u64>("seed"), Ok(None));
        let error = |text| Settings::parse(text, "power", &["duty", "seed"]).unwrap_err().0;
        assert!(error("1mW,x=1").contains("no setting `x`"));
        assert!(error("1mW,30%").contains("NAME=VALUE"));
        assert!(error("1mW,duty=1,duty=2").contains("twice"));
        let settings = Settings::parse("1mW,seed=-1", "power", &["seed"]).unwrap();
        assert!(settings.whole::<u64>("seed").unwrap_err().0.contains("whole number"));
    }
}
