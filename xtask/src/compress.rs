//! Compression of the public networks: bytes and device-exact accuracy.

mod curve;
mod record;

use std::time::Instant;

use anyhow::Context as _;
use freeml_compiler::compress::{self, Method, Progress};
use freeml_compiler::data::Dataset;
use freeml_compiler::{Budget, evaluate, float_graph, plan};

use crate::nets::{NETS, Net};
use crate::table::percent;
use record::{Layer, Run};

/// Bytes of constants at most and test accuracy at least, in percent.
const TARGETS: [(&str, u32, f64); 6] = [
    ("lenet_mnist", 5_000, 99.1),
    ("kws_cnn", 5_500, 98.3),
    ("kws_dscnn", 3_500, 98.7),
    ("har_cnn", 4_000, 84.4),
    ("cifar10_s", 20_000, 69.0),
    ("resnet_tiny_cifar10", 12_000, 76.5),
];

/// Budgets of a size/accuracy curve, in percent of the target's bytes.
const CURVE: [u32; 6] = [40, 60, 80, 100, 140, 200];

/// What to compress, and how.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Networks; all without any.
    nets: Vec<String>,
    /// Bytes of constants instead of those of the target.
    #[arg(long)]
    fram: Option<u32>,
    /// Several budgets, for the size/accuracy curve.
    #[arg(long)]
    curve: bool,
    /// Smallest network within half a point instead, by the whole method and by parts of it.
    #[arg(long)]
    ablation: bool,
    /// Factor on the steps of training.
    #[arg(long, default_value_t = 1.0)]
    effort: f32,
    /// Threads; they change nothing but the time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Runs the measurements, each of which is recorded when it ends, and renders all records.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let wanted = |net: &&Net| options.nets.is_empty() || options.nets.iter().any(|n| n == net.name);
    for net in NETS.iter().filter(wanted) {
        let (_, target, _) = target(net.name)?;
        for (variant, method, budget) in options.variants(target) {
            let run = measure(net, &variant, &method, budget, options)?;
            println!("{run:?}");
            record::add(run)?;
        }
    }
    let runs = record::all()?;
    record::publish(&runs, &TARGETS)?;
    curve::publish(&runs)?;
    let missed: Vec<&str> = runs
        .iter()
        .filter(|run| run.variant == "target")
        .filter(|run| {
            target(&run.net).is_ok_and(|(_, bytes, accuracy)| {
                run.bytes > bytes as usize || run.integer + 1e-9 < accuracy
            })
        })
        .map(|run| run.net.as_str())
        .collect();
    anyhow::ensure!(missed.is_empty(), "targets missed by {missed:?}");
    Ok(())
}

fn target(net: &str) -> anyhow::Result<(&'static str, u32, f64)> {
    TARGETS
        .into_iter()
        .find(|target| target.0 == net)
        .with_context(|| format!("no target for {net}"))
}

impl Options {
    /// Names, methods and budgets of the measurements of a network.
    fn variants(&self, target: u32) -> Vec<(String, Method, Budget)> {
        let whole = Method { effort: self.effort, ..Method::default() };
        let bytes = |fram| Budget { fram: Some(fram), ..Budget::default() };
        if self.curve {
            let budgets = CURVE.map(|percent| target * percent / 100);
            return budgets.map(|fram| ("curve".into(), whole, bytes(fram))).into();
        }
        if self.ablation {
            let variants = [
                ("whole method", whole),
                ("no separation", Method { separation: false, ..whole }),
                ("separation only", Method { sparsity: false, ..whole }),
                ("magnitude alone", Method { by_gradient: false, ..whole }),
                ("no distillation", Method { distillation: false, ..whole }),
                ("with feedback", Method { feedback: true, ..whole }),
            ];
            let drop = Budget { max_drop: Some(0.5), ..Budget::default() };
            return variants.map(|(name, method)| (name.into(), method, drop)).into();
        }
        vec![("target".into(), whole, bytes(self.fram.unwrap_or(target)))]
    }
}

fn measure(
    net: &Net,
    variant: &str,
    method: &Method,
    budget: Budget,
    arguments: &Options,
) -> anyhow::Result<Run> {
    let mut options = net.options();
    let graph = float_graph(&options)?;
    options.compress = Some(budget);
    let (shape, classes) = (graph.input_shape(), graph.classes());
    let data = Dataset::read(&options, &net.train_set(), shape, classes)?;
    let test = Dataset::read(&options, &net.test_set(), shape, classes)?;
    let start = Instant::now();
    let mut last = (0, "");
    let mut watch = |progress: &Progress| {
        let tenth = progress.done * 10 / progress.total.max(1);
        if last != (tenth, progress.stage) {
            last = (tenth, progress.stage);
            let seconds = start.elapsed().as_secs();
            eprintln!("{} {variant}: {progress:?} {seconds} s", net.name);
        }
    };
    let threads = arguments.threads;
    let found = compress::compress_by(method, &graph, &data, &options, threads, &mut watch)?;
    let seconds = start.elapsed().as_secs();
    let program = plan::plan(&found.network)?;
    let samples = test.samples.len();
    Ok(Run {
        net: net.name.into(),
        variant: variant.into(),
        bytes: program.constant_bytes(),
        state: program.state_bytes,
        kept: found.summary.kept,
        weights: found.summary.weights,
        separated: found.summary.separated.join(", "),
        float: percent(evaluate::correct_float(&graph, &test), samples),
        integer: percent(evaluate::correct(&program, &test), samples),
        seconds,
        layers: program.layers.iter().map(Layer::of).collect(),
    })
}
