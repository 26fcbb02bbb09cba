//! Preparing networks, and what is found afterwards.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use freeml_compiler::artefact::{Artefact, DIRECTORY, Defect, Found};
use freeml_compiler::compress::Watch;
use freeml_compiler::data::Dataset;
use freeml_compiler::graph::Graph;
use freeml_compiler::prepare::{Job, keep_all};
use freeml_compiler::{Options, Part};

/// A directory of its own with the networks and samples of the tests.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("artefacts").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
        fs::copy(models.join("tiny.onnx"), path.join("tiny.onnx")).unwrap();
        fs::copy(models.join("one_class.npz"), path.join("other.npz")).unwrap();
        fs::copy(models.join("samples.npz"), path.join("few.npz")).unwrap();
        Directory(path)
    }

    /// Options for the tiny network with many samples.
    fn options(&self) -> Options {
        let mut options = Options::new(&self.0, "tiny.onnx");
        options.data = Some("data.npz".into());
        if !self.0.join("data.npz").exists() {
            self.write_data(8);
        }
        options
    }

    fn write_data(&self, columns: u8) {
        let samples = ndarray::Array4::from_shape_fn((96, 1, 8, 8), |(sample, _, row, column)| {
            u8::try_from((sample * 31 + row * 7 + column * usize::from(columns)) % 256).unwrap()
        });
        let labels = ndarray::Array1::from_iter((0..96u8).map(|sample| sample % 3));
        let file = fs::File::create(self.0.join("data.npz")).unwrap();
        let mut npz = ndarray_npy::NpzWriter::new_compressed(file);
        npz.add_array("x", &samples).unwrap();
        npz.add_array("y", &labels).unwrap();
        npz.finish().unwrap();
    }

    /// Names in the directory of artefacts, sorted.
    fn artefacts(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(DIRECTORY)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn prepare(options: &Options) -> (PathBuf, Artefact) {
    let job = Job::new(options).unwrap();
    let artefact = job.task().unwrap().compress(&keep_all, 1, &mut |_| {}).unwrap();
    (job.write(&artefact).unwrap(), artefact)
}

fn find(options: &Options) -> Found {
    Job::new(options).unwrap().find().unwrap()
}

fn fits(options: &Options) -> Option<(PathBuf, Artefact)> {
    match find(options) {
        Found::Fits(path, artefact) => Some((path, *artefact)),
        _ => None,
    }
}

/// What differs in the nearest artefact.
fn stale(options: &Options) -> Vec<&'static str> {
    match find(options) {
        Found::Stale(_, differences) => differences,
        other => panic!("{other}"),
    }
}

#[test]
fn what_was_prepared_is_found() {
    let directory = Directory::new("found");
    let options = directory.options();
    assert!(matches!(find(&options), Found::Missing));
    let (path, artefact) = prepare(&options);
    let (found_path, found) = fits(&options).unwrap();
    assert_eq!(
        (&found_path, &found.summary, &found.notes),
        (&path, &artefact.summary, &artefact.notes)
    );
    assert!(path.starts_with(DIRECTORY) && path.to_str().unwrap().contains("tiny-"));

    let compiled = freeml_compiler::compile(&options).unwrap();
    assert_eq!(compiled.summary, Some(artefact.summary));
    assert_eq!(compiled.sources, [PathBuf::from("tiny.onnx"), "data.npz".into(), path]);
    // The type's name and place are no part of the network.
    let renamed = Options { name: Some("Other".into()), ..options };
    assert_eq!(freeml_compiler::compile(&renamed).unwrap(), compiled);
}

#[test]
fn a_warm_build_does_not_read_the_model() {
    let directory = Directory::new("warm");
    let options = directory.options();
    fs::write(directory.0.join("tiny.onnx"), "no model").unwrap();
    assert!(Job::new(&options).unwrap().task().is_err());
    // An artefact made of these bytes by someone who could read them.
    let job = Job::new(&options).unwrap();
    let other = Directory::new("warm-other");
    let readable = other.options();
    let artefact = Job::new(&readable).unwrap().task().unwrap();
    job.write(&artefact.compress(&keep_all, 1, &mut |_| {}).unwrap()).unwrap();
    assert!(freeml_compiler::compile(&options).is_ok());
}

