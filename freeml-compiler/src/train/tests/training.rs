//! Whole trainings on tasks that take no time.

use std::ops::ControlFlow;

use super::{Numbers, graph, pool};
use crate::graph::{Activation, Graph, Op, PoolKind, Shape};
use crate::train::{
    Augment, Course, Ending, Flip, GainNoise, Grid, GridScale, Levels, Loss, Progress, Pruning,
    Ranking, Rate, Recipe, Samples, Shift, Steps, Teacher, Trainer, split,
};

const IMAGE: Shape = Shape { c: 1, h: 8, w: 8 };
const NORMALISATION: [(f32, f32); 1] = [(1.0 / 64.0, -0.5)];

/// Bright bars over noise, lying (0) or standing (1).
fn bars(count: usize) -> (Vec<Vec<i16>>, Vec<u16>) {
    let mut numbers = Numbers::new(3);
    let labels: Vec<u16> = (0..count).map(|_| u16::from(numbers.one() > 0.0)).collect();
    let mut sample = |label: &u16| {
        let line = ((numbers.one() + 1.0) * 3.99) as usize;
        let lit = |at: usize| if *label == 0 { at / 8 == line } else { at % 8 == line };
        let value = |at: usize| (numbers.one() * 12.0) as i16 + if lit(at) { 50 } else { 12 };
        (0..64).map(value).collect()
    };
    (labels.iter().map(&mut sample).collect(), labels)
}

fn small_net() -> Graph {
    let mut numbers = Numbers::new(5);
    let (wide, half) = (Shape { c: 8, h: 6, w: 6 }, Shape { c: 8, h: 3, w: 3 });
    let mut conv = numbers.conv((8, 1, 3, 3), 1);
    conv.weight.mapv_inplace(|weight| weight / 3.0);
    let relu = Activation { low: 0.0, high: f32::INFINITY };
    let dense = numbers.dense(2, half.len());
    graph(
        IMAGE,
        vec![
            (Op::Conv(conv), vec![0], wide),
            (Op::Pool(pool(PoolKind::Max, (2, 2), (2, 2), 0)), vec![1], half),
            (Op::Activation(relu), vec![2], half),
            (dense, vec![3], Shape::vector(2)),
        ],
    )
}

fn on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn learns_a_simple_task() {
    let graph = small_net();
    let (raw, labels) = bars(600);
    let data = Samples { raw: &raw, labels: Some(&labels), normalisation: &NORMALISATION };
    let (train, validation) = split(600, 200, 1);
    let mut trainer = Trainer::new(&graph, 2);
    let recipe = Recipe { epochs: 12, batch: 32, rate: Rate::Cosine(1e-2), ..Recipe::default() };
    assert_eq!(trainer.train(&data, &train, &recipe, &mut on), Ending::Finished);
    let correct = trainer.correct(&data, &validation);
    assert!(correct > 190, "{correct} of 200");
}

/// Everything at once: what it gives must not depend on the number of threads.
fn compressed(threads: usize) -> (Vec<u32>, Vec<bool>) {
    let graph = small_net();
    let (raw, labels) = bars(90);
    let data = Samples { raw: &raw, labels: Some(&labels), normalisation: &NORMALISATION };
    let mut trainer = Trainer::new(&graph, threads);
    let bytes = Grid { levels: Levels::Uniform(127), scale: GridScale::PerChannel };
    trainer.set_grid(1, Some(bytes));
    let grid = Grid { levels: Levels::PowersOfTwo(4), scale: GridScale::LeastError };
    trainer.set_grid(4, Some(grid));
    trainer.set_steps(3, Some(Steps { scale: 1.0 / 64.0, low: 0, high: 255 }));
    let augment: [Box<dyn Augment>; 3] = [
        Box::new(Shift { rows: 1, cols: 1 }),
        Box::new(Flip),
        Box::new(GainNoise { gain: 0.1, noise: 1.0 }),
    ];
    let recipe = Recipe {
        epochs: 2,
        // The last batch is smaller, and does not fill all parts.
        batch: 29,
        loss: Loss { labels: 0.4, distillation: 0.6, temperature: 2.0 },
        teacher: Some(Teacher::Network(&graph)),
        augment: &augment,
        mixing: true,
        pruning: Some(Pruning {
            ranking: Ranking::Gradient,
            course: Course { from: 216, to: 60, until: 0.7 },
            size: None,
            every: 2,
            divisors: None,
            feedback: true,
        }),
        ..Recipe::default()
    };
    let indices: Vec<usize> = (0..90).collect();
    assert_eq!(trainer.train(&data, &indices, &recipe, &mut on), Ending::Finished);
    assert_eq!(trainer.mask().count(trainer.layout()), 60);
    let non_zero = |values: &[f32]| {
        let count =
            |range: std::ops::Range<usize>| values[range].iter().filter(|v| **v != 0.0).count();
        trainer.layout().prunable().map(|layer| count(layer.weight.clone())).sum::<usize>()
    };
    assert_eq!(non_zero(trainer.values()), 60);
    assert!(non_zero(trainer.rounded()) <= 60);
    let bits = trainer.values().iter().map(|value| value.to_bits()).collect();
    (bits, trainer.mask().kept.clone())
}

