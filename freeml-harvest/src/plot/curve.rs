//! Curves of accuracy over a cost.

use super::svg::Svg;

/// Size of the picture and margins of the axes, in pixels.
const SIZE: (f64, f64) = (760.0, 440.0);
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 56.0;

/// Height of a line of the legend.
const LINE: f64 = 20.0;

/// Width of the legend.
const LEGEND: f64 = 280.0;

/// Colours that the colour-blind can tell apart (Okabe and Ito), and dashes for print.
const STYLES: [(&str, &str); 6] = [
    ("#0072b2", ""),
    ("#d55e00", "6 3"),
    ("#009e73", "2 3"),
    ("#aa4499", "9 3 2 3"),
    ("#e69f00", ""),
    ("#56b4e9", "6 3"),
];

/// Most lines of the grid across the accuracies.
const MOST_LINES: f64 = 9.0;

/// Accuracy over a cost, which has a logarithmic axis.
#[derive(Debug, Clone)]
pub struct Curve<'p> {
    /// Heading.
    pub title: &'p str,
    /// What the cost is, below its axis.
    pub cost: &'p str,
    /// A cost as text, for its axis.
    pub number: fn(f64) -> String,
    /// Percent at the bottom; what is below is left out.
    pub low: f64,
    /// A line across the picture: its percent and what it is called.
    pub reference: Option<(f64, &'p str)>,
    /// Name, and cost with percent, by rising cost; the seventh has the style of the first.
    pub series: Vec<(&'p str, Vec<(f64, f64)>)>,
}

/// Ranges of the axes.
struct Axes {
    costs: (f64, f64),
    percent: (f64, f64),
    /// Percent from one line of the grid to the next.
    step: f64,
}

impl Curve<'_> {
    /// The picture.
    pub fn svg(&self) -> String {
        let mut svg = Svg::new(SIZE, self.title);
        let axes = self.axes();
        self.draw_axes(&axes, &mut svg);
        self.draw_reference(&axes, &mut svg);
        for (index, (name, points)) in self.series.iter().enumerate() {
            let (colour, dashes) = STYLES[index % STYLES.len()];
            let places: Vec<(f64, f64)> = points
                .iter()
                .filter(|(_, y)| *y >= self.low)
                .map(|point| axes.place(*point))
                .collect();
            let stroke =
                format!("stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"");
            svg.polyline(places.iter().copied(), &stroke);
            let legend = (SIZE.0 - RIGHT - LEGEND, self.legend_line(index));
            let (from, to) = (legend.0, legend.0 + 36.0);
            let y = legend.1 - 4.0;
            svg.line((from, y), (to, y), &stroke);
            for (x, y) in places.into_iter().chain([(f64::midpoint(from, to), y)]) {
                svg.element(&format!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"
                ));
            }
            svg.text((to + 8.0, legend.1), "start", name);
        }
        svg.finish()
    }

    /// Base line of an entry of the legend, in the lower right corner.
    fn legend_line(&self, index: usize) -> f64 {
        let below = self.series.len().saturating_sub(index);
        (0..below).fold(SIZE.1 - BOTTOM + 6.0, |y, _| y - LINE)
    }

    fn draw_reference(&self, axes: &Axes, svg: &mut Svg) {
        let Some((percent, name)) = self.reference else { return };
        let (x, y) = axes.place((axes.costs.1, percent));
        svg.line((LEFT, y), (x, y), "stroke=\"#57606a\" stroke-dasharray=\"3 3\"");
        svg.text((x - 4.0, y - 6.0), "end", name);
    }

    /// Axes on which all points of at least the lowest percent and the reference have a place.
    fn axes(&self) -> Axes {
        let points =
            || self.series.iter().flat_map(|(_, points)| points).filter(|p| p.1 >= self.low);
        let least = points().fold(f64::INFINITY, |least, point| least.min(point.0));
        let most = points().fold(least, |most, point| most.max(point.0));
        let costs = if least.is_finite() { (least / 1.25, most * 1.25) } else { (1e3, 1e4) };
        let reference = self.reference.map_or(self.low, |(percent, _)| percent);
        let top = points().fold(reference, |top, point| top.max(point.1));
        let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
        let fits = |step: &f64| (top - self.low) / step <= MOST_LINES;
        let step = steps.into_iter().find(fits).unwrap_or(20.0);
        // The topmost line leaves space for the name of the reference's.
        let lines = match self.reference {
            Some(_) => (top / step).floor() + 1.0,
            None => (top / step).ceil().max((self.low / step).floor() + 1.0),
        };
        let high = lines * step;
        Axes { costs, percent: ((self.low / step).floor() * step, high), step }
    }

    fn draw_axes(&self, axes: &Axes, svg: &mut Svg) {
        let (right, bottom) = (SIZE.0 - RIGHT, SIZE.1 - BOTTOM);
        let grid = "stroke=\"#d0d7de\"";
        let lines = (0u32..).map(|line| axes.percent.0 + f64::from(line) * axes.step);
        for percent in lines.take_while(|percent| *percent < axes.percent.1 + axes.step / 2.0) {
            let (_, y) = axes.place((axes.costs.0, percent));
            svg.line((LEFT, y), (right, y), grid);
            let places = usize::from(axes.step < 1.0);
            svg.text((LEFT - 8.0, y + 4.0), "end", &format!("{percent:.places$}"));
        }
        for cost in axes.marks() {
            let (x, _) = axes.place((cost, axes.percent.0));
            svg.line((x, TOP), (x, bottom), grid);
            svg.text((x, bottom + 18.0), "middle", &(self.number)(cost));
        }
        let middle = (f64::midpoint(LEFT, right), bottom + 42.0);
        svg.text(middle, "middle", self.cost);
        svg.text((LEFT - 48.0, TOP - 12.0), "start", "% right on test");
    }
}

