//! Crates that use freeml as a dependency, built in a directory of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::root;

/// A copy of a crate of `tests/crates`, with the networks and samples of `tests/models`.
pub struct Crate {
    /// Its directory.
    pub directory: PathBuf,
}

impl Crate {
    /// Copies crate `name`.
    pub fn copy(name: &str) -> Self {
        Self::copy_to(name, name)
    }

    /// Copies crate `name` under another name, as cargo takes crates of one name for one.
    pub fn copy_to(name: &str, other: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(other);
        let _ = fs::remove_dir_all(&directory);
        let source = root().join("tests/crates").join(name);
        copy_all(&source, &directory);
        copy_all(&source.join("src"), &directory.join("src"));
        copy_all(&root().join("tests/models"), &directory.join("models"));
        let manifest = fs::read_to_string(source.join("Cargo.toml")).expect("a manifest");
        let manifest = manifest
            .replace("../../..", &root().to_string_lossy())
            .replace(&format!("freeml-test-{name}"), &format!("freeml-test-{other}"));
        fs::write(directory.join("Cargo.toml"), manifest).expect("a writable copy");
        // With the same versions and profiles as here, the dependencies are already built.
        fs::copy(root().join("Cargo.lock"), directory.join("Cargo.lock")).expect("a lock file");
        let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
        let profiles = manifest.find("[profile").map_or("", |start| &manifest[start..]);
        fs::write(directory.join("profiles.toml"), profiles).expect("a writable copy");
        Crate { directory }
    }

    /// Path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Runs cargo on it from an unrelated directory; fails if cargo does.
    pub fn cargo(&self, command: &str, options: &[&str]) -> Output {
        self.cargo_with(&[], command, options)
    }

    /// As [`cargo`](Crate::cargo), with environment variables.
    pub fn cargo_with(
        &self,
        variables: &[(&str, &str)],
        command: &str,
        options: &[&str],
    ) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target directory");
        let output = Command::new(env!("CARGO"))
            .arg(command)
            .args(["--release", "--offline", "--config"])
            .arg(self.file("profiles.toml"))
            .arg("--manifest-path")
            .arg(self.file("Cargo.toml"))
            .args(options)
            .env("CARGO_TARGET_DIR", target)
            .envs(variables.iter().copied())
            .current_dir(std::env::temp_dir())
            .output()
            .expect("cargo starts");
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {command}: {messages}");
        output
    }

    /// Builds it and says whether its main crate was compiled for that.
    pub fn compiled(&self) -> bool {
        let output = self.cargo("build", &["--message-format=json"]);
        let messages = String::from_utf8(output.stdout).expect("text");
        let artifact = messages
            .lines()
            .filter(|line| line.contains(r#""reason":"compiler-artifact""#))
            .find(|line| line.contains(r#""kind":["bin"]"#) && line.contains("freeml-test-"))
            .expect("a message about the package");
        artifact.contains(r#""fresh":false"#)
    }

    /// Files with prepared artefacts, sorted.
    pub fn artefacts(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.file(".freeml")).into_iter().flatten();
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths
    }

    /// What it prints.
    pub fn run(&self) -> String {
        String::from_utf8(self.cargo("run", &["--quiet"]).stdout).expect("text")
    }
}

/// Copies the files in `from`, without its directories.
fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a writable target directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("a readable directory").path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().expect("a file"))).expect("a copy");
        }
    }
}
