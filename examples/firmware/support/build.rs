//! Writes the linker script `msp430-support.x` of the chosen device where the linker finds it.

use std::{env, fs, path::Path};

const DEVICES: [&str; 3] = ["fr5994", "fr5969", "fr2355"];

fn main() {
    let chosen: Vec<&str> = DEVICES
        .into_iter()
        .filter(|d| env::var_os(format!("CARGO_FEATURE_{}", d.to_uppercase())).is_some())
        .collect();
    let [device] = chosen[..] else {
        println!(
            "cargo::error=msp430-support: {} device features are on, one is needed: choose one of \
             fr5994, fr5969, fr2355 (and default-features = false)",
            chosen.len()
        );
        return;
    };

    let read = |name: &str| {
        let path = format!("ld/{name}.x");
        println!("cargo::rerun-if-changed={path}");
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    let script = read(device) + &read("sections");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("msp430-support.x"), script).expect("OUT_DIR is writable");
    println!("cargo::rustc-link-search={out}");
}
