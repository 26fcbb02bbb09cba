//! Preparing that ends at any moment.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use common::{Package, text};
use freeml_compiler::Options;
use freeml_compiler::artefact::{DIRECTORY, Found};
use freeml_compiler::prepare::{Job, keep_all};

const MAIN: &str = "freeml::freeml_model!(\"tiny.onnx\");\nfn main() {}\n";

/// Names the directory in which a child process writes.
const CHILD: &str = "FREEML_TEST_CHILD";

/// Bytes of a note that makes writing take most of the child's time.
const LARGE: usize = 8 << 20;

/// Children that are killed.
const ROUNDS: u64 = 40;

/// What a killed process has left in the place of an artefact: nothing or all of it.
fn is_whole(options: &Options) -> bool {
    match Job::new(options).unwrap().find().unwrap() {
        Found::Fits(..) => true,
        Found::Missing => false,
        found => panic!("{found}"),
    }
}

#[test]
#[ignore = "the part of the child in the next test"]
fn write_until_killed() {
    let Ok(directory) = std::env::var(CHILD) else { return };
    let options = Options::new(&directory, "tiny.onnx");
    let job = Job::new(&options).unwrap();
    let mut artefact = job.task().unwrap().compress(&keep_all, 1, &mut |_| {}).unwrap();
    artefact.notes.push("x".repeat(LARGE));
    loop {
        let path = job.write(&artefact).unwrap();
        fs::remove_file(Path::new(&directory).join(path)).unwrap();
    }
}

#[test]
fn a_kill_while_an_artefact_is_written_leaves_it_whole_or_absent() {
    let package = Package::new("kill-write", MAIN);
    let options = package.options();
    let mut unfinished = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write_until_killed", "--ignored"])
            .env(CHILD, &package.directory)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let before = package.artefacts();
        // The child begins with the removal of what the last one left.
        for _ in 0..2_000 {
            if child.try_wait().unwrap().is_some() || package.artefacts() != before {
                break;
            }
            sleep(Duration::from_millis(5));
        }
        sleep(Duration::from_millis(round * 7 % 60));
        child.kill().unwrap();
        child.wait().unwrap();
        is_whole(&options);
        unfinished +=
            usize::from(package.artefacts().iter().any(|name| name.ends_with("unfinished")));
    }
    assert!(unfinished > 0, "no child was killed while it wrote");
    // What is younger than a second might still be written.
    sleep(Duration::from_millis(1_100));
    text(&package.freeml(&["prepare", "--force"]), 0);
    assert!(is_whole(&options));
    let names = package.artefacts();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_kill_while_a_network_is_compressed_leaves_nothing() {
    let package = Package::new("kill-compress", MAIN);
    let mut child = package.command(&["prepare"]).stdout(Stdio::null()).spawn().unwrap();
    sleep(Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(package.artefacts().is_empty() || is_whole(&package.options()));
    text(&package.freeml(&["prepare"]), 0);
    assert!(is_whole(&package.options()));
    assert_eq!(package.artefacts().len(), 1, "in {}", package.file(DIRECTORY).display());
}