impl Axes {
    /// Costs with a line of the grid: 1, 2 and 5 times powers of ten, or all digits where those are
    /// too few.
    fn marks(&self) -> Vec<f64> {
        let marks = |digits: &[f64]| -> Vec<f64> {
            let all = (-9..9).flat_map(|power| digits.iter().map(move |d| d * 10f64.powi(power)));
            all.filter(|cost| (self.costs.0..=self.costs.1).contains(cost)).collect()
        };
        let few = marks(&[1.0, 2.0, 5.0]);
        if few.len() < 3 { marks(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]) } else { few }
    }

    /// Pixels of a cost and a percentage.
    fn place(&self, (cost, percent): (f64, f64)) -> (f64, f64) {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        let across = share(cost.ln(), (self.costs.0.ln(), self.costs.1.ln()));
        let up = share(percent, self.percent);
        let (width, height) = (SIZE.0 - LEFT - RIGHT, SIZE.1 - TOP - BOTTOM);
        (LEFT + across * width, TOP + (1.0 - up) * height)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    fn curve() -> Curve<'static> {
        let series = vec![
            ("ours", vec![(1_000.0, 98.0), (10_000.0, 99.0)]),
            ("others", vec![(2_000.0, 50.0), (50_000.0, 97.0)]),
        ];
        let number = |bytes: f64| format!("{bytes:.0}");
        Curve { title: "t", cost: "bytes", number, low: 90.0, reference: Some((99.4, "r")), series }
    }

    #[test]
    fn points_lie_within_the_axes_and_low_ones_are_left_out() {
        let curve = curve();
        let axes = curve.axes();
        assert_eq!((axes.percent, axes.step), ((90.0, 100.0), 2.0));
        for (x, y) in [(1_000.0, 98.0), (10_000.0, 99.0), (50_000.0, 97.0)].map(|p| axes.place(p)) {
            assert!((LEFT..=SIZE.0 - RIGHT).contains(&x) && (TOP..=SIZE.1 - BOTTOM).contains(&y));
        }
        // Three points, and one circle for each entry of the legend.
        assert_eq!(curve.svg().matches("<circle").count(), 5);
    }

    #[test]
    fn costs_are_logarithmic_and_percent_linear() {
        let axes = curve().axes();
        let x = |bytes| axes.place((bytes, 90.0)).0;
        let y = |percent| axes.place((1e3, percent)).1;
        assert!((x(4_000.0) - x(2_000.0) - (x(2_000.0) - x(1_000.0))).abs() < 1e-9);
        assert!((y(92.0) - y(94.0) - (y(94.0) - y(96.0))).abs() < 1e-9 && y(92.0) > y(94.0));
    }

    #[test]
    fn short_axes_have_marks_of_all_digits() {
        let marks = |low, high| Axes { costs: (low, high), percent: (0.0, 1.0), step: 1.0 }.marks();
        assert_eq!(marks(0.9, 50.0).len(), 6);
        assert_eq!(marks(2.5, 5.5), [3.0, 4.0, 5.0]);
    }

    #[test]
    fn without_a_reference_the_axis_ends_at_the_best() {
        let series = vec![("ours", vec![(1.0, 96.0), (2.0, 100.0)])];
        let curve = Curve { reference: None, series, ..curve() };
        assert_eq!(curve.axes().percent, (90.0, 100.0));
        let flat = Curve { low: 100.0, ..curve };
        assert!(flat.axes().percent.1 > flat.axes().percent.0);
    }

    #[test]
    fn a_curve_without_points_has_axes() {
        let empty = Curve { series: vec![("ours", vec![])], ..curve() };
        assert!(!empty.svg().contains("NaN") && !empty.svg().contains("inf"));
    }
}
