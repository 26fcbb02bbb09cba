//! The generated code as text.

mod common;

use std::path::Path;

use common::crates::Crate;
use common::{Network, adaptive, root};
use freeml_compiler::{Device, Options, compile, expand, format};

/// Formatted expansion for `options`.
fn text(options: &Options) -> String {
    let compiled = compile(options).expect("compiles");
    format(&expand(&compiled, options, &quote::quote!(::freeml)).expect("expands"))
}

fn tiny() -> Options {
    let mut options = Options::new(root(), "tests/models/tiny.onnx");
    options.compress = None;
    options
}

/// Compares with the committed text, tables being left out.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r#"b"(\\.|[^"\\])*""#, r#"b"…""#);
    settings.add_filter(r"&\[\s*(-?\d+\w*,?\s*){4,}\]", "&[…]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn tiny_network() {
    snapshot("tiny", &text(&tiny()));
}

#[test]
fn depthwise_network() {
    snapshot("kws_dscnn", &text(&Network::of("models/kws_dscnn.onnx").options_in(root())));
}

#[test]
fn residual_network() {
    let network = Network::of("models/resnet_tiny_cifar10.onnx");
    snapshot("resnet_tiny_cifar10", &text(&network.options_in(root())));
}

#[test]
fn early_exits() {
    let text = text(&adaptive());
    // A note tells where the training data is not there.
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("/// Note: ")).collect();
    let text = lines.join("\n").replace("    ///\n    ///\n", "    ///\n");
    snapshot("early_exits", &text.replace("///\n#[derive", "#[derive"));
}

#[test]
fn options_show() {
    let mut options = tiny();
    options.name = Some("Gesture".into());
    options.device = Device::Bytes(20_000);
    options.input = Some(freeml_compiler::Kind::I16);
    options.scale = Some(1024.0);
    options.mean = vec![0.5];
    options.std = vec![0.25];
    let text = text(&options);
    let signatures: Vec<&str> =
        text.lines().filter(|line| line.contains("Gesture") || line.contains("fn start")).collect();
    snapshot("options", &signatures.join("\n"));
}

#[test]
fn the_same_every_time_and_everywhere() {
    let network = Network::of("models/kws_dscnn.onnx");
    let here = text(&network.options_in(root()));
    assert!(here == text(&network.options_in(root())), "two expansions differ");
    assert!(here == text(&network.options_in(root().join("tests/.."))), "another path to root");

    let elsewhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("elsewhere");
    std::fs::create_dir_all(elsewhere.join("models")).expect("a writable target directory");
    for file in ["models/kws_dscnn.onnx", "models/kws_dscnn.npz"] {
        std::fs::copy(root().join(file), elsewhere.join(file)).expect("a copy");
    }
    assert!(here == text(&network.options_in(&elsewhere)), "another directory");
}

#[test]
fn paths_are_complete_and_of_no_machine() {
    let text = text(&tiny());
    assert!(!text.contains(&*root().to_string_lossy()));
    for (at, _) in text.match_indices("::") {
        let before = text[..at].chars().next_back();
        let within = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '>');
        let after = &text[at..];
        assert!(
            within
                || ["::freeml::", "::core::", "::<"].iter().any(|start| after.starts_with(start)),
            "{}",
            after.lines().next().unwrap_or_default()
        );
    }
}

#[test]
fn a_build_script_gives_the_same_code() {
    let package = Crate::copy("build-script");
    let code = package.run();
    // The script has compressed the network, and the macro and this find its artefact.
    let mut options = Options::new(&package.directory, "models/tiny.onnx");
    options.data = Some("models/bars.npz".into());
    assert_eq!(package.artefacts().len(), 1);
    assert!(code == text(&options));
    assert!(!package.compiled(), "the artefact that the script has written changes nothing");
}
