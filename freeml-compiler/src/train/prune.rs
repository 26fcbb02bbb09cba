//! Which weights are kept.

use super::matrix::dot;
use super::parameters::Layout;
use super::schedule::Course;

/// Share of the past in the running mean of squared gradients.
const MEMORY: f64 = 0.99;

/// One flag per parameter; biases and affine maps are always kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Whether each parameter is kept, in the order of the layout.
    pub kept: Vec<bool>,
}

impl Mask {
    /// Keeps everything.
    pub fn full(layout: &Layout) -> Self {
        Mask { kept: vec![true; layout.len()] }
    }

    /// Keeps what is not 0, and everything that may not be pruned.
    pub fn of_values(layout: &Layout, values: &[f32]) -> Self {
        let mut mask = Mask::full(layout);
        for layer in layout.prunable() {
            for index in layer.weight.clone() {
                mask.kept[index] = values[index] != 0.0;
            }
        }
        mask
    }

    /// Number of kept weights among those that may be pruned.
    pub fn count(&self, layout: &Layout) -> usize {
        let kept = |range: std::ops::Range<usize>| self.kept[range].iter().filter(|k| **k).count();
        layout.prunable().map(|layer| kept(layer.weight.clone())).sum()
    }

    /// Sets to 0 what is not kept.
    pub fn apply(&self, values: &mut [f32]) {
        for (value, kept) in values.iter_mut().zip(&self.kept) {
            *value = if *kept { *value } else { 0.0 };
        }
    }
}

/// What makes a weight worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// Its magnitude.
    Magnitude,
    /// Its magnitude times the fourth root of the mean squared gradient of its layer, so that
    /// layers that the loss feels more keep more.
    Gradient,
}

/// What a mask costs, such as its bytes on the device.
pub type Size<'r> = dyn Fn(&Mask) -> usize + Sync + 'r;

/// What the score of each parameter is divided by under a mask; 0 keeps a weight in any case.
pub type Divisors<'r> = dyn Fn(&Mask) -> Vec<f32> + Sync + 'r;

/// Gradual pruning by iterative hard thresholding: weights outside the mask are 0 after every
/// step of the optimiser, which goes on changing them, so that they can come back when the mask
/// is taken anew.
pub struct Pruning<'r> {
    /// What weights are ranked by, across all layers.
    pub ranking: Ranking,
    /// What the mask is to cost, in units of `size`.
    pub course: Course,
    /// What a mask costs; without it, the number of kept weights.
    pub size: Option<&'r Size<'r>>,
    /// Progress at which the mask is taken for the last time; 1 if it changes to the end.
    pub frozen: f32,
    /// Steps between two masks, at least 1.
    pub every: usize,
    /// What weights cost, one against the other; without it, all cost the same.
    pub divisors: Option<&'r Divisors<'r>>,
    /// Whether weights outside the mask go on learning as if they were there, from gradients
    /// that are taken without them (dynamic pruning with feedback, Lin et al., ICLR 2020), so
    /// that one that was given up too early comes back. Otherwise they are 0 after every step.
    pub feedback: bool,
}

/// Running state of [`Pruning`].
pub struct Pruner<'r> {
    rule: &'r Pruning<'r>,
    /// Mean squared gradient of each layer of the layout.
    squares: Vec<f64>,
    steps: usize,
    /// Kept weights for one unit of size, by the last mask.
    density: f64,
    done: bool,
}

/// Attempts to bring the last mask down to its size.
const ATTEMPTS: usize = 24;

impl<'r> Pruner<'r> {
    /// Pruning after `rule` from `mask` on.
    pub fn new(rule: &'r Pruning<'r>, layout: &Layout, mask: &Mask) -> Self {
        let squares = vec![0.0; layout.layers().len()];
        let mut pruner = Pruner { rule, squares, steps: 0, density: 1.0, done: false };
        pruner.measure(layout, mask);
        pruner
    }