#[test]
fn changes_are_told() {
    let directory = Directory::new("changes");
    let options = directory.options();
    prepare(&options);

    assert_eq!(stale(&Options { seed: 1, ..options.clone() }), ["options"]);
    let mut other = options.clone();
    other.compress.as_mut().unwrap().fram = Some(5000);
    assert_eq!(stale(&other), ["options"]);
    directory.write_data(9);
    assert_eq!(stale(&options), ["data"]);
    let text = find(&options).to_string();
    assert!(text.ends_with("was made with other data"), "{text}");
    directory.write_data(8);
    assert!(fits(&options).is_some());
    let mut model = fs::read(directory.0.join("tiny.onnx")).unwrap();
    model.push(0);
    fs::write(directory.0.join("tiny.onnx"), model).unwrap();
    assert_eq!(stale(&options), ["model"]);
}

#[test]
fn damage_is_told_and_repaired() {
    let directory = Directory::new("damage");
    let options = directory.options();
    let (path, _) = prepare(&options);
    let file = directory.0.join(&path);
    let whole = fs::read(&file).unwrap();
    let broken = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        match find(&options) {
            Found::Broken(found, defect) => {
                assert_eq!(found, path);
                defect
            }
            other => panic!("{other}"),
        }
    };
    assert_eq!(broken(&whole[..whole.len() - 1]), Defect::Damaged);
    assert_eq!(broken(b""), Defect::Foreign);
    let mut changed = whole.clone();
    changed[150] ^= 1;
    assert_eq!(broken(&changed), Defect::Damaged);
    changed[8] = 77;
    assert_eq!(broken(&changed), Defect::Version(77));
    assert!(find(&options).to_string().contains("has format 77"));
    prepare(&options);
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn a_file_under_the_name_of_another_is_told() {
    let directory = Directory::new("renamed");
    let options = directory.options();
    let (path, _) = prepare(&options);
    let other = Options { seed: 1, ..options };
    let other_path = Job::new(&other).unwrap().path();
    fs::rename(directory.0.join(path), directory.0.join(&other_path)).unwrap();
    assert_eq!(stale(&other), ["options"]);
}

#[test]
fn missing_data_is_stood_for_by_an_artefact() {
    let directory = Directory::new("missing");
    let options = directory.options();
    let (path, _) = prepare(&options);
    fs::remove_file(directory.0.join("data.npz")).unwrap();
    let named = Options { data: Some("data.npz".into()), ..options.clone() };
    for options in [&named, &Options { data: None, ..options.clone() }] {
        let (found, artefact) = fits(options).unwrap();
        assert_eq!(found, path);
        assert!(artefact.notes[0].contains("is not there"), "{:?}", artefact.notes);
        let sources = freeml_compiler::compile(options).unwrap().sources;
        assert_eq!(sources, [PathBuf::from("tiny.onnx"), path.clone()]);
    }

    let error = |options: &Options| Job::new(options).unwrap().find().unwrap_err();
    let text = error(&Options { seed: 1, ..named.clone() });
    assert_eq!(text.part, Part::Option("data"));
    assert!(text.message.contains("there is no file `data.npz`"), "{text}");

    // Two artefacts of two versions of the data: nobody knows which is meant.
    directory.write_data(9);
    prepare(&options);
    fs::remove_file(directory.0.join("data.npz")).unwrap();
    let text = error(&named);
    assert!(text.message.contains("delete those that are out of date"), "{text}");
}

#[test]
fn without_data_samples_are_made_up() {
    let directory = Directory::new("synthetic");
    let options = Options { data: None, ..Options::new(&directory.0, "tiny.onnx") };
    let seen = Cell::new(0);
    let job = Job::new(&options).unwrap();
    let compressor =
        |graph: &Graph, data: &Dataset, options: &Options, threads, watch: &mut Watch| {
            assert_eq!(data.labels, None);
            seen.set(data.samples.len());
            keep_all(graph, data, options, threads, watch)
        };
    let artefact = job.task().unwrap().compress(&compressor, 1, &mut |_| {}).unwrap();
    assert!(seen.get() >= 128);
    assert!(artefact.notes[0].contains("synthetic samples"), "{:?}", artefact.notes);
}

