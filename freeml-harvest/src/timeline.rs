//! What happened when, for a picture of it.

/// Something that happens to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It turns on.
    On,
    /// The power fails.
    Off,
    /// It takes a sample.
    Sample,
    /// It answers.
    Answer {
        /// Number of the exit.
        exit: u8,
        /// Whether the class is that of the label, where there is one.
        correct: Option<bool>,
    },
}

/// State of the supply at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Seconds since the beginning.
    pub time: f64,
    /// Volts of the capacitor.
    pub volts: f64,
    /// Watts that are harvested.
    pub watts: f64,
}

/// The first seconds of a simulation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// Seconds that it covers.
    pub seconds: f64,
    /// The supply at equal distances, and at turn-ons and power failures.
    pub points: Vec<Point>,
    /// Events with their times.
    pub events: Vec<(f64, Event)>,
}

/// Records a [`Timeline`].
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    timeline: Timeline,
    /// Seconds from one point to the next.
    distance: f64,
    next: f64,
}

impl Recorder {
    /// Records the first `seconds` with this many points at equal distances.
    pub fn new(seconds: f64, points: u32) -> Self {
        let timeline = Timeline { seconds, ..Timeline::default() };
        Recorder { timeline, distance: seconds / f64::from(points.max(1)), next: 0.0 }
    }

    /// Records the time up to `until`, with `volts` as a function of time.
    pub fn pass(&mut self, until: f64, watts: f64, volts: impl Fn(f64) -> f64) {
        while self.next < until && self.next <= self.timeline.seconds {
            let time = self.next;
            self.timeline.points.push(Point { time, volts: volts(time), watts });
            self.next += self.distance;
        }
    }

    /// Records an event, and for turn-ons and power failures the supply.
    pub fn event(&mut self, Point { time, volts, watts }: Point, event: Event) {
        if time > self.timeline.seconds {
            return;
        }
        self.timeline.events.push((time, event));
        if matches!(event, Event::On | Event::Off) {
            self.timeline.points.push(Point { time, volts, watts });
        }
    }

    /// What was recorded.
    pub fn finish(self) -> Timeline {
        self.timeline
    }
}
