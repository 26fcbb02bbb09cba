//! Compressed networks in other crates: by the macro itself, by their artefact, in an editor.

mod common;

use std::fs;

use common::crates::Crate;
use freeml_compiler::Options;
use freeml_compiler::artefact::Found;
use freeml_compiler::prepare::{Job, keep_all};

/// The network of the crate.
fn options(package: &Crate) -> Options {
    let mut options = Options::new(&package.directory, "models/tiny.onnx");
    options.data = Some("models/bars.npz".into());
    options.seed = 1;
    options
}

#[test]
fn the_macro_compresses_once() {
    let package = Crate::copy("prepared");
    let messages = package.cargo("build", &[]).stderr;
    let messages = String::from_utf8_lossy(&messages);
    assert!(messages.contains("freeml: there is no prepared artefact: compressing"), "{messages}");
    assert!(messages.contains("cargo freeml prepare"), "{messages}");
    let [artefact] = &package.artefacts()[..] else { panic!("{messages}") };
    let bytes = fs::read(artefact).expect("an artefact");
    assert!(!package.compiled(), "an artefact that a build has written changes nothing");
    let before = package.run();

    // Without it, the next build makes the same again.
    fs::remove_file(artefact).expect("an artefact");
    assert!(package.compiled(), "the artefact is gone");
    assert!(fs::read(artefact).expect("an artefact") == bytes);
    assert_eq!(package.run(), before);

    // One of other contents is another network.
    fs::remove_file(artefact).expect("an artefact");
    let options = options(&package);
    let job = Job::new(&options).expect("readable files");
    let other = job.task().and_then(|task| task.compress(&keep_all, 1, &mut |_| {}));
    let path = job.write(&other.expect("a network")).expect("a writable directory");
    assert!(package.file(&path.to_string_lossy()) == *artefact);
    fs::File::options()
        .append(true)
        .open(artefact)
        .and_then(|file| file.set_modified(std::time::SystemTime::now()))
        .expect("a file with a time");
    assert!(package.compiled(), "the artefact has changed");
    assert_ne!(package.run(), before);

    // It stands for data that is not there.
    fs::remove_file(package.file("models/bars.npz")).expect("data");
    assert!(package.compiled(), "the data is gone");
    assert!(!package.compiled(), "nothing has changed");
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_no_failure() {
    let package = Crate::copy_to("prepared", "unwritable");
    // A file where the directory should be, as root may write anywhere.
    fs::write(package.file(".freeml"), "").expect("a writable copy");
    let messages = package.cargo("build", &[]).stderr;
    let messages = String::from_utf8_lossy(&messages);
    assert!(messages.contains("freeml: cannot write `.freeml/tiny-"), "{messages}");
}

#[test]
fn an_editor_gets_the_type_and_nothing_slow() {
    let package = Crate::copy_to("prepared", "editor");
    let server = [("RUST_ANALYZER_INTERNALS_DO_NOT_USE", "this is unstable")];
    let check = || {
        let output = package.cargo_with(&server, "check", &[]);
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!messages.contains("freeml: "), "{messages}");
    };
    check();
    assert!(package.artefacts().is_empty());
    let options = options(&package);
    let outline = || {
        let code = freeml_compiler::editor::outline(&options, &quote::quote!(::freeml));
        freeml_compiler::format(&code.expect("an outline"))
    };
    let unprepared = outline();
    assert!(unprepared.contains("const INPUT_LEN: usize = 64"), "{unprepared}");
    assert!(unprepared.contains("const STATE_BYTES: u32 = 0"), "{unprepared}");

    let job = Job::new(&options).expect("readable files");
    let artefact = job.task().and_then(|task| task.compress(&keep_all, 1, &mut |_| {}));
    job.write(&artefact.expect("a network")).expect("a writable directory");
    assert!(matches!(job.find(), Ok(Found::Fits(..))));
    let prepared = outline();
    assert!(!prepared.contains("const STATE_BYTES: u32 = 0"), "{prepared}");
    assert!(!prepared.contains("static LAYER_0"), "{prepared}");
    fs::write(package.file("src/main.rs"), fs::read(package.file("src/main.rs")).expect("source"))
        .expect("a writable copy");
    check();
}
