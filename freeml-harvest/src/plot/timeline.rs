//! Voltage and events over time.

use super::svg::Svg;
use crate::capacitor::Capacitor;
use crate::timeline::{Event, Timeline};

/// Size of the picture and margins of the axes, in pixels.
const SIZE: (f64, f64) = (960.0, 420.0);
const LEFT: f64 = 84.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 48.0;

/// Heights of the voltages, of the line of answers and of the harvested power.
const VOLTS: f64 = 190.0;
const ANSWERS: f64 = 28.0;
const POWER: f64 = 60.0;

/// Space between them.
const GAP: f64 = 16.0;

const GRID: &str = "stroke=\"#d0d7de\"";
const THRESHOLD: &str = "stroke=\"#57606a\" stroke-dasharray=\"3 3\"";
const RIGHT_ANSWER: &str = "#009e73";
const WRONG_ANSWER: &str = "#d55e00";
const PLAIN_ANSWER: &str = "#0072b2";

/// Most lines across the time.
const MOST_LINES: f64 = 12.0;

/// Where things are drawn.
struct Frame {
    seconds: f64,
    max_volts: f64,
    max_watts: f64,
}

impl Frame {
    fn x(&self, time: f64) -> f64 {
        LEFT + (time / self.seconds).clamp(0.0, 1.0) * (SIZE.0 - LEFT - RIGHT)
    }

    fn volts(&self, volts: f64) -> f64 {
        TOP + (1.0 - volts / self.max_volts) * VOLTS
    }

    /// The line of answers.
    fn answers() -> f64 {
        TOP + VOLTS + GAP + ANSWERS / 2.0
    }

    fn watts(&self, watts: f64) -> f64 {
        Self::bottom() - watts / self.max_watts * POWER
    }

    fn bottom() -> f64 {
        TOP + VOLTS + GAP + ANSWERS + GAP + POWER
    }
}

/// Draws what `timeline` has recorded of a device on `capacitor`: the voltage, with the times in
/// which the device is on shaded; its answers, green where they are right; the harvested power.
pub fn timeline(title: &str, timeline: &Timeline, capacitor: &Capacitor) -> String {
    let watts = timeline.points.iter().fold(0.0, |most: f64, point| most.max(point.watts));
    let frame = Frame {
        seconds: timeline.seconds.max(f64::MIN_POSITIVE),
        max_volts: capacitor.max,
        max_watts: if watts > 0.0 { watts } else { 1.0 },
    };
    let mut svg = Svg::new(SIZE, title);
    shade(&mut svg, &frame, timeline);
    grid(&mut svg, &frame, capacitor);
    let volts = timeline.points.iter().map(|point| (frame.x(point.time), frame.volts(point.volts)));
    svg.polyline(volts, "stroke=\"#0072b2\" stroke-width=\"1.5\"");
    let watts = steps(timeline).map(|(time, watts)| (frame.x(time), frame.watts(watts)));
    svg.polyline(watts, "stroke=\"#aa4499\" stroke-width=\"1.5\"");
    for &(time, event) in &timeline.events {
        let (x, y) = (frame.x(time), Frame::answers());
        match event {
            Event::Answer { correct, .. } => {
                let colour = match correct {
                    Some(true) => RIGHT_ANSWER,
                    Some(false) => WRONG_ANSWER,
                    None => PLAIN_ANSWER,
                };
                svg.element(&format!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                ));
            }
            Event::Off => {
                let bottom = frame.volts(0.0);
                svg.line((x, bottom - 6.0), (x, bottom), "stroke=\"#d55e00\"");
            }
            Event::On | Event::Sample => {}
        }
    }
    svg.finish()
}

/// The harvested power as a line with steps.
fn steps(timeline: &Timeline) -> impl Iterator<Item = (f64, f64)> {
    let after = timeline.points.iter().skip(1).map(|point| point.time);
    let ends = after.chain([timeline.seconds]);
    timeline
        .points
        .iter()
        .zip(ends)
        .flat_map(|(point, end)| [(point.time, point.watts), (end, point.watts)])
}

