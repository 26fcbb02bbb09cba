//! Finished runs, a line of JSON each.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::runs::{Goal, Run, Variant};
use crate::nets::NETS;
use crate::table::{grouped, percent};

/// A finished run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The network.
    pub net: String,
    /// The method.
    pub variant: Variant,
    /// What was asked for.
    pub goal: Goal,
    /// What came of it.
    pub outcome: Outcome,
    /// Seconds that compression took.
    pub seconds: u64,
    /// When and on what.
    pub made: String,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A network.
    Reached(Reached),
    /// None, for this reason.
    Failed(String),
}

/// A compressed network, measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Bytes of all constants, tables and descriptors.
    pub bytes: usize,
    /// Bytes of persistent state.
    pub state: usize,
    /// Kept weights.
    pub kept: usize,
    /// Weights of the float network.
    pub weights: usize,
    /// Multiply-accumulates of one inference.
    pub macs: u32,
    /// Separated layers with their ranks.
    pub separated: Vec<String>,
    /// Right answers on samples that choices were made on.
    pub validation: Answers,
    /// Right answers on samples that nothing was chosen by.
    pub test: Answers,
    /// Layers with weights, in running order.
    pub layers: Vec<Layer>,
}

/// Right answers on one set of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Of the float network.
    pub float: usize,
    /// Of the compressed one, by the kernels of the device.
    pub correct: usize,
    /// Number of samples.
    pub samples: usize,
}

/// One layer with weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Name of the node, or of a link of the chain it became.
    pub name: String,
    /// Kept weights.
    pub kept: usize,
    /// Weights of the node in the float network; for a link of a chain those between live units.
    pub weights: usize,
    /// Encoding of its table.
    pub encoding: String,
    /// Positions at which a weight is used.
    pub positions: usize,
    /// Bytes of its tables.
    pub bytes: usize,
}

impl Answers {
    /// Percent that the compressed network gets right.
    pub fn accuracy(&self) -> f64 {
        percent(self.correct, self.samples)
    }

    /// Percent that the float network gets right.
    pub fn float_accuracy(&self) -> f64 {
        percent(self.float, self.samples)
    }
}

impl Record {
    /// The measured network, if there is one.
    pub fn reached(&self) -> Option<&Reached> {
        match &self.outcome {
            Outcome::Reached(reached) => Some(reached),
            Outcome::Failed(_) => None,
        }
    }

    /// Runs are ordered by network, then method, then budget.
    fn place(&self) -> (usize, Variant, Goal) {
        let net = NETS.iter().position(|net| net.name == self.net).unwrap_or(NETS.len());
        (net, self.variant, self.goal)
    }
}

/// All finished runs of a directory, in the order of networks, methods and budgets.
#[derive(Debug)]
pub struct Results {
    /// Where they and the document are.
    pub directory: PathBuf,
    /// One for each run.
    pub records: Vec<Record>,
}

impl Results {
    /// Reads what `directory` holds, which may be nothing.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)?;
        let mut results = Results { directory: directory.to_owned(), records: Vec::new() };
        results.reload()?;
        Ok(results)
    }

    /// The record of `run`.
    pub fn of(&self, run: &Run) -> Option<&Record> {
        self.at(run.net.name, run.variant, run.goal)
    }

    /// The record of a run of `net`.
    pub fn at(&self, net: &str, variant: Variant, goal: Goal) -> Option<&Record> {
        let wanted = (net, variant, goal);
        self.records.iter().find(|record| (&*record.net, record.variant, record.goal) == wanted)
    }

    /// Records of the full method that are to meet a number of bytes with `net`, by rising budgets.
    pub fn curve(&self, net: &str) -> impl Iterator<Item = &Record> {
        let of_curve = move |record: &&Record| {
            let bytes = matches!(record.goal, Goal::Bytes(_));
            record.net == net && record.variant == Variant::Full && bytes
        };
        self.records.iter().filter(of_curve)
    }

    /// Stores `record` instead of an earlier one of the same run.
    ///
    /// The file is read anew, as other parts of the bench may have added to it.
    pub fn insert(&mut self, record: Record) -> anyhow::Result<()> {
        self.reload()?;
        self.records.retain(|other| other.place() != record.place());
        self.records.push(record);
        self.records.sort_by_key(Record::place);
        let mut text = String::new();
        for record in &self.records {
            text.push_str(&serde_json::to_string(record)?);
            text.push('\n');
        }
        // A file that is replaced as a whole is never half written.
        let (path, next) = (self.path(), self.path().with_extension("next"));
        fs::write(&next, text).with_context(|| format!("cannot write {}", next.display()))?;
        fs::rename(&next, &path).with_context(|| format!("cannot write {}", path.display()))
    }

    fn reload(&mut self) -> anyhow::Result<()> {
        let path = self.path();
        if !path.exists() {
            return Ok(());
        }
        let text = fs::read_to_string(&path)?;
        let records = (1..).zip(text.lines()).map(|(number, line)| {
            let place = || format!("{}, line {number}: remove it to measure anew", path.display());
            serde_json::from_str(line).with_context(place)
        });
        self.records = records.collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.directory.join("compression.jsonl")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Reached(Reached { bytes, kept, test, .. }) => {
                let (bytes, accuracy) = (grouped(*bytes as u64), test.accuracy());
                write!(f, "{bytes} bytes, {kept} weights, {accuracy:.2} % right")
            }
            Outcome::Failed(message) => f.write_str(message),
        }
    }
}

