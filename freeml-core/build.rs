//! Hands the linker fragment `freeml.x` to MSP430 programs: `-Tfreeml.x` then finds it.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=freeml.x");
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("msp430") {
        return;
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("freeml.x"), include_str!("freeml.x"))
        .expect("OUT_DIR is writable");
    println!("cargo::rustc-link-search={out}");
}