/// Shades the times in which the device is on.
fn shade(svg: &mut Svg, frame: &Frame, timeline: &Timeline) {
    let mut on = None;
    let end = [(timeline.seconds, Event::Off)];
    for &(time, event) in timeline.events.iter().chain(&end) {
        match event {
            Event::On => on = Some(time),
            Event::Off => {
                if let Some(since) = on.take() {
                    let (x, width) = (frame.x(since), frame.x(time) - frame.x(since));
                    svg.element(&format!(
                        "<rect x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{VOLTS}\" \
                         fill=\"#ddf4ff\"/>"
                    ));
                }
            }
            Event::Sample | Event::Answer { .. } => {}
        }
    }
}

/// Axes, thresholds and their names.
fn grid(svg: &mut Svg, frame: &Frame, capacitor: &Capacitor) {
    let (right, bottom) = (SIZE.0 - RIGHT, Frame::bottom());
    for y in [frame.volts(0.0), frame.volts(frame.max_volts), bottom] {
        svg.line((LEFT, y), (right, y), GRID);
    }
    for volts in [capacitor.turn_on, capacitor.brown_out] {
        let y = frame.volts(volts);
        svg.line((LEFT, y), (right, y), THRESHOLD);
        svg.text((LEFT - 8.0, y + 4.0), "end", &format!("{volts} V"));
    }
    svg.text((LEFT - 8.0, Frame::answers() + 4.0), "end", "answers");
    let watts = format!("{:.2} mW", frame.max_watts * 1e3);
    svg.text((LEFT - 8.0, bottom - POWER + 4.0), "end", &watts);
    svg.text((LEFT - 8.0, bottom + 4.0), "end", "0");
    let step = time_step(frame.seconds);
    let times = (0u32..).map(|line| f64::from(line) * step);
    for time in times.take_while(|time| *time <= frame.seconds * (1.0 + 1e-9)) {
        let x = frame.x(time);
        svg.line((x, bottom), (x, bottom + 5.0), GRID);
        svg.text((x, bottom + 20.0), "middle", &number(time));
    }
    svg.text((f64::midpoint(LEFT, right), bottom + 42.0), "middle", "seconds");
}

/// Seconds from one mark of the time to the next: 1, 2 or 5 times a power of ten.
fn time_step(seconds: f64) -> f64 {
    let steps = (-6..12).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)));
    let mut steps = steps.filter(|step| seconds / step <= MOST_LINES);
    steps.next().unwrap_or(seconds)
}

/// A number without the zeros that rounding leaves.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;
    use crate::timeline::Point;

    fn example() -> Timeline {
        let point = |time, volts, watts| Point { time, volts, watts };
        let answer = |correct| Event::Answer { exit: 0, correct };
        Timeline {
            seconds: 4.0,
            points: vec![point(0.0, 1.8, 1e-3), point(1.0, 3.0, 0.0), point(2.0, 1.8, 2e-3)],
            events: vec![
                (1.0, Event::On),
                (1.2, answer(Some(true))),
                (1.4, answer(Some(false))),
                (1.6, answer(None)),
                (2.0, Event::Off),
                (3.0, Event::On),
            ],
        }
    }

    #[test]
    fn all_that_happens_is_drawn() {
        let svg = timeline("a & b", &example(), &Capacitor::default());
        assert_eq!(svg.matches("<circle").count(), 3);
        for colour in [RIGHT_ANSWER, WRONG_ANSWER, PLAIN_ANSWER] {
            assert_eq!(svg.matches(&format!("r=\"3\" fill=\"{colour}\"")).count(), 1);
        }
        // Two times in which it is on, the second until the end.
        assert_eq!(svg.matches("fill=\"#ddf4ff\"").count(), 2);
        assert!(svg.contains("a &amp; b") && svg.contains(">3 V<") && svg.contains(">1.8 V<"));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let svg = timeline("", &Timeline::default(), &Capacitor::default());
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn marks_of_time_are_round() {
        assert_eq!([0.5, 4.0, 60.0, 3600.0].map(time_step), [0.05, 0.5, 5.0, 500.0]);
        assert_eq!([0.5, 10.0, 0.05].map(number), ["0.5", "10", "0.05"]);
    }
}