#[test]
fn data_that_cannot_train_is_refused() {
    let directory = Directory::new("untrainable");
    for (data, text) in [("few.npz", "8 samples are too few"), ("other.npz", "of class 1")] {
        let mut options = Options::new(&directory.0, "tiny.onnx");
        options.data = Some(data.into());
        let error = Job::new(&options).unwrap().task().unwrap_err();
        assert_eq!(error.part, Part::Option("data"));
        assert!(error.message.contains(text), "{error}");
        // Without compression they are samples as good as any.
        options.compress = None;
        assert!(freeml_compiler::compile(&options).is_ok());
    }
}

#[test]
fn equal_bytes_on_any_number_of_threads() {
    let directory = Directory::new("threads");
    let options = directory.options();
    let job = Job::new(&options).unwrap();
    let bytes = |threads| {
        let task = job.task().unwrap();
        let artefact = task.compress(&keep_all, threads, &mut |_| {}).unwrap();
        fs::read(directory.0.join(job.write(&artefact).unwrap())).unwrap()
    };
    assert_eq!(bytes(1), bytes(3));
}

#[test]
fn concurrent_writers_leave_one_whole_file() {
    let directory = Directory::new("concurrent");
    let options = directory.options();
    let job = Job::new(&options).unwrap();
    let artefact = job.task().unwrap().compress(&keep_all, 1, &mut |_| {}).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let path = directory.0.join(job.write(&artefact).unwrap());
                    let found = find(&options);
                    assert!(matches!(found, Found::Fits(..) | Found::Missing), "{found}");
                    // Someone starts over, so that the others write again.
                    let _ = fs::remove_file(path);
                    job.write(&artefact).unwrap();
                }
            });
        }
    });
    assert!(fits(&options).is_some());
    assert_eq!(directory.artefacts().len(), 1, "{:?}", directory.artefacts());
}

#[test]
fn leftovers_are_removed() {
    let directory = Directory::new("leftovers");
    let options = directory.options();
    let path = prepare(&options).0;
    let leftover = directory.0.join(DIRECTORY).join("tiny-0123.1-0.unfinished");
    fs::write(&leftover, "half of").unwrap();
    let minute_ago = SystemTime::now() - Duration::from_mins(1);
    let age = || fs::File::options().append(true).open(&leftover)?.set_modified(minute_ago);
    // One that has just begun may lack its lock.
    prepare(&options);
    assert!(leftover.exists());
    age().unwrap();
    assert!(fits(&options).is_some());
    prepare(&options);
    assert_eq!(directory.artefacts(), [path.file_name().unwrap().to_str().unwrap()]);

    // One that a living process holds stays.
    let held = fs::File::create(&leftover).unwrap();
    held.lock().unwrap();
    age().unwrap();
    prepare(&options);
    assert!(leftover.exists());
}

#[test]
fn an_artefact_is_no_newer_than_what_it_is_made_of() {
    let directory = Directory::new("time");
    let options = directory.options();
    let path = prepare(&options).0;
    let time = |path: &Path| fs::metadata(directory.0.join(path)).unwrap().modified().unwrap();
    assert_eq!(time(&path), time("tiny.onnx".as_ref()).max(time("data.npz".as_ref())));
}

#[cfg(unix)]
#[test]
fn one_process_compresses_at_a_time() {
    let directory = Directory::new("turns");
    let options = directory.options();
    let job = Job::new(&options).unwrap();
    let turn = job.store().turn();
    assert!(turn.is_some());
    let released = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let turn = job.store().turn();
            turn.is_some() && released.load(Ordering::SeqCst)
        });
        sleep(Duration::from_millis(200));
        released.store(true, Ordering::SeqCst);
        drop(turn);
        assert!(second.join().unwrap(), "two had a turn at once");
    });
}
