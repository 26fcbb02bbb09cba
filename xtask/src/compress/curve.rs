//! The size/accuracy curve as an SVG image.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context as _;

use super::record::Run;
use crate::nets::root;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const MARGIN: f64 = 60.0;

/// Extents of the axes: bytes, logarithmic, and percent.
const BYTES: (f64, f64) = (1_000.0, 200_000.0);
const PERCENT: (f64, f64) = (70.0, 100.0);

/// FreeML's published code on the same networks: deployed bytes and float test accuracy of its
/// steps without and with factorisation, where accuracy is within the plot.
const FREEML_LENET: [(f64, f64); 7] = [
    (5_904.0, 86.56),
    (10_304.0, 93.46),
    (10_402.0, 95.20),
    (21_702.0, 98.30),
    (25_194.0, 98.84),
    (30_720.0, 98.36),
    (120_410.0, 98.68),
];
const FREEML_HAR: [(f64, f64); 6] = [
    (5_280.0, 70.82),
    (8_232.0, 77.17),
    (11_896.0, 80.46),
    (12_648.0, 80.46),
    (18_388.0, 79.85),
    (20_370.0, 83.03),
];

/// Writes docs/results/compression.svg.
pub fn publish(runs: &[Run]) -> anyhow::Result<()> {
    let ours = |net: &str| {
        let mut points: Vec<(f64, f64)> = runs
            .iter()
            .filter(|run| run.net == net && run.variant == "curve")
            .map(|run| (number(run.bytes), run.integer))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    };
    let series = [
        ("lenet_mnist", "#1f77b4", "", ours("lenet_mnist")),
        ("har_cnn", "#d62728", "", ours("har_cnn")),
        ("lenet_mnist, FreeML", "#1f77b4", "4 4", FREEML_LENET.to_vec()),
        ("har_cnn, FreeML", "#d62728", "4 4", FREEML_HAR.to_vec()),
    ];
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" \
         fill=\"white\"/>\n"
    );
    axes(&mut svg)?;
    for (index, (name, colour, dashes, points)) in series.iter().enumerate() {
        let path: Vec<String> = points
            .iter()
            .map(|&(bytes, percent)| format!("{:.1},{:.1}", x(bytes), y(percent)))
            .collect();
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/>",
            path.join(" ")
        )?;
        for &(bytes, percent) in points {
            writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>",
                x(bytes),
                y(percent)
            )?;
        }
        let at = HEIGHT - MARGIN - 15.0 * (4.0 - number(index));
        let left = WIDTH - 220.0;
        writeln!(
            svg,
            "<line x1=\"{left}\" y1=\"{at}\" x2=\"{}\" y2=\"{at}\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/><text x=\"{}\" y=\"{}\">{name}</text>",
            left + 30.0,
            left + 36.0,
            at + 4.0
        )?;
    }
    svg += "</svg>\n";
    fs::write(root().join("docs/results/compression.svg"), svg).context("cannot write the curve")
}

fn axes(svg: &mut String) -> anyhow::Result<()> {
    for bytes in [1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0, 100_000.0, 200_000.0] {
        let (x, bottom) = (x(bytes), HEIGHT - MARGIN);
        writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"20\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{} kB</text>",
            bottom + 16.0,
            bytes / 1_000.0
        )?;
    }
    for percent in [70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0] {
        let y = y(percent);
        writeln!(
            svg,
            "<line x1=\"{MARGIN}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{percent}</text>",
            WIDTH - 20.0,
            MARGIN - 6.0,
            y + 4.0
        )?;
    }
    writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">bytes of constants</text>\
         <text x=\"16\" y=\"{}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {})\">test accuracy, %</text>",
        WIDTH / 2.0,
        HEIGHT - 16.0,
        HEIGHT / 2.0,
        HEIGHT / 2.0
    )?;
    Ok(())
}

fn x(bytes: f64) -> f64 {
    let (low, high) = BYTES;
    MARGIN + (bytes / low).ln() / (high / low).ln() * (WIDTH - MARGIN - 20.0)
}

fn y(percent: f64) -> f64 {
    let (low, high) = PERCENT;
    20.0 + (high - percent) / (high - low) * (HEIGHT - MARGIN - 20.0)
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn number(value: usize) -> f64 {
    value as f64
}
