//! Finds out whether the compiler can track files that a macro reads.
//!
//! On a 16-bit target `include_bytes!` cannot stand for it: a model may be larger than the
//! address space, and such targets need a nightly compiler anyway.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::{env, error::Error};

const PROBE: &str = "
#![feature(proc_macro_tracked_path)]
extern crate proc_macro;
pub fn track(path: &str) { proc_macro::tracked::path(path) }
";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(freeml_tracked_path)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_BOOTSTRAP");
    if probe().unwrap_or(false) {
        println!("cargo::rustc-cfg=freeml_tracked_path");
    }
}

fn probe() -> Result<bool, Box<dyn Error>> {
    let rustc = env::var_os("RUSTC").ok_or("no RUSTC")?;
    let out = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    let mut child = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=probe", "--emit=metadata"])
        .arg("--out-dir")
        .arg(out)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(PROBE.as_bytes())?;
    Ok(child.wait()?.success())
}
