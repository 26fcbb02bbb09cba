//! The directory of artefacts.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::{Artefact, Defect, Key};

/// Where artefacts lie, relative to the directory of Cargo.toml.
pub const DIRECTORY: &str = ".freeml";

/// Ending of artefacts.
const ENDING: &str = "freeml";

/// Ending of files that are still written.
const UNFINISHED: &str = "unfinished";

/// Longest time that a file is written without its lock.
const UNLOCKED: Duration = Duration::from_secs(1);

/// How often a rename is tried whose source has been taken for a leftover.
const ATTEMPTS: usize = 3;

/// The artefacts of one network.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    name: String,
}

/// What a store has for a key.
#[derive(Debug)]
pub enum Found {
    /// The artefact.
    Fits(PathBuf, Box<Artefact>),
    /// Nothing for this network.
    Missing,
    /// Artefacts of this network, but of another model, data or options; the nearest.
    Stale(PathBuf, Vec<&'static str>),
    /// A file that should be the artefact and cannot be used.
    Broken(PathBuf, Defect),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Fits(path, _) => write!(f, "`{}` is up to date", path.display()),
            Found::Missing => f.write_str("there is no prepared artefact"),
            Found::Stale(path, differences) => {
                write!(f, "`{}` was made with other {}", path.display(), differences.join(" and "))
            }
            Found::Broken(path, defect) => write!(f, "`{}` {defect}", path.display()),
        }
    }
}

impl Store {
    /// The store of networks called `name` in the crate at `root`.
    pub fn new(root: &Path, name: &str) -> Self {
        Store { root: root.into(), name: name.into() }
    }

    /// Path of the artefact of `key`, relative to the root.
    pub fn path(&self, key: &Key) -> PathBuf {
        Path::new(DIRECTORY).join(format!("{}-{}.{ENDING}", self.name, key.digits()))
    }

    /// The artefact of `key`, or why there is none.
    pub fn find(&self, key: &Key) -> Found {
        let path = self.path(key);
        match self.read(&path) {
            Ok((found, artefact)) if found == *key => Found::Fits(path, Box::new(artefact)),
            Ok((found, _)) => Found::Stale(path, key.differences(&found)),
            Err(Some(defect)) => Found::Broken(path, defect),
            Err(None) => self.nearest(key),
        }
    }

    /// Sound artefacts of the model and options of `key` and of some data, in the order of
    /// their names.
    pub fn of_any_data(&self, key: &Key) -> Vec<(PathBuf, Artefact)> {
        let fits = |(path, (found, artefact)): (PathBuf, (Key, Artefact))| {
            let differences = key.differences(&found);
            (found.has_data() && differences.iter().all(|&part| part == "data"))
                .then_some((path, artefact))
        };
        self.sound().filter_map(fits).collect()
    }

    /// Paths of all artefacts of this network, in the order of their names.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.names().into_iter().map(|path| self.root.join(path)).collect()
    }

    /// Waits until no other process compresses for this directory, as far as the system can tell;
    /// the turn ends when the result is dropped. It saves work and is needed for nothing else.
    pub fn turn(&self) -> Option<File> {
        let directory = self.root.join(DIRECTORY);
        fs::create_dir_all(&directory).ok()?;
        let directory = File::open(directory).ok()?;
        directory.lock().ok()?;
        Some(directory)
    }

    /// Writes `artefact` unless it is there, as one step that other processes see whole or not
    /// at all; its path. It gets the time of the files it was made of, as cargo takes what is
    /// newer than the start of a build for changed.
    pub fn write(&self, key: &Key, artefact: &Artefact, time: SystemTime) -> io::Result<PathBuf> {
        let path = self.path(key);
        let bytes = artefact.encode(key);
        let (target, directory) = (self.root.join(&path), self.root.join(DIRECTORY));
        remove_leftovers(&directory);
        if fs::read(&target).is_ok_and(|present| present == bytes) {
            return Ok(path);
        }
        fs::create_dir_all(&directory)?;
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            outcome = write_whole(&target, &bytes, time);
            if !matches!(&outcome, Err(error) if error.kind() == io::ErrorKind::NotFound) {
                break;
            }
        }
        outcome.map(|()| path)
    }

    /// Contents of the artefact at `path`; the error is `None` if there is no such file.
    fn read(&self, path: &Path) -> Result<(Key, Artefact), Option<Defect>> {
        let bytes = fs::read(self.root.join(path)).map_err(|error| {
            (error.kind() != io::ErrorKind::NotFound).then(|| Defect::Unreadable(error.to_string()))
        })?;
        Artefact::decode(&bytes).map_err(Some)
    }

    /// The artefact of this network that differs least; in nothing if another process has just
    /// written it.
    fn nearest(&self, key: &Key) -> Found {
        let nearest = self
            .sound()
            .map(|(path, (found, artefact))| (path, key.differences(&found), artefact))
            .min_by_key(|(_, differences, _)| differences.len());
        match nearest {
            None => Found::Missing,
            Some((path, differences, artefact)) if differences.is_empty() => {
                Found::Fits(path, Box::new(artefact))
            }
            Some((path, differences, _)) => Found::Stale(path, differences),
        }
    }

    fn sound(&self) -> impl Iterator<Item = (PathBuf, (Key, Artefact))> {
        let read = |path: PathBuf| self.read(&path).ok().map(|content| (path, content));
        self.names().into_iter().filter_map(read)
    }

    /// Files with the names of artefacts of this network, relative to the root, sorted.
    fn names(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root.join(DIRECTORY)).into_iter().flatten().flatten();
        let is_ours = |path: &PathBuf| {
            let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
            let digits = stem.strip_prefix(&*self.name).and_then(|rest| rest.strip_prefix('-'));
            path.extension() == Some(OsStr::new(ENDING))
                && digits.is_some_and(|digits| {
                    digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
                })
        };
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| Path::new(DIRECTORY).join(entry.file_name()))
            .filter(is_ours)
            .collect();
        paths.sort();
        paths
    }
}

/// Writes a file of another name and renames it. The lock tells others that it is no leftover.
fn write_whole(target: &Path, bytes: &[u8], time: SystemTime) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let unfinished = target.with_extension(format!("{}-{count}.{UNFINISHED}", process::id()));
    let written = File::create(&unfinished).and_then(|mut file| {
        // Not every file system has locks, nor times; both are conveniences.
        let _ = file.try_lock();
        file.write_all(bytes)?;
        let _ = file.set_modified(time);
        file.sync_all()?;
        fs::rename(&unfinished, target)
    });
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Removes what processes have left that ended while they wrote.
fn remove_leftovers(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension() != Some(OsStr::new(UNFINISHED)) {
            continue;
        }
        if File::open(&path).is_ok_and(|file| is_abandoned(&file)) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether nobody writes `file` any more: a living writer holds its lock, but for the moment after
/// the creation.
fn is_abandoned(file: &File) -> bool {
    let age = file.metadata().and_then(|data| data.modified()).map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age > UNLOCKED) && file.try_lock().is_ok()
}
