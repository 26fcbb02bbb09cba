//! Early exits as the device computes them.

use anyhow::Context as _;
use freeml_compiler::data::Dataset;
use freeml_compiler::exits::{self, AGREEMENTS, Fact};
use freeml_compiler::plan;
use freeml_compiler::program::Program;
use freeml_compiler::quantise::Quantised;

/// What was measured.
pub struct Ours {
    /// The layers behind which exits are.
    pub layers: Vec<String>,
    /// Right answers of each early exit.
    pub correct: Vec<usize>,
    /// Right answers of the head.
    pub head: usize,
    /// Bytes of constants more than without exits.
    pub constants: usize,
    /// Bytes of state more than without.
    pub state: usize,
    /// Cycles of exits in percent of the network without.
    pub cycles_percent: f64,
    /// What the policy of confidence gives.
    pub policies: Vec<Leaving>,
}

/// Inferences that end at the first exit that is sure enough.
pub struct Leaving {
    /// Percent of agreement that was asked for.
    pub asked: u8,
    /// Answers that are those of the whole network.
    pub agreeing: usize,
    /// Right answers.
    pub correct: usize,
    /// Samples that leave at each exit.
    pub at_exit: Vec<usize>,
    /// Mean cycles in percent of the network without exits.
    pub cycles_percent: f64,
}

/// The layers of `network` that have an exit in `with_exits`.
pub fn tapped(network: &Quantised, with_exits: &Quantised) -> Vec<usize> {
    let facts = exits::facts(with_exits);
    let place = |fact: &Fact| network.layers.iter().position(|layer| layer.name == fact.layer);
    facts.iter().filter_map(place).collect()
}

impl Ours {
    pub fn measure(
        without: &Program,
        network: &Quantised,
        test: &Dataset,
        threads: usize,
    ) -> anyhow::Result<Self> {
        let program = plan::plan(network)?;
        let facts = exits::facts(network);
        let labels = test.labels.as_ref().context("the test set has no labels")?;
        let all: Vec<usize> = (0..test.samples.len()).collect();
        let answers = exits::answers(&program, test, &all, threads);
        let right = |class: fn(&Sample, usize) -> u16, exit: usize| {
            answers
                .iter()
                .zip(labels)
                .filter(|(sample, label)| class(sample, exit) == **label)
                .count()
        };
        let cycles = |program: &Program| program.predicted_cycles().map(f64::from).sum::<f64>();
        let (plain, whole) = (cycles(without), cycles(&program));
        let to_exit: Vec<f64> = to_exit(&program);
        let policies = AGREEMENTS.iter().enumerate().map(|(number, &asked)| {
            let mut found = Leaving {
                asked,
                agreeing: 0,
                correct: 0,
                at_exit: vec![0; facts.len() + 1],
                cycles_percent: 0.0,
            };
            let mut spent = 0.0;
            for ((head, given), label) in answers.iter().zip(labels) {
                let exit =
                    given.iter().zip(&facts).position(|(a, fact)| a.margin >= fact.margins[number]);
                let class = exit.map_or(*head, |exit| given[exit].class);
                found.at_exit[exit.unwrap_or(facts.len())] += 1;
                found.agreeing += usize::from(class == *head);
                found.correct += usize::from(class == *label);
                spent += exit.map_or(whole, |exit| to_exit[exit]);
            }
            #[allow(clippy::cast_precision_loss, reason = "some thousand samples")]
            let mean = spent / answers.len() as f64;
            found.cycles_percent = 100.0 * mean / plain;
            found
        });
        Ok(Ours {
            layers: facts.iter().map(|fact| format!("`{}`", fact.layer)).collect(),
            correct: (0..facts.len())
                .map(|exit| right(|sample, exit| sample.1[exit].class, exit))
                .collect(),
            head: right(|sample, _| sample.0, 0),
            constants: program.constant_bytes() - without.constant_bytes(),
            state: program.state_bytes.saturating_sub(without.state_bytes),
            cycles_percent: 100.0 * (whole - plain) / plain,
            policies: policies.collect(),
        })
    }

    /// Bytes of constants and of state.
    pub fn bytes(&self) -> usize {
        self.constants + self.state
    }
}

/// The answer of the head, and of each early exit.
type Sample = (u16, Vec<freeml_core::Answer>);

/// Cycles from the start to each early exit.
fn to_exit(program: &Program) -> Vec<f64> {
    let before = |steps: u16| {
        let layers = program.layers.iter().zip(program.predicted_cycles());
        let done = layers.filter(|(layer, _)| layer.first_step < steps);
        done.map(|(_, cycles)| f64::from(cycles)).sum()
    };
    program.exits.iter().map(|exit| before(exit.steps)).collect()
}
