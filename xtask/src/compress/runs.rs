//! The runs that the bench consists of.

use std::fmt;

use freeml_compiler::Budget;
use freeml_compiler::compress::Method;
use serde::{Deserialize, Serialize};

use super::targets::TARGETS;
use crate::nets::Net;
use crate::table::grouped;

/// Budgets of the curves, in bytes.
pub const CURVES: [(&str, &[u32]); 2] = [
    ("lenet_mnist", &[2_000, 3_000, 4_000, 5_000, 7_000, 10_000]),
    ("har_cnn", &[1_500, 2_000, 3_000, 4_000, 6_000]),
];

/// Networks that parts of the method are left out for.
pub const ABLATION: [&str; 2] = ["kws_cnn", "har_cnn"];

/// Points of validation accuracy that these may lose. One validation sample is 0.3 to 0.4
/// points: fewer points would be a matter of one or two samples.
pub const ABLATION_DROP: Goal = Goal::Drop(200);

/// Factor on their steps: a search takes many trainings, and all are compared at the same.
pub const ABLATION_EFFORT: f32 = 0.25;

/// Which runs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Each network at its target.
    Targets,
    /// Each network at its stretch target.
    Stretch,
    /// Each network at so many bytes.
    Budget(u32),
    /// Some networks at many budgets.
    Curves,
    /// Some networks without one part of the method each.
    Ablation,
    /// None.
    Nothing,
}

/// What compression is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The best network of at most so many bytes of constants.
    Bytes(u32),
    /// The smallest network that loses at most so many hundredths of a point.
    Drop(u16),
}

/// The method, or what becomes of it with a part changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// All of it.
    Full,
    /// Sparsity only.
    NoSeparation,
    /// Separation only.
    NoSparsity,
    /// Weights ranked without the gradients of their layers.
    Magnitude,
    /// Trained on labels only.
    NoDistillation,
    /// Weights that are given up go on learning.
    Feedback,
}

/// One compression of one network.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The network.
    pub net: Net,
    /// By which method.
    pub variant: Variant,
    /// To what.
    pub goal: Goal,
}

impl Part {
    /// Factor on the steps of training.
    pub fn effort(self) -> f32 {
        if self == Part::Ablation { ABLATION_EFFORT } else { 1.0 }
    }

    /// The runs of this part for the networks `names`, or for all of its networks.
    pub fn runs(self, names: &[String]) -> anyhow::Result<Vec<Run>> {
        let all = self.of_all();
        let known = |name: &String| all.iter().any(|(net, ..)| net == name);
        for name in names {
            Net::named(name)?;
            anyhow::ensure!(self == Part::Nothing || known(name), "no such runs for `{name}`");
        }
        all.into_iter()
            .filter(|(net, ..)| names.is_empty() || names.iter().any(|name| name == net))
            .map(|(net, variant, goal)| Ok(Run { net: Net::named(net)?, variant, goal }))
            .collect()
    }

    fn of_all(self) -> Vec<(&'static str, Variant, Goal)> {
        let full = |net, bytes| (net, Variant::Full, Goal::Bytes(bytes));
        match self {
            Part::Targets => TARGETS.iter().map(|t| full(t.net, t.limit.bytes)).collect(),
            Part::Stretch => TARGETS.iter().map(|t| full(t.net, t.stretch.bytes)).collect(),
            Part::Budget(bytes) => TARGETS.iter().map(|t| full(t.net, bytes)).collect(),
            Part::Curves => {
                let points = |(net, budgets): (_, &'static [u32])| {
                    budgets.iter().map(move |&bytes| full(net, bytes))
                };
                CURVES.into_iter().flat_map(points).collect()
            }
            Part::Ablation => {
                let variants = |net| Variant::ALL.map(|variant| (net, variant, ABLATION_DROP));
                ABLATION.into_iter().flat_map(variants).collect()
            }
            Part::Nothing => Vec::new(),
        }
    }
}

impl Goal {
    /// As the compiler takes it.
    pub fn budget(self) -> Budget {
        match self {
            Goal::Bytes(bytes) => Budget { fram: Some(bytes), ..Budget::default() },
            Goal::Drop(hundredths) => {
                Budget { max_drop: Some(f32::from(hundredths) / 100.0), ..Budget::default() }
            }
        }
    }
}

impl Variant {
    /// All variants, the full method first.
    pub const ALL: [Variant; 6] = [
        Variant::Full,
        Variant::NoSeparation,
        Variant::NoSparsity,
        Variant::Magnitude,
        Variant::NoDistillation,
        Variant::Feedback,
    ];

    /// The switches of the method.
    pub fn method(self, effort: f32) -> Method {
        let full = Method { effort, ..Method::default() };
        match self {
            Variant::Full => full,
            Variant::NoSeparation => Method { separation: false, ..full },
            Variant::NoSparsity => Method { sparsity: false, ..full },
            Variant::Magnitude => Method { by_gradient: false, ..full },
            Variant::NoDistillation => Method { distillation: false, ..full },
            Variant::Feedback => Method { feedback: true, ..full },
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::Bytes(bytes) => write!(f, "{} B", grouped((*bytes).into())),
            Goal::Drop(hundredths) => {
                write!(f, "{}.{:02} points", hundredths / 100, hundredths % 100)
            }
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Variant::Full => "separation and sparsity (the method)",
            Variant::NoSeparation => "sparsity only",
            Variant::NoSparsity => "separation only",
            Variant::Magnitude => "ranking by magnitude",
            Variant::NoDistillation => "without distillation",
            Variant::Feedback => "with feedback",
        })
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, {}", self.net.name, self.goal, self.variant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_large_as_they_should_be() {
        let runs = |part: Part, names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            part.runs(&names)
        };
        assert_eq!(runs(Part::Targets, &[]).unwrap().len(), 6);
        assert_eq!(runs(Part::Curves, &["har_cnn"]).unwrap().len(), 5);
        assert_eq!(runs(Part::Ablation, &[]).unwrap().len(), 12);
        assert_eq!(runs(Part::Budget(700), &["kws_cnn"]).unwrap()[0].goal, Goal::Bytes(700));
        assert!(runs(Part::Nothing, &["kws_cnn"]).unwrap().is_empty());
    }

    #[test]
    fn names_without_runs_are_refused() {
        let refused = |part: Part, name: &str| part.runs(&[name.into()]).unwrap_err().to_string();
        assert!(refused(Part::Targets, "lenet").contains("lenet_mnist, kws_cnn"));
        assert!(refused(Part::Curves, "kws_cnn").contains("`kws_cnn`"));
    }

    #[test]
    fn every_variant_leaves_out_something_else() {
        let methods = Variant::ALL.map(|variant| variant.method(1.0));
        assert_eq!(methods[0], Method::default());
        for (index, method) in methods.iter().enumerate() {
            assert!(!methods[..index].contains(method), "{:?}", Variant::ALL[index]);
        }
    }
}
