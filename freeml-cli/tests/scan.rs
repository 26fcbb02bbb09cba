//! Which calls are found.

use std::fs;
use std::path::{Path, PathBuf};

use freeml_cli::scan::Scan;

fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scan").join(name);
    let _ = fs::remove_dir_all(&directory);
    for (file, text) in files {
        let path = directory.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// Places of the calls, and failures.
fn scan(directory: &Path, main: &str) -> (Vec<String>, Vec<String>) {
    let mut scan = Scan::new(directory);
    scan.target(&directory.join(main));
    (scan.calls.into_iter().map(|call| call.place).collect(), scan.failures)
}

const CALL: &str = "freeml::freeml_model!(\"net.onnx\");";

#[test]
fn modules_are_followed_wherever_they_are() {
    let directory = directory(
        "modules",
        &[
            (
                "src/main.rs",
                "mod beside;\nmod inside;\nmod inline { mod deep; }\n#[path = \"odd/file.rs\"]\nmod \
                 elsewhere;\n#[cfg(never)]\nmod gone;\nfn main() {}",
            ),
            ("src/beside.rs", &format!("mod child;\n{CALL}")),
            ("src/beside/child.rs", CALL),
            ("src/inside/mod.rs", &format!("mod child;\n\n{CALL}")),
            ("src/inside/child.rs", CALL),
            ("src/inline/deep.rs", CALL),
            ("src/odd/file.rs", &format!("mod child;\nfn f() {{\n    {CALL}\n}}")),
            ("src/odd/child.rs", CALL),
            ("src/unused.rs", CALL),
        ],
    );
    let (mut places, failures) = scan(&directory, "src/main.rs");
    places.sort();
    assert_eq!(
        places,
        [
            "src/beside.rs:2",
            "src/beside/child.rs:1",
            "src/inline/deep.rs:1",
            "src/inside/child.rs:1",
            "src/inside/mod.rs:3",
            "src/odd/child.rs:1",
            "src/odd/file.rs:3",
        ]
    );
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn calls_are_found_by_their_last_name() {
    let main = "use freeml::freeml_model;\nfreeml_model! { \"a.onnx\" }\n::freeml::freeml_model![\"\
                b.onnx\"];\nother!(freeml_model!(\"c.onnx\"));\nmacro_rules! freeml { () => { \
                freeml_model!(\"d.onnx\"); } }\nfn main() { let _ = 1; freeml_model!(\"e.onnx\"); }";
    let directory = directory("names", &[("main.rs", main)]);
    assert_eq!(scan(&directory, "main.rs").0, ["main.rs:2", "main.rs:3", "main.rs:6"]);
}

#[test]
fn files_that_do_not_parse_are_told() {
    let directory = directory("broken", &[("main.rs", "mod a;"), ("a.rs", "fn {")]);
    let (places, failures) = scan(&directory, "main.rs");
    assert!(places.is_empty());
    assert!(failures.len() == 1 && failures[0].starts_with("a.rs: "), "{failures:?}");
}

#[test]
fn a_module_that_includes_itself_ends() {
    let main = "#[path = \"main.rs\"] mod again;\nfreeml_model!(\"a.onnx\");";
    let directory = directory("cycle", &[("main.rs", main)]);
    assert_eq!(scan(&directory, "main.rs").0, ["main.rs:2"]);
}
