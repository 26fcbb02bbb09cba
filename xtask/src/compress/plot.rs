//! Curves of accuracy over bytes as SVG, on a white ground that any page may have around it.

use std::fmt::Write as _;

use crate::table::grouped;

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
const STYLES: [(&str, &str); 4] =
    [("#0072b2", ""), ("#d55e00", "6 3"), ("#009e73", "2 3"), ("#aa4499", "9 3 2 3")];

/// Most lines of the grid across the accuracies.
const MOST_LINES: f64 = 9.0;

/// Accuracy over bytes.
pub struct Plot<'p> {
    /// Heading.
    pub title: &'p str,
    /// Percent at the bottom; what is below is left out.
    pub low: f64,
    /// Percent of the float network.
    pub float: f64,
    /// Name, and bytes with percent, by rising bytes; at most four.
    pub series: Vec<(&'p str, Vec<(f64, f64)>)>,
}

/// Ranges of the axes.
struct Axes {
    bytes: (f64, f64),
    percent: (f64, f64),
    /// Percent from one line of the grid to the next.
    step: f64,
}

impl Plot<'_> {
    /// The picture.
    pub fn svg(&self) -> String {
        let (width, height) = SIZE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"sans-serif\" font-size=\"13\" fill=\"#24292f\">\n<title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#ffffff\"/>\n",
            self.title
        );
        text(
            &mut svg,
            (width / 2.0, 26.0),
            "middle",
            &format!("<tspan font-size=\"15\">{}</tspan>", self.title),
        );
        let axes = self.axes();
        axes.draw(&mut svg);
        self.draw_float(&axes, &mut svg);
        for (index, (name, points)) in self.series.iter().enumerate() {
            let (colour, dashes) = STYLES[index % STYLES.len()];
            let places: Vec<(f64, f64)> = points
                .iter()
                .filter(|(_, y)| *y >= self.low)
                .map(|point| axes.place(*point))
                .collect();
            let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let line = line.join(" ");
            let stroke =
                format!("stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"");
            let _ = writeln!(svg, "<polyline points=\"{line}\" fill=\"none\" {stroke}/>");
            let legend = (width - RIGHT - LEGEND, self.legend_line(index));
            let (from, to) = (legend.0, legend.0 + 36.0);
            let y = legend.1 - 4.0;
            let _ =
                writeln!(svg, "<line x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\" {stroke}/>");
            for (x, y) in places.into_iter().chain([(f64::midpoint(from, to), y)]) {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>"
                );
            }
            text(&mut svg, (to + 8.0, legend.1), "start", name);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Base line of an entry of the legend, in the lower right corner.
    fn legend_line(&self, index: usize) -> f64 {
        let below = self.series.len().saturating_sub(index);
        (0..below).fold(SIZE.1 - BOTTOM + 6.0, |y, _| y - LINE)
    }

    fn draw_float(&self, axes: &Axes, svg: &mut String) {
        let (x, y) = axes.place((axes.bytes.1, self.float));
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{x:.1}\" y2=\"{y:.1}\" stroke=\"#57606a\" \
             stroke-dasharray=\"3 3\"/>"
        );
        text(svg, (x - 4.0, y - 6.0), "end", &format!("float network, {:.2} %", self.float));
    }

    /// Axes on which all points of at least the lowest percent and the float network have a place.
    fn axes(&self) -> Axes {
        let points =
            || self.series.iter().flat_map(|(_, points)| points).filter(|p| p.1 >= self.low);
        let least = points().fold(f64::INFINITY, |least, point| least.min(point.0));
        let most = points().fold(least, |most, point| most.max(point.0));
        let bytes = if least.is_finite() { (least / 1.25, most * 1.25) } else { (1e3, 1e4) };
        let top = points().fold(self.float, |top, point| top.max(point.1));
        let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
        let fits = |step: &f64| (top - self.low) / step <= MOST_LINES;
        let step = steps.into_iter().find(fits).unwrap_or(20.0);
        // The topmost line leaves space for the name of the float network's.
        let high = ((top / step).floor() + 1.0) * step;
        Axes { bytes, percent: ((self.low / step).floor() * step, high), step }
    }
}

impl Axes {
    /// Pixels of a number of bytes and a percentage.
    fn place(&self, (bytes, percent): (f64, f64)) -> (f64, f64) {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        let across = share(bytes.ln(), (self.bytes.0.ln(), self.bytes.1.ln()));
        let up = share(percent, self.percent);
        let (width, height) = (SIZE.0 - LEFT - RIGHT, SIZE.1 - TOP - BOTTOM);
        (LEFT + across * width, TOP + (1.0 - up) * height)
    }

    fn draw(&self, svg: &mut String) {
        let (right, bottom) = (SIZE.0 - RIGHT, SIZE.1 - BOTTOM);
        let grid = "stroke=\"#d0d7de\"";
        let lines = (0u32..).map(|line| self.percent.0 + f64::from(line) * self.step);
        for percent in lines.take_while(|percent| *percent < self.percent.1 + self.step / 2.0) {
            let (_, y) = self.place((self.bytes.0, percent));
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" {grid}/>"
            );
            let places = usize::from(self.step < 1.0);
            text(svg, (LEFT - 8.0, y + 4.0), "end", &format!("{percent:.places$}"));
        }
        for bytes in (0..8).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u32.pow(power))) {
            let (x, _) = self.place((bytes.into(), self.percent.0));
            if !(LEFT..=right).contains(&x) {
                continue;
            }
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" {grid}/>"
            );
            text(svg, (x, bottom + 18.0), "middle", &grouped(bytes.into()));
        }
        let middle = (f64::midpoint(LEFT, right), bottom + 42.0);
        text(svg, middle, "middle", "bytes of constants on the device (logarithmic)");
        text(svg, (LEFT - 48.0, TOP - 12.0), "start", "% right on test");
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot<'static> {
        let series = vec![
            ("ours", vec![(1_000.0, 98.0), (10_000.0, 99.0)]),
            ("others", vec![(2_000.0, 50.0), (50_000.0, 97.0)]),
        ];
        Plot { title: "t", low: 90.0, float: 99.4, series }
    }

    #[test]
    fn points_lie_within_the_axes_and_low_ones_are_left_out() {
        let plot = plot();
        let axes = plot.axes();
        assert_eq!((axes.percent, axes.step), ((90.0, 100.0), 2.0));
        for (x, y) in [(1_000.0, 98.0), (10_000.0, 99.0), (50_000.0, 97.0)].map(|p| axes.place(p)) {
            assert!((LEFT..=SIZE.0 - RIGHT).contains(&x) && (TOP..=SIZE.1 - BOTTOM).contains(&y));
        }
        // Three points, and one circle for each entry of the legend.
        assert_eq!(plot.svg().matches("<circle").count(), 5);
    }

    #[test]
    fn bytes_are_logarithmic_and_percent_linear() {
        let axes = plot().axes();
        let x = |bytes| axes.place((bytes, 90.0)).0;
        let y = |percent| axes.place((1e3, percent)).1;
        assert!((x(4_000.0) - x(2_000.0) - (x(2_000.0) - x(1_000.0))).abs() < 1e-9);
        assert!((y(92.0) - y(94.0) - (y(94.0) - y(96.0))).abs() < 1e-9 && y(92.0) > y(94.0));
    }

    #[test]
    fn a_plot_without_points_has_axes() {
        let empty = Plot { series: vec![("ours", vec![])], ..plot() };
        assert!(!empty.svg().contains("NaN") && !empty.svg().contains("inf"));
    }
}
