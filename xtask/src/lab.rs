#![allow(clippy::pedantic)]
use std::ops::ControlFlow;
use std::time::Instant;

use freeml_compiler::calibrate::Calibration;
use freeml_compiler::compress::bytes::Bytes;
use freeml_compiler::data::Dataset;
use freeml_compiler::fuse;
use freeml_compiler::graph::{Graph, Op, PoolKind};
use freeml_compiler::import;
use freeml_compiler::train::*;

use crate::nets::{NETS, root};

#[derive(clap::Args)]
pub struct Lab {
    net: String,
    bytes: usize,
    #[arg(long, default_value_t = 3000)]
    prune: usize,
    #[arg(long, default_value_t = 2000)]
    quant: usize,
    #[arg(long, default_value_t = 1e-3)]
    rate: f32,
    #[arg(long, default_value_t = 1e-3)]
    qrate: f32,
    #[arg(long, default_value_t = 4)]
    mags: u8,
    #[arg(long, default_value_t = 0.0)]
    pressure: f32,
    #[arg(long, default_value_t = 0.4)]
    labels: f32,
    #[arg(long, default_value_t = 2.0)]
    temp: f32,
    #[arg(long, default_value_t = 64)]
    batch: usize,
    #[arg(long)]
    layer: bool,
    #[arg(long)]
    nogrid: bool,
    #[arg(long)]
    feedback: bool,
    #[arg(long)]
    noaug: bool,
    #[arg(long)]
    cosine: bool,
    #[arg(long)]
    nosteps: bool,
    #[arg(long)]
    magnitude: bool,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn is_nonneg(graph: &Graph, id: usize) -> bool {
    let node = &graph.nodes[id];
    match &node.op {
        Op::Activation(b) => b.low >= 0.0,
        Op::Pool(_) | Op::Add => node.inputs.iter().all(|&i| is_nonneg(graph, i)),
        _ => false,
    }
}

fn steps(graph: &Graph, samples: &[Vec<f32>]) -> Vec<(usize, Steps)> {
    let layers = fuse::fuse(graph);
    let results: Vec<usize> = layers.iter().map(|l| l.result).collect();
    let cal = Calibration::collect(graph, samples, &results);
    let mut out = Vec::new();
    for l in &layers {
        if l.result == graph.output {
            continue;
        }
        if matches!(&l.op, fuse::LayerOp::Pool(p) if p.kind == PoolKind::Max) {
            continue;
        }
        let (low, high) = if is_nonneg(graph, l.result) { (0, 255) } else { (-127, 127) };
        let scale = cal.scale(l.result, high, l.clamp.low, l.clamp.high);
        out.push((l.result, Steps { scale, low, high }));
    }
    out
}

pub fn run(a: &Lab) -> anyhow::Result<()> {
    let net = NETS.iter().find(|n| n.name == a.net).unwrap();
    let options = net.options();
    let graph = import::import(&std::fs::read(root().join(&options.model))?).unwrap();
    let data = Dataset::read(
        &options,
        options.data.as_ref().unwrap(),
        graph.input_shape(),
        graph.classes(),
    )?;
    let test = Dataset::read(&options, &net.test_set(), graph.input_shape(), graph.classes())?;
    let norm = vec![(1.0 / net.scale, 0.0); graph.input_shape().c];
    let samples =
        Samples { raw: &data.samples, labels: data.labels.as_deref(), normalisation: &norm };
    let tests =
        Samples { raw: &test.samples, labels: test.labels.as_deref(), normalisation: &norm };
    let n = data.samples.len();
    let held = (n / 10).min(2000);
    let (train, val) = split(n, held, a.seed);
    let all: Vec<usize> = (0..test.samples.len()).collect();
    let pct = |c: usize, n: usize| 100.0 * c as f64 / n as f64;
    let start = Instant::now();
    let mut trainer = Trainer::new(&graph, a.threads);
    let report = |name: &str, t: &Trainer, start: Instant| {
        println!(
            "{name}: kept {} val {:.2} test {:.2} ({:.0} s)",
            t.mask().count(t.layout()),
            pct(t.correct(&samples, &val), val.len()),
            pct(t.correct(&tests, &all), all.len()),
            start.elapsed().as_secs_f64()
        );
    };
    report("float", &trainer, start);
    let bytes = Bytes::new(&graph, trainer.layout(), a.mags);
    let size = |m: &Mask| bytes.of(m);
    println!("full {}", size(trainer.mask()));
    let positions: Vec<f32> = {
        let mut c = vec![0.0; trainer.layout().len()];
        for l in trainer.layout().layers() {
            let s = graph.nodes[l.node].shape;
            for i in l.weight.clone() {
                c[i] = (s.h * s.w) as f32;
            }
        }
        c
    };
    let augment = || -> Vec<Box<dyn Augment>> {
        if a.noaug {
            return vec![];
        }
        match net.task {
            "mnist" => vec![Box::new(Shift { rows: 1, cols: 1 })],
            "kws" => vec![
                Box::new(Shift { rows: 0, cols: 2 }),
                Box::new(GainNoise { gain: 0.05, noise: 4.0 }),
            ],
            "har" => vec![Box::new(GainNoise { gain: 0.1, noise: 40.0 })],
            _ => vec![Box::new(Flip), Box::new(Shift { rows: 3, cols: 3 })],
        }
    };
    let aug = augment();
    let per_epoch = train.len().div_ceil(a.batch);
    let loss = Loss { labels: a.labels, distillation: 1.0 - a.labels, temperature: a.temp };
    let full = size(trainer.mask());
    let recipe = Recipe {
        epochs: a.prune.div_ceil(per_epoch).max(1),
        batch: a.batch,
        seed: a.seed,
        rate: if a.cosine { Rate::Cosine(a.rate) } else { Rate::Constant(a.rate) },
        loss,
        teacher: Some(Teacher::Network(&graph)),
        augment: &aug,
        pruning: Some(Pruning {
            ranking: if a.magnitude { Ranking::Magnitude } else { Ranking::Gradient },
            course: Course { from: full, to: a.bytes, until: 0.7 },
            size: Some(&size),
            frozen: 1.0,
            every: 10,
            cost: Some(positions.clone()),
            pressure: a.pressure,
            feedback: a.feedback,
        }),
        ..Recipe::default()
    };
    if a.prune > 0 {
        trainer.train(&samples, &train, &recipe, &mut |_| ControlFlow::Continue(()));
        println!("bytes {}", size(trainer.mask()));
        report("pruned", &trainer, start);
    }
    for l in trainer.layout().layers().to_vec() {
        if l.prunable && !a.nogrid {
            let k = l.weight.clone().filter(|&i| trainer.mask().kept[i]).count();
            println!("  {} {} of {}", graph.nodes[l.node].name, k, l.weight.len());
            trainer.set_grid(
                l.node,
                Some(Grid::PowersOfTwo {
                    magnitudes: a.mags,
                    scale: if a.layer { GridScale::LeastError } else { GridScale::PerChannel },
                }),
            );
        }
    }
    if !a.nosteps {
        let g = trainer.graph();
        let cal: Vec<Vec<f32>> = train
            .iter()
            .step_by((train.len() / 256).max(1))
            .map(|&i| data.samples[i].iter().map(|&v| f32::from(v) / net.scale).collect())
            .collect();
        for (id, s) in steps(&g, &cal) {
            trainer.set_steps(id, Some(s));
        }
    }
    let recipe = Recipe {
        epochs: a.quant.div_ceil(per_epoch).max(1),
        seed: a.seed + 1,
        rate: Rate::Cosine(a.qrate),
        augment: &aug,
        pruning: Some(Pruning {
            ranking: if a.magnitude { Ranking::Magnitude } else { Ranking::Gradient },
            course: Course { from: size(trainer.mask()), to: a.bytes, until: 0.2 },
            size: Some(&size),
            frozen: 0.3,
            every: 10,
            cost: Some(positions),
            pressure: a.pressure,
            feedback: a.feedback,
        }),
        ..recipe
    };
    trainer.train(&samples, &train, &recipe, &mut |_| ControlFlow::Continue(()));
    println!("bytes {}", size(trainer.mask()));
    report("quantised", &trainer, start);
    Ok(())
}