    /// Takes note of what `mask` costs, and returns it.
    #[allow(clippy::cast_precision_loss, reason = "numbers of weights and bytes")]
    fn measure(&mut self, layout: &Layout, mask: &Mask) -> usize {
        let count = mask.count(layout);
        let size = self.rule.size.map_or(count, |size| size(mask));
        self.density = count as f64 / size.max(1) as f64;
        size
    }

    /// Takes note of the gradients of a step.
    #[allow(clippy::cast_precision_loss, reason = "sizes of layers")]
    pub fn observe(&mut self, layout: &Layout, gradients: &[f32]) {
        self.steps += 1;
        if self.rule.ranking == Ranking::Magnitude {
            return;
        }
        for (square, layer) in self.squares.iter_mut().zip(layout.layers()) {
            let gradients = &gradients[layer.weight.clone()];
            let mean = f64::from(dot(gradients, gradients)) / gradients.len().max(1) as f64;
            *square = MEMORY * *square + (1.0 - MEMORY) * mean;
        }
    }

    /// The mask at `progress`, `None` while the old one holds.
    pub fn mask(
        &mut self,
        layout: &Layout,
        values: &[f32],
        before: &Mask,
        progress: f32,
    ) -> Option<Mask> {
        let last = progress >= self.rule.frozen.min(1.0);
        if self.done || !(last || self.steps.is_multiple_of(self.rule.every.max(1))) {
            return None;
        }
        self.done = last;
        let scores = self.scores(layout, values, before);
        let wanted = self.rule.course.at(progress);
        let mut count = self.count_for(wanted);
        let mut mask = keep_best(layout, &scores, count);
        let mut size = self.measure(layout, &mask);
        // Ratios of weights to size change with the mask; the last one must not be too large.
        for _ in 0..ATTEMPTS {
            if !last || size <= wanted {
                break;
            }
            count = self.count_for(wanted).min(count.saturating_sub(1));
            mask = keep_best(layout, &scores, count);
            size = self.measure(layout, &mask);
        }
        Some(mask)
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of weights"
    )]
    fn count_for(&self, size: usize) -> usize {
        (size as f64 * self.density) as usize
    }

    /// Index and score of every weight that may be pruned.
    #[allow(clippy::cast_precision_loss, reason = "numbers of steps")]
    fn scores(&self, layout: &Layout, values: &[f32], mask: &Mask) -> Vec<(usize, f32)> {
        let divisors = self.rule.divisors.map(|divisors| divisors(mask));
        let correction = 1.0 / (1.0 - MEMORY.powf(self.steps.max(1) as f64));
        let mut scores = Vec::with_capacity(layout.prunable_weights());
        for (layer, square) in layout.layers().iter().zip(&self.squares) {
            if !layer.prunable {
                continue;
            }
            #[allow(clippy::cast_possible_truncation, reason = "a factor")]
            let factor = match self.rule.ranking {
                Ranking::Magnitude => 1.0,
                Ranking::Gradient => (square * correction).sqrt().sqrt() as f32,
            };
            let score = |index: usize| {
                let divisor = divisors.as_ref().map_or(1.0, |divisors| divisors[index]);
                if divisor > 0.0 { values[index].abs() * factor / divisor } else { f32::INFINITY }
            };
            scores.extend(layer.weight.clone().map(|index| (index, score(index))));
        }
        scores
    }
}

