//! `cargo freeml` as users run it.

mod common;

use std::fs;

use common::{Package, text};
use freeml_compiler::Options;
use freeml_compiler::artefact::{Artefact, DIRECTORY};
use freeml_compiler::prepare::{Job, keep_all};

const MAIN: &str = "freeml::freeml_model!(\"tiny.onnx\");\nfn main() {}\n";

/// Writes an artefact without compressing.
fn prepare(options: &Options) {
    let job = Job::new(options).unwrap();
    let artefact = job.task().unwrap().compress(&keep_all, 1, &mut |_| {}).unwrap();
    job.write(&artefact).unwrap();
}

#[test]
fn prepared_on_any_number_of_threads_bytes_are_equal() {
    let bytes = ["1", "3"].map(|threads| {
        let package = Package::new(&format!("threads-{threads}"), MAIN);
        let told = text(&package.freeml(&["prepare", "--threads", threads]), 0);
        assert!(told.contains("tiny.onnx: there is no prepared artefact; wrote"), "{told}");
        let names = package.artefacts();
        let [name] = &names[..] else { panic!("{names:?}") };
        let bytes = fs::read(package.file(DIRECTORY).join(name)).unwrap();
        assert!(told.contains(name), "{told}");

        let told = text(&package.freeml(&["prepare", "--threads", threads]), 0);
        assert!(told.contains("is up to date"), "{told}");
        text(&package.freeml(&["check"]), 0);
        let (_, artefact) = Artefact::decode(&bytes).unwrap();
        let told = text(&package.freeml(&["report"]), 0);
        assert!(told.contains(&artefact.summary.to_string()), "{told}");
        assert!(told.contains("\n  logits ") && told.contains("bytes of state"), "{told}");
        (name.clone(), bytes)
    });
    assert!(bytes[0] == bytes[1], "the artefacts differ");
}

#[test]
fn the_command_line_means_what_the_macro_means() {
    let main = r#"
        fn main() {
            // Two networks, of which the second is the first under another name.
            freeml::freeml_model!("tiny.onnx", data = "tiny.npz", fram = 300, mean = [0.5]);
            freeml::freeml_model!("tiny.onnx", name = B, data = "tiny.npz", fram = 300, mean = 0.5);
        }
    "#;
    let package = Package::new("same", main);
    let mut options = package.options();
    (options.data, options.mean) = (Some("tiny.npz".into()), vec![0.5]);
    options.compress.as_mut().unwrap().fram = Some(300);
    prepare(&options);
    assert_eq!(text(&package.freeml(&["check"]), 0).matches("is up to date").count(), 2);
    let call = ["check", "--model", "tiny.onnx", "--data", "tiny.npz", "--mean", "0.5"];
    text(&package.freeml(&[&call[..], &["--fram", "300"]].concat()), 0);
    let told = text(&package.freeml(&[&call[..], &["--fram", "301"]].concat()), 1);
    assert!(
        told.contains("was made with other options\n  asked for by the command line"),
        "{told}"
    );
}

#[test]
fn check_fails_without_an_artefact() {
    let package = Package::new("missing", MAIN);
    for command in ["check", "report"] {
        let told = text(&package.freeml(&[command]), 1);
        assert!(told.contains("tiny.onnx: there is no prepared artefact"), "{told}");
        assert!(told.contains("cargo freeml prepare"), "{told}");
    }
    assert!(package.artefacts().is_empty());
}

#[test]
fn check_fails_on_a_changed_model() {
    let package = Package::new("model", MAIN);
    prepare(&package.options());
    text(&package.freeml(&["check"]), 0);
    let mut model = fs::read(package.file("tiny.onnx")).unwrap();
    model.push(0);
    fs::write(package.file("tiny.onnx"), model).unwrap();
    let told = text(&package.freeml(&["check"]), 1);
    assert!(told.contains("was made with other model\n  asked for by src/main.rs:1\n"), "{told}");
    assert!(
        told.ends_with("run `cargo freeml prepare` with the same options and commit `.freeml`\n")
    );
}