#[test]
fn threads_change_nothing() {
    let alone = compressed(1);
    assert_eq!(alone, compressed(2));
    assert_eq!(alone, compressed(3));
}

#[test]
fn rounded_weights_lie_on_the_grid() {
    let graph = small_net();
    let mut trainer = Trainer::new(&graph, 1);
    let grid = Grid { levels: Levels::PowersOfTwo(4), scale: GridScale::Largest };
    trainer.set_grid(4, Some(grid));
    let layer = trainer.layout().layer(4).unwrap().clone();
    let weights = &trainer.rounded()[layer.weight.clone()];
    let largest = weights.iter().fold(0f32, |most, w| most.max(w.abs()));
    assert!(weights.iter().all(|w| (0..4).any(|k| w.abs() == largest / f32::from(1u8 << k))));
    assert_eq!(trainer.graph().nodes[1], graph.nodes[1]);
    assert_ne!(trainer.graph().nodes[4], graph.nodes[4]);
}

#[test]
fn the_watch_stops_and_divergence_is_noticed() {
    let graph = small_net();
    let (raw, labels) = bars(64);
    let data = Samples { raw: &raw, labels: Some(&labels), normalisation: &NORMALISATION };
    let indices: Vec<usize> = (0..64).collect();
    let mut steps = 0;
    let mut watch = |progress: &Progress| {
        steps = progress.step;
        if steps == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let recipe = Recipe { epochs: 9, batch: 16, ..Recipe::default() };
    let mut trainer = Trainer::new(&graph, 1);
    assert_eq!(trainer.train(&data, &indices, &recipe, &mut watch), Ending::Stopped);
    assert_eq!(steps, 3);
    let recipe = Recipe { epochs: 9, batch: 16, rate: Rate::Constant(1e30), ..Recipe::default() };
    let ending = Trainer::new(&graph, 1).train(&data, &indices, &recipe, &mut on);
    assert!(matches!(ending, Ending::Diverged { .. }), "{ending:?}");
}

/// Long enough for the simple task.
fn thorough<'r>() -> Recipe<'r> {
    Recipe { epochs: 12, batch: 16, rate: Rate::Constant(1e-2), ..Recipe::default() }
}

/// What a student is to learn from alone.
const ANSWERS: Loss = Loss { labels: 0.0, distillation: 1.0, temperature: 2.0 };

#[test]
fn imitates_a_teacher_without_labels() {
    let graph = small_net();
    let (raw, labels) = bars(300);
    let indices: Vec<usize> = (0..300).collect();
    let named = Samples { raw: &raw, labels: Some(&labels), normalisation: &NORMALISATION };
    let mut teacher = Trainer::new(&graph, 1);
    teacher.train(&named, &indices, &thorough(), &mut on);
    let logits = teacher.logits(&named, &indices);
    let nameless = Samples { labels: None, ..named };
    let taught = Some(Teacher::Logits(&logits));
    let recipe = Recipe { loss: ANSWERS, teacher: taught, ..thorough() };
    let mut student = Trainer::new(&graph, 1);
    student.train(&nameless, &indices, &recipe, &mut on);
    let correct = student.correct(&named, &indices);
    assert!(correct > 285, "{correct} of 300");
}

#[test]
fn mixed_samples_teach_and_are_no_wrong_answers() {
    let graph = small_net();
    let (raw, labels) = bars(300);
    let indices: Vec<usize> = (0..300).collect();
    let data = Samples { raw: &raw, labels: Some(&labels), normalisation: &NORMALISATION };
    let mut teacher = Trainer::new(&graph, 1);
    teacher.train(&data, &indices, &thorough(), &mut on);
    let taught = teacher.graph();
    let teacher = Some(Teacher::Network(&taught));
    let recipe = Recipe { loss: ANSWERS, teacher, mixing: true, ..thorough() };
    let mut accuracy = 0.0;
    let mut watch = |progress: &Progress| {
        accuracy = progress.accuracy;
        ControlFlow::Continue(())
    };
    let mut student = Trainer::new(&graph, 1);
    student.train(&data, &indices, &recipe, &mut watch);
    assert!(accuracy > 0.95, "{accuracy}");
    let correct = student.correct(&data, &indices);
    assert!(correct > 285, "{correct} of 300");
    // Without mixtures, something else is learned.
    let mut plain = Trainer::new(&graph, 1);
    plain.train(&data, &indices, &Recipe { mixing: false, ..recipe }, &mut on);
    assert_ne!(student.values(), plain.values());
}
