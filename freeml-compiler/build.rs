//! Tells the compiler of networks whether it is optimised itself.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let level = std::env::var("OPT_LEVEL").unwrap_or_default();
    println!("cargo::rustc-env=FREEML_OPT_LEVEL={level}");
}