#[test]
fn check_fails_on_changed_data() {
    let package = Package::new("data", MAIN);
    prepare(&package.options());
    package.write_data(1);
    let told = text(&package.freeml(&["check"]), 1);
    assert!(told.contains("was made with other data"), "{told}");
    package.write_data(0);
    text(&package.freeml(&["check"]), 0);
}

#[test]
fn check_fails_on_a_changed_option() {
    let package = Package::new("option", MAIN);
    prepare(&package.options());
    let changed = MAIN.replace(".onnx\"", ".onnx\", max_drop = 1");
    fs::write(package.file("src/main.rs"), changed).unwrap();
    let told = text(&package.freeml(&["check"]), 1);
    assert!(told.contains("was made with other options"), "{told}");
    // A name is no part of the network.
    let renamed = MAIN.replace(".onnx\"", ".onnx\", name = Other");
    fs::write(package.file("src/main.rs"), renamed).unwrap();
    text(&package.freeml(&["check"]), 0);
}

#[test]
fn check_fails_on_damage_and_prepare_repairs_it() {
    let package = Package::new("damage", MAIN);
    text(&package.freeml(&["prepare"]), 0);
    let file = package.file(DIRECTORY).join(&package.artefacts()[0]);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..200]).unwrap();
    let told = text(&package.freeml(&["check"]), 1);
    assert!(told.contains("is damaged: its checksum does not match"), "{told}");
    let told = text(&package.freeml(&["prepare"]), 0);
    assert!(told.contains("is damaged") && told.contains("wrote"), "{told}");
    assert!(fs::read(&file).unwrap() == whole);
}

#[test]
fn data_that_is_not_there_is_no_failure() {
    let package = Package::new("absent", MAIN);
    prepare(&package.options());
    fs::remove_file(package.file("tiny.npz")).unwrap();
    let told = text(&package.freeml(&["check"]), 0);
    assert!(told.contains("note: the data is not there"), "{told}");
}

#[test]
fn artefacts_that_nothing_needs_are_told() {
    let package = Package::new("unneeded", MAIN);
    prepare(&package.options());
    let old = package.artefacts().remove(0);
    package.write_data(1);
    prepare(&package.options());
    let told = text(&package.freeml(&["prepare"]), 0);
    assert!(told.contains(&format!("{old}` is of none of these networks")), "{told}");
    assert_eq!(told.matches("none of these").count(), 1, "{told}");
}

#[test]
fn wrong_calls_are_told_with_their_places() {
    let main = r#"
mod quiet {
    freeml::freeml_model!("tiny.onnx", compress = none);
}
mod loud {
    freeml::freeml_model!("tiny.onnx", fram = many);
}
freeml::freeml_model!("tiny.onnx", flam = 1);
fn main() {}
"#;
    let package = Package::new("wrong", main);
    let output = package.freeml(&["check"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("src/main.rs:6: `fram` takes"), "{errors}");
    assert!(errors.contains("src/main.rs:8: there is no option `flam`"), "{errors}");

    let bad = [
        (&["check", "-p", "other"][..], "there is no package `other`"),
        (&["check", "--model", "no.onnx"][..], "there is no file `no.onnx`"),
        (&["prepare", "--model", "tiny.onnx", "--priority", "speed"][..], "use fram or accuracy"),
    ];
    for (arguments, message) in bad {
        let output = package.freeml(arguments);
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(told.contains(message) && output.status.code() == Some(1), "{told}");
    }
}

#[test]
fn bad_data_stops_one_network_only() {
    let main = r#"
        freeml::freeml_model!("tiny.onnx", name = A, data = "Cargo.toml");
        freeml::freeml_model!("tiny.onnx", name = B, compress = none);
        fn main() {}
    "#;
    let package = Package::new("bad", main);
    let told = text(&package.freeml(&["prepare"]), 1);
    assert!(told.contains("error: `Cargo.toml`: this is no .npz or .npy file"), "{told}");
    assert!(told.contains("asked for by src/main.rs:2"), "{told}");
    assert!(told.contains("nothing to do, as it says `compress = none`"), "{told}");
}
