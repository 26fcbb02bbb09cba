//! What all pictures are made of.

use std::fmt::Write as _;

/// A picture that is being drawn; lengths are in pixels.
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// A picture with a title above it.
    pub fn new((width, height): (f64, f64), title: &str) -> Self {
        let title = escaped(title);
        let mut svg = Svg {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
                 font-family=\"sans-serif\" font-size=\"13\" fill=\"#24292f\">\n<title>{title}</title>\n\
                 <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#ffffff\"/>\n"
            ),
        };
        svg.element(&format!(
            "<text x=\"{:.1}\" y=\"26.0\" text-anchor=\"middle\"><tspan font-size=\"15\">{title}</tspan></text>",
            width / 2.0
        ));
        svg
    }

    /// Adds an element, in a line of its own.
    pub fn element(&mut self, element: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{element}");
    }

    /// Adds a text with its `anchor` at a place.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: &str, text: &str) {
        let text = escaped(text);
        self.element(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// Adds a line in this style.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.element(&format!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>"
        ));
    }

    /// Adds a line through points in this style.
    pub fn polyline(&mut self, points: impl IntoIterator<Item = (f64, f64)>, style: &str) {
        let points: Vec<String> =
            points.into_iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        self.element(&format!("<polyline points=\"{points}\" fill=\"none\" {style}/>"));
    }

    /// The finished picture.
    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// `text` as contents of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let mut svg = Svg::new((10.0, 10.0), "a < b");
        svg.text((1.0, 2.0), "end", "b & c");
        let text = svg.finish();
        assert!(text.contains("<title>a &lt; b</title>") && text.contains(">b &amp; c</text>"));
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
    }
}
