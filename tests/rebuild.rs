//! The macro in other crates: when they are rebuilt, and what they may look like.

mod common;

use std::fs;

use common::crates::Crate;

#[test]
fn a_changed_model_or_data_file_rebuilds() {
    let package = Crate::copy("rebuild");
    fs::rename(package.file("models/samples.npz"), package.file("models/tiny.npz")).expect("moves");
    assert!(package.compiled());
    assert!(!package.compiled(), "nothing has changed");
    let before = package.run();

    let other = fs::read(package.file("models/tiny.npz")).expect("data");
    fs::write(package.file("models/tiny.npz"), other).expect("writable");
    assert!(package.compiled(), "the data has changed");
    assert!(!package.compiled(), "nothing has changed");
    assert_eq!(package.run(), before);

    let mut model = fs::read(package.file("models/tiny.onnx")).expect("a model");
    let name = b"dense.bias";
    let at = model.windows(name.len()).rposition(|bytes| bytes == name).expect("a bias");
    // The tensor's data, which follow its name: the exponent of the first number.
    model[at + name.len() + 5] ^= 1;
    fs::write(package.file("models/tiny.onnx"), model).expect("writable");
    assert!(package.compiled(), "the model has changed");
    assert_ne!(package.run(), before);
}

#[test]
fn the_dependency_may_have_another_name() {
    assert!(Crate::copy("renamed").run().starts_with("Some(["));
}

#[test]
fn strict_lints_accept_the_expansion() {
    Crate::copy("strict").cargo("clippy", &["--quiet"]);
}
