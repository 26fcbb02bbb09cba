//! `cargo freeml simulate` as users run it.

mod common;

use std::fs;
use std::process::Output;

use common::{Package, text};

const MAIN: &str = "freeml::freeml_model!(\"tiny.onnx\", compress = none);\nfn main() {}\n";

/// Runs `simulate` on the samples of the package.
fn simulate(package: &Package, arguments: &[&str]) -> Output {
    package.freeml(&[&["simulate", "--test", "tiny.npz"], arguments].concat())
}

/// The first figure of the row called `name`.
fn figure(table: &str, name: &str) -> f64 {
    let row = table.lines().find(|line| line.starts_with(name));
    let row = row.unwrap_or_else(|| panic!("no row `{name}` in\n{table}"));
    row[name.len()..].split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn prints_what_came_of_an_hour() {
    let package = Package::new("simulate", MAIN);
    let arguments = ["--trace", "square:2mW,period=1s", "--capacitor", "20uF", "--hours", "0.05"];
    let table = text(&simulate(&package, &arguments), 0);
    assert!(table.starts_with("tiny.onnx on `square:2mW,period=1s`\n"), "{table}");
    let answers = figure(&table, "answers per hour");
    assert!(answers > 0.0 && figure(&table, "power failures") > 0.0, "{table}");
    let correct = answers * figure(&table, "accuracy, %") / 100.0;
    assert!((figure(&table, "correct answers per hour") - correct).abs() <= 0.01 * answers + 0.1);
    let [used, lost, leaked, left] =
        ["  used", "  full capacitor, lost", "  leaked", "  left, less the initial"]
            .map(|name| figure(&table, name));
    let harvested = figure(&table, "harvested, mJ");
    assert!((harvested - used - lost - leaked - left).abs() < 0.005, "{table}");
    assert_eq!(table, text(&simulate(&package, &arguments), 0), "not the same again");
}

#[test]
fn draws_pictures() {
    let package = Package::new("simulate-pictures", MAIN);
    fs::write(package.file("roof.csv"), "time,watts\n0,2e-3\n1,0\n2,1e-3\n").unwrap();
    let arguments = [
        "--trace",
        "roof.csv",
        "--hours",
        "0.01",
        "--period",
        "200ms",
        "--svg",
        "time.svg",
        "--svg-time",
        "10s",
        "--curve",
        "curve.svg",
    ];
    text(&simulate(&package, &arguments), 0);
    let [timeline, curve] =
        ["time.svg", "curve.svg"].map(|name| fs::read_to_string(package.file(name)).unwrap());
    assert!(timeline.contains("<title>tiny on roof.csv, policy end</title>"), "{timeline}");
    assert!(timeline.contains("<circle") && timeline.contains(">10</text>"), "{timeline}");
    assert!(curve.contains("<circle") && curve.contains(">end</text>"), "{curve}");
}

#[test]
fn policies_are_compared() {
    let main = MAIN.replace("compress = none", "compress = none, exits = [\"conv\"]");
    let package = Package::new("simulate-policies", &main);
    let policies = ["end", "exit=0", "confidence", "budget+confidence=95", "deadline=1s"];
    let options = policies.iter().flat_map(|policy| ["--policy", policy]);
    let options: Vec<&str> =
        options.chain(["--capacitor", "20uF", "--hours", "0.02", "--curve", "c.svg"]).collect();
    let table = text(&simulate(&package, &options), 0);
    let row = |name: &str| -> Vec<&str> {
        let row = table.lines().find(|line| line.starts_with(name)).expect(name);
        row[name.len()..].split_whitespace().collect()
    };
    assert_eq!(row("policy"), policies);
    let rates: Vec<f64> =
        row("answers per hour").iter().map(|rate| rate.parse().unwrap()).collect();
    assert!(rates[1] > rates[0] && rates[3] >= rates[0], "{table}");
    let exits = row("exits");
    assert!(exits[0].starts_with("0/") && !exits[1].contains('/'), "{table}");
    let curve = fs::read_to_string(package.file("c.svg")).unwrap();
    assert!(curve.contains(">budget+confidence</text>"), "{curve}");
}

#[test]
fn wrong_calls_say_what_to_change() {
    let package = Package::new("simulate-wrong", MAIN);
    fs::write(package.file("bad.csv"), "0,1e-3\n1,lots\n").unwrap();
    let cases: [(&[&str], i32, &str); 11] = [
        (&["--trace", "bad.csv"], 1, "`bad.csv`, line 2: the power `lots` is no number"),
        (&["--trace", "no.csv"], 1, "cannot read `no.csv`"),
        (&["--trace", "constant:1V"], 2, "is no quantity in W"),
        (&["--trace", "constant:100nW"], 1, "never charges the capacitor to 3 V"),
        (&["--capacitor", "100uF,on=1V"], 2, "voltages must rise"),
        (&["--load", "speed=1"], 2, "no setting `speed`"),
        (&["--policy", "luck"], 2, "there is no policy `luck`"),
        (&["--policy", "budget+confidence=50"], 2, "there are for 99 and 95"),
        (&["--hours", "0"], 2, "hours must be above 0"),
        (&["--period", "0s"], 2, "the time must be above 0"),
        (&["--hours", "0.001", "--svg", "no/where.svg"], 1, "cannot write `no/where.svg`"),
    ];
    for (arguments, code, message) in cases {
        let output = simulate(&package, arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(message), "{arguments:?}: {errors}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    }
    let output = package.freeml(&["simulate", "--test", "other.npz"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("other.npz") && output.status.code() == Some(1), "{errors}");
}

#[test]
fn one_network_is_simulated() {
    let two = format!("{MAIN}freeml::freeml_model!(\"tiny.onnx\", name = B, compress = none);\n");
    let package = Package::new("simulate-two", &two);
    let output = simulate(&package, &[]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("src/main.rs:1, src/main.rs:3"), "{errors}");
    assert_eq!(output.status.code(), Some(1));
}