/// Keeps the `count` best of `scores`, the first of equals.
pub fn keep_best(layout: &Layout, scores: &[(usize, f32)], count: usize) -> Mask {
    let mut mask = Mask::full(layout);
    let mut order = scores.to_vec();
    if count < order.len() {
        order.select_nth_unstable_by(count, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        order[count..].iter().for_each(|(index, _)| mask.kept[*index] = false);
    }
    mask
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::graph::{Dense, Graph, Node, Op, Shape};

    /// Two dense layers of two weights each.
    fn layout() -> Layout {
        let node = |op, inputs, shape| Node { name: String::new(), op, inputs, shape };
        let dense = |outputs, inputs| {
            let weight = Array2::zeros((outputs, inputs));
            Op::Dense(Dense { weight, bias: vec![0.0; outputs] })
        };
        Layout::of(&Graph {
            nodes: vec![
                node(Op::Input, vec![], Shape::vector(2)),
                node(dense(1, 2), vec![0], Shape::vector(1)),
                node(dense(2, 1), vec![1], Shape::vector(2)),
            ],
            output: 2,
            softmax: false,
        })
    }

    fn rule(ranking: Ranking) -> Pruning<'static> {
        let course = Course { from: 4, to: 2, until: 1.0 };
        Pruning {
            ranking,
            course,
            size: None,
            frozen: 1.0,
            every: 1,
            divisors: None,
            feedback: false,
        }
    }

    fn kept(rule: &Pruning, values: [f32; 7], gradients: [f32; 7]) -> [bool; 4] {
        let layout = layout();
        let mut pruner = Pruner::new(rule, &layout, &Mask::full(&layout));
        pruner.observe(&layout, &gradients);
        let mask = pruner.mask(&layout, &values, &Mask::full(&layout), 1.0).unwrap();
        assert_eq!(mask.count(&layout), 2);
        assert!(mask.kept[2] && mask.kept[5] && mask.kept[6], "biases stay");
        [mask.kept[0], mask.kept[1], mask.kept[3], mask.kept[4]]
    }

    const VALUES: [f32; 7] = [0.5, 0.4, 0.0, 1.0, -2.0, 0.0, 0.0];

    #[test]
    fn magnitudes_are_ranked_across_layers() {
        let found = kept(&rule(Ranking::Magnitude), VALUES, [1.0; 7]);
        assert_eq!(found, [false, false, true, true]);
    }

    #[test]
    fn gradients_move_the_border() {
        let gradients = [100.0, 100.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let found = kept(&rule(Ranking::Gradient), VALUES, gradients);
        assert_eq!(found, [true, true, false, false]);
    }

    #[test]
    fn costly_weights_go_first_and_free_ones_stay() {
        let mut rule = rule(Ranking::Magnitude);
        let divisors = |_: &Mask| vec![1.0, 0.0, 1.0, 1.0, 8.0, 1.0, 1.0];
        rule.divisors = Some(&divisors);
        assert_eq!(kept(&rule, VALUES, [1.0; 7]), [false, true, true, false]);
    }

    #[test]
    fn masks_keep_to_a_size_that_is_not_their_count() {
        let mut rule = rule(Ranking::Magnitude);
        // A layer costs three units as long as anything of it is kept, besides its weights.
        let size = |mask: &Mask| {
            let kept = |range: &[bool]| range.iter().filter(|kept| **kept).count();
            let cost = |count| if count == 0 { 0 } else { count + 3 };
            cost(kept(&mask.kept[0..2])) + cost(kept(&mask.kept[3..5]))
        };
        rule.size = Some(&size);
        rule.course = Course { from: 10, to: 5, until: 1.0 };
        assert_eq!(kept(&rule, VALUES, [1.0; 7]), [false, false, true, true]);
    }

    #[test]
    fn a_frozen_mask_is_not_taken_again() {
        let layout = layout();
        let rule = Pruning { frozen: 0.5, ..rule(Ranking::Magnitude) };
        let mut pruner = Pruner::new(&rule, &layout, &Mask::full(&layout));
        for (progress, due) in [(0.25, true), (0.5, true), (0.75, false), (1.0, false)] {
            pruner.observe(&layout, &[1.0; 7]);
            assert_eq!(
                pruner.mask(&layout, &VALUES, &Mask::full(&layout), progress).is_some(),
                due
            );
        }
    }

    #[test]
    fn equals_are_taken_in_order() {
        let found = kept(&rule(Ranking::Magnitude), [1.0; 7], [1.0; 7]);
        assert_eq!(found, [true, true, false, false]);
    }
}