#[cfg(test)]
pub mod testkit {
    use super::*;

    /// A run that just meets LeNet's target.
    pub fn record(net: &str, variant: Variant, goal: Goal) -> Record {
        let reached = Reached {
            bytes: 5_000,
            state: 3_000,
            kept: 4_000,
            weights: 430_500,
            macs: 300_000,
            separated: vec!["fc1: 20".into()],
            validation: Answers { float: 1_990, correct: 1_980, samples: 2_000 },
            test: Answers { float: 4_970, correct: 4_955, samples: 5_000 },
            layers: vec![Layer {
                name: "conv1".into(),
                kept: 100,
                weights: 500,
                encoding: "Rice".into(),
                positions: 576,
                bytes: 150,
            }],
        };
        let outcome = Outcome::Reached(reached);
        let made = "2026-11-25, x86_64 linux, 2 threads".into();
        Record { net: net.into(), variant, goal, outcome, seconds: 480, made }
    }
}

#[cfg(test)]
mod tests {
    use super::testkit::record;
    use super::*;

    /// A directory of its own for `test`.
    fn directory(test: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("xtask-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    #[test]
    fn a_run_replaces_the_same_run_only() {
        let directory = directory("replaces");
        let mut results = Results::read(&directory).unwrap();
        for (net, variant, goal) in [
            ("har_cnn", Variant::Full, Goal::Bytes(4_000)),
            ("har_cnn", Variant::Feedback, Goal::Drop(200)),
            ("lenet_mnist", Variant::Full, Goal::Bytes(10_000)),
            ("har_cnn", Variant::Full, Goal::Bytes(1_500)),
        ] {
            results.insert(record(net, variant, goal)).unwrap();
        }
        let mut again = record("har_cnn", Variant::Full, Goal::Bytes(4_000));
        again.outcome = Outcome::Failed("no".into());
        // Another process has its own view of the file.
        Results::read(&directory).unwrap().insert(again.clone()).unwrap();
        results.insert(record("kws_cnn", Variant::Full, Goal::Bytes(5_500))).unwrap();
        let found = Results::read(&directory).unwrap();
        assert_eq!(found.records, results.records);
        let order = found.records.iter().map(|record| (&*record.net, record.goal));
        assert_eq!(
            order.collect::<Vec<_>>(),
            [
                ("lenet_mnist", Goal::Bytes(10_000)),
                ("kws_cnn", Goal::Bytes(5_500)),
                ("har_cnn", Goal::Bytes(1_500)),
                ("har_cnn", Goal::Bytes(4_000)),
                ("har_cnn", Goal::Drop(200)),
            ]
        );
        assert_eq!(found.at("har_cnn", Variant::Full, Goal::Bytes(4_000)), Some(&again));
        let curve = found.curve("har_cnn").map(|record| record.goal);
        assert_eq!(curve.collect::<Vec<_>>(), [Goal::Bytes(1_500), Goal::Bytes(4_000)]);
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_broken_line_is_named() {
        let directory = directory("broken");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("compression.jsonl"), "{}\n").unwrap();
        let error = Results::read(&directory).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
        fs::remove_dir_all(&directory).unwrap();
    }
}
