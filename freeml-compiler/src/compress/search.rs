//! Which network meets the budget.

use super::Watch;
use super::bytes::Bytes;
use super::candidate::Candidate;
use super::phases::Trained;
use super::session::{Session, State};
use super::structure::{ladder, separated_to};
use crate::error::Error;
use crate::options::{Budget, Priority};
use crate::train::Layout;

/// Points that may be lost if the budget says nothing.
const DEFAULT_DROP: f32 = 0.5;

/// Bytes at which structures are compared, of a hundred of the unpruned network, where the
/// budget says nothing.
const GUESS: usize = 10;

/// Bytes of one rung of the ladder for a hundred of the one above.
const RUNG: usize = 70;

/// Trainings that refine the border between what holds and what does not.
const REFINEMENTS: usize = 2;

/// A first pruning to a size leaves so many parts of it more: the error of the estimate hardly
/// changes from there.
const NEARLY: usize = 4;

/// Networks below this many bytes are not tried.
const FEWEST_BYTES: usize = 64;

impl Session<'_> {
    /// The best network for `budget`, starting from `full`, and its separated layers.
    pub fn search(
        &self,
        full: State,
        budget: &Budget,
        separate: bool,
        watch: &mut Watch,
    ) -> Result<(Candidate, Vec<String>), Error> {
        let guess = || estimate(&full) * GUESS / 100;
        let bytes = budget.fram.map_or_else(guess, |fram| fram as usize);
        let (state, separated) = if separate {
            self.structure(full, bytes.max(FEWEST_BYTES), watch)?
        } else {
            (full, Vec::new())
        };
        Ok((self.within(&state, budget, watch)?, separated))
    }

    /// The best network for `budget` that pruning makes of `state`.
    fn within(
        &self,
        state: &State,
        budget: &Budget,
        watch: &mut Watch,
    ) -> Result<Candidate, Error> {
        match (budget.fram, budget.max_drop) {
            (Some(fram), None) => self.to_size(state, fram as usize, watch),
            (None, drop) => self.to_accuracy(state, drop.unwrap_or(DEFAULT_DROP), watch),
            (Some(fram), Some(drop)) => {
                let small = self.to_size(state, fram as usize, watch)?;
                if self.holds(small.correct, drop) || budget.priority == Some(Priority::Fram) {
                    return Ok(small);
                }
                if budget.priority.is_none() {
                    return Err(Error::budgets_exclude(fram, drop, self.drop_of(small.correct)));
                }
                self.to_accuracy(state, drop, watch)
            }
        }
    }

    /// The smallest network that separation without pruning finds within the drop of `budget`,
    /// or the best one within its bytes.
    pub fn separate_only(
        &self,
        full: &State,
        budget: &Budget,
        watch: &mut Watch,
    ) -> Result<(Candidate, Vec<String>), Error> {
        let drop = budget.max_drop.unwrap_or(DEFAULT_DROP);
        let mut best = None;
        for percent in ladder() {
            let state = State::full(&separated_to(&full.graph, percent));
            let candidate = self.candidate(&self.quantise(&state, None, watch)?)?;
            if let Some(fram) = budget.fram {
                if candidate.bytes <= fram as usize {
                    return Ok((candidate, vec![format!("all layers: {percent} %")]));
                }
            } else if self.holds(candidate.correct, drop) {
                best = Some((candidate, vec![format!("all layers: {percent} %")]));
            } else {
                break;
            }
        }
        best.ok_or_else(|| Error::drop_unreachable(drop))
    }

    /// A network of at most `limit` bytes.
    fn to_size(&self, state: &State, limit: usize, watch: &mut Watch) -> Result<Candidate, Error> {
        // What the estimate of weights leaves out is known before training; what it has wrong is
        // mended when the mask shrinks for the last time.
        let overhead = self.constants(&self.on_grids(state))?.others;
        let wanted = limit.saturating_sub(overhead);
        if wanted < FEWEST_BYTES {
            return Err(Error::size_unreachable(limit, None, overhead));
        }
        let pruned = self.prune_to(state, wanted, watch)?;
        let trained = self.quantise(&pruned, Some(limit), watch)?;
        let candidate = self.best_of_rounds(trained, limit, watch)?;
        if candidate.bytes > limit {
            return Err(Error::size_unreachable(limit, Some(candidate.bytes), overhead));
        }
        if candidate.kept == 0 {
            return Err(Error::size_unreachable(limit, None, overhead));
        }
        Ok(candidate)
    }

    /// Trains on, round after round, as long as that gets more validation samples right.
    fn best_of_rounds(
        &self,
        mut trained: Trained,
        limit: usize,
        watch: &mut Watch,
    ) -> Result<Candidate, Error> {
        let mut best = self.candidate(&trained)?;
        for round in 1..=self.rounds {
            if best.correct >= self.float_correct {
                break;
            }
            trained = self.train_on(&trained, round, watch)?;
            let next = self.candidate(&trained)?;
            if next.correct <= best.correct || next.bytes > limit {
                break;
            }
            best = next;
        }
        Ok(best)
    }

    /// Prunes `state` to `wanted` bytes of tables: nearly, first, where the tables tell how far the
    /// estimate is off.
    fn prune_to(&self, state: &State, wanted: usize, watch: &mut Watch) -> Result<State, Error> {
        let nearly = wanted + wanted / NEARLY;
        let first = self.prune(state, nearly, self.prune_steps / 2, watch)?;
        let found = self.constants(&self.on_grids(&first))?.weights;
        let aim = wanted * estimate(&first) / found.max(1);
        self.prune(&first, aim, self.prune_steps / 2, watch)
    }

    /// The smallest network found that loses at most `drop` points on the validation samples.
    ///
    /// The float network is pruned rung by rung as long as its accuracy holds; then the
    /// smallest rung that still holds on the device's grids is sought from there upwards, and
    /// the border below it refined.
    fn to_accuracy(&self, state: &State, drop: f32, watch: &mut Watch) -> Result<Candidate, Error> {
        let mut rungs = vec![(estimate(state), state.clone())];
        loop {
            let (bytes, above) = &rungs[rungs.len() - 1];
            let wanted = bytes * RUNG / 100;
            if wanted < FEWEST_BYTES {
                break;
            }
            let pruned = self.prune(above, wanted, self.rung_steps(), watch)?;
            if !self.holds(self.correct_float(&pruned), drop) {
                break;
            }
            rungs.push((estimate(&pruned), pruned));
        }
        let mut failed = None;
        while let Some((bytes, state)) = rungs.pop() {
            let candidate = self.candidate(&self.quantise(&state, None, watch)?)?;
            if self.holds(candidate.correct, drop) {
                return self.refine(candidate, (bytes, &state), failed, drop, watch);
            }
            failed = Some(bytes);
        }
        Err(Error::drop_unreachable(drop))
    }

    /// The smallest of `found` and the networks between it and `failed` that hold.
    fn refine(
        &self,
        found: Candidate,
        (mut bytes, state): (usize, &State),
        failed: Option<usize>,
        drop: f32,
        watch: &mut Watch,
    ) -> Result<Candidate, Error> {
        let mut best = found;
        let mut low = failed.unwrap_or(bytes * RUNG / 100);
        for _ in 0..REFINEMENTS {
            let middle = usize::midpoint(low, bytes);
            let pruned = self.prune(state, middle, self.rung_steps(), watch)?;
            let candidate = self.candidate(&self.quantise(&pruned, None, watch)?)?;
            if self.holds(candidate.correct, drop) && candidate.bytes < best.bytes {
                (best, bytes) = (candidate, middle);
            } else {
                low = middle;
            }
        }
        Ok(best)
    }

    /// Whether so many right answers are within `drop` points of the float network's.
    fn holds(&self, correct: usize, drop: f32) -> bool {
        self.drop_of(correct) <= f64::from(drop) + 1e-9
    }

    /// Points that so many right answers are below the float network's.
    #[allow(clippy::cast_precision_loss, reason = "numbers of samples")]
    fn drop_of(&self, correct: usize) -> f64 {
        let lost = self.float_correct as f64 - correct as f64;
        100.0 * lost / self.validation.len().max(1) as f64
    }

    fn correct_float(&self, state: &State) -> usize {
        state.trainer(self.threads).correct(&self.samples, self.validation)
    }
}

/// Bytes that the weights of `state` are estimated to take.
fn estimate(state: &State) -> usize {
    Bytes::new(&state.graph, &Layout::of(&state.graph)).of(&state.mask)
}
