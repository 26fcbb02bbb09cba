//! Whether layers are better separated before they are pruned.

use super::Watch;
use super::session::{Session, State};
use crate::error::Error;
use crate::graph::Graph;
use crate::separate::{self, Candidate, Ranks};

/// Layers that are tried, those with the most weights first.
const TRIED: usize = 2;

/// Share of the steps of a pruning that a trial takes.
const TRIAL: usize = 6;

/// Loss of a trial against that of the structure before, in percent, below which it is taken:
/// a chain has more rows, steps and state, and short trainings favour it.
const BETTER: f64 = 90.0;

/// Ranks as shares of the full ones, in percent, that a network is separated by alone.
const LADDER: [usize; 9] = [75, 50, 35, 25, 18, 12, 8, 5, 3];

impl Session<'_> {
    /// `full`, its layers separated where a short pruning to `bytes` loses less that way; and
    /// the layers that are, with their ranks.
    pub fn structure(
        &self,
        full: State,
        bytes: usize,
        watch: &mut Watch,
    ) -> Result<(State, Vec<String>), Error> {
        let mut separated = Vec::new();
        let candidates = largest_first(&full.graph);
        if candidates.is_empty() {
            return Ok((full, separated));
        }
        let mut best = full;
        let mut least = self.trial(&best, bytes, watch)?;
        for name in candidates {
            let Some((graph, ranks)) = separate_layer(&best.graph, &name) else { continue };
            let state = State::full(&graph);
            let loss = self.trial(&state, bytes, watch)?;
            if loss * 100.0 < least * BETTER {
                (best, least) = (state, loss);
                separated.push(format!("{name}: {ranks}"));
            }
        }
        Ok((best, separated))
    }

    /// Loss on the validation samples after a short pruning to `bytes`.
    fn trial(&self, state: &State, bytes: usize, watch: &mut Watch) -> Result<f64, Error> {
        let pruned = self.prune(state, bytes, self.prune_steps / TRIAL, watch)?;
        let trainer = pruned.trainer(self.threads);
        Ok(trainer.loss(&self.samples, self.validation, &self.loss, &self.answers))
    }
}

/// `graph` with every separable layer at `percent` of its full ranks, or as it is where that
/// saves nothing.
pub fn separated_to(graph: &Graph, percent: usize) -> Graph {
    largest_first(graph).iter().fold(graph.clone(), |graph, name| {
        let node = graph.nodes.iter().position(|node| &node.name == name);
        let separated = node.and_then(|node| {
            let ranks = separate::scaled(&graph, node, percent)?;
            separate::apply(&graph, node, ranks)
        });
        separated.unwrap_or(graph)
    })
}

/// Shares of the full ranks that [`separated_to`] is tried with, in percent.
pub fn ladder() -> impl Iterator<Item = usize> {
    LADDER.into_iter()
}

/// Names of the separable layers with the most weights.
fn largest_first(graph: &Graph) -> Vec<String> {
    let mut candidates: Vec<Candidate> = separate::candidates(graph);
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.before.weights));
    candidates.dedup_by_key(|candidate| candidate.node);
    let names = candidates.iter().map(|candidate| graph.nodes[candidate.node].name.clone());
    names.take(TRIED).collect()
}

/// `graph` with the layer `name` at the ranks of EVBMF, and these.
fn separate_layer(graph: &Graph, name: &str) -> Option<(Graph, String)> {
    let candidates = separate::candidates(graph);
    let candidate = candidates.iter().find(|c| graph.nodes[c.node].name == name)?;
    let ranks = match candidate.ranks {
        Ranks::Matrix(rank) => rank.to_string(),
        Ranks::Tucker { input, output } => format!("{input}/{output}"),
    };
    Some((separate::apply(graph, candidate.node, candidate.ranks)?, ranks))
}
