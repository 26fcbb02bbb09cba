//! A package with a small network that learns in seconds.
#![allow(dead_code, reason = "no test uses all of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use freeml_compiler::Options;
use freeml_compiler::artefact::DIRECTORY;
use ndarray::{Array1, Array4};
use ndarray_npy::NpzWriter;

/// Samples of the data.
const SAMPLES: u16 = 240;

/// What the manifest says.
const MANIFEST: &str =
    "[package]\nname = \"sensor\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";

/// A package in a directory of its own.
pub struct Package {
    /// Its directory.
    pub directory: PathBuf,
}

impl Package {
    /// A package whose main file has these contents.
    pub fn new(name: &str, main: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("src")).unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
        fs::copy(models.join("tiny.onnx"), directory.join("tiny.onnx")).unwrap();
        fs::write(directory.join("Cargo.toml"), MANIFEST).unwrap();
        fs::write(directory.join("src/main.rs"), main).unwrap();
        let package = Package { directory };
        package.write_data(0);
        package
    }

    /// Path of a file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes `tiny.npz`: bright spots in three places, on a ground that depends on `seed`.
    pub fn write_data(&self, seed: usize) {
        let pixel = |(sample, _, row, column): (usize, usize, usize, usize)| {
            let ground = (sample * 37 + row * 11 + column * 5 + seed) % 60;
            let spot = (row / 3 == sample % 3) && (2..6).contains(&column);
            u8::try_from(if spot { 180 + ground } else { ground }).unwrap()
        };
        let samples = Array4::from_shape_fn((SAMPLES.into(), 1, 8, 8), pixel);
        let labels = Array1::from_iter((0..SAMPLES).map(|sample| i64::from(sample % 3)));
        let mut npz = NpzWriter::new_compressed(fs::File::create(self.file("tiny.npz")).unwrap());
        npz.add_array("x", &samples).unwrap();
        npz.add_array("y", &labels).unwrap();
        npz.finish().unwrap();
    }

    /// What the macro takes `"tiny.onnx"` without options for.
    pub fn options(&self) -> Options {
        Options::new(&self.directory, "tiny.onnx")
    }

    /// Runs `cargo freeml` with `arguments` in the directory.
    pub fn freeml(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// `cargo freeml` with `arguments` in the directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-freeml"));
        command.arg("freeml").args(arguments).current_dir(&self.directory);
        command
    }

    /// Names in the directory of artefacts, sorted.
    pub fn artefacts(&self) -> Vec<String> {
        let entries = fs::read_dir(self.file(DIRECTORY)).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Standard output of a command that ended with `code`.
pub fn text(output: &Output, code: i32) -> String {
    let [text, errors] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{text}{errors}");
    text
}
