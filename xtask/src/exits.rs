//! Early exits of compressed networks, against FreeML's form of them and against separate ones.

mod forms;
mod ours;

use std::path::Path;

use anyhow::Context as _;
use freeml_compiler::data::Dataset;
use freeml_compiler::exits::{self, Plan};
use freeml_compiler::prepare::Job;
use freeml_compiler::quantise::Quantised;
use freeml_compiler::{Budget, Options, compress, plan};

use crate::nets::{Net, root};
use crate::table::{self, Table, grouped, percent};
use forms::Forms;
use ours::Ours;

/// Networks, and the bytes that they are compressed to.
const NETS: [(&str, u32); 5] = [
    ("lenet_mnist", 5_000),
    ("kws_cnn", 5_500),
    ("har_cnn", 4_000),
    ("cifar10_s", 20_000),
    ("resnet_tiny_cifar10", 12_000),
];

/// What was measured of one network.
struct Measured {
    net: &'static str,
    samples: usize,
    forms: Forms,
    ours: Ours,
}

/// Measures all networks, or the one of this name.
pub fn run(name: Option<&str>) -> anyhow::Result<()> {
    let threads = table::threads();
    let mut all = Vec::new();
    for (net, bytes) in NETS {
        if name.is_some_and(|name| name != net) {
            continue;
        }
        let measured = measure(net, bytes, threads).with_context(|| net.to_owned())?;
        println!("{}", text(&measured));
        all.push(measured);
    }
    if name.is_some() {
        return Ok(());
    }
    publish(&all)
}

fn measure(name: &'static str, bytes: u32, threads: usize) -> anyhow::Result<Measured> {
    let net = Net::named(name)?;
    let options = options(&net, bytes);
    let network = compressed(&options, threads)?;
    let program = plan::plan(&network)?;
    let read = |path: &Path| {
        let path = root().join(path);
        Dataset::read(&options, &path, program.input_shape(), program.classes().into())
    };
    let (train, test) = (read(&net.train_set())?, read(&net.test_set())?);
    let with_exits = exits::add(&network, &Plan::default(), &train, options.seed, threads)?;
    let ours = Ours::measure(&program, &with_exits, &test, threads)?;
    let layers = ours::tapped(&network, &with_exits);
    let forms = Forms::measure(&program, &layers, &train, &test, threads);
    Ok(Measured { net: name, samples: test.samples.len(), forms, ours })
}

/// Options that compress `net`; artefacts are kept in the target directory.
fn options(net: &Net, bytes: u32) -> Options {
    let mut options = net.options();
    options.model = root().join(&options.model);
    options.data = options.data.map(|data| root().join(data));
    options.root = root().join("target/exits");
    options.compress = Some(Budget { fram: Some(bytes), ..Budget::default() });
    options
}

/// The compressed network without exits.
fn compressed(options: &Options, threads: usize) -> anyhow::Result<Quantised> {
    let job = Job::new(options)?;
    if let freeml_compiler::artefact::Found::Fits(_, artefact) = job.find()? {
        return Ok(artefact.network);
    }
    println!("compressing {}", options.model.display());
    let artefact = job.task()?.compress(&compress::compress, threads, &mut |_| {})?;
    job.write(&artefact)?;
    Ok(artefact.network)
}

/// Shares of right answers.
fn shares(correct: &[usize], samples: usize) -> String {
    let shares: Vec<String> =
        correct.iter().map(|&correct| format!("{:.2}", percent(correct, samples))).collect();
    shares.join(" / ")
}

/// The right answers of early exits, and those of the head.
fn with_head(correct: &[usize], head: usize) -> Vec<usize> {
    correct.iter().copied().chain([head]).collect()
}

fn text(measured: &Measured) -> String {
    let Measured { net, samples, forms, ours } = measured;
    format!(
        "{net}: FreeML's form {}, separate {}, ours {}; {} B against {} B",
        shares(&forms.global, *samples),
        shares(&forms.separate, *samples),
        shares(&with_head(&ours.correct, ours.head), *samples),
        ours.bytes(),
        forms.separate_bytes,
    )
}

fn publish(all: &[Measured]) -> anyhow::Result<()> {
    let mut accuracy = Table::new(&[
        "net",
        "taps",
        "test samples",
        "FreeML's form, %",
        "the same, every exit in the loss, %",
        "separate exits, %",
        "ours and the head, %",
        "mean difference to separate",
    ]);
    let mut memory = Table::new(&[
        "net",
        "separate exits, B",
        "FreeML's form, B",
        "ours, constants, B",
        "ours, state, B",
        "separate / ours",
        "cycles of exits, %",
    ]);
    let mut confidence = Table::new(&[
        "net",
        "asked for, %",
        "agreement with the whole network, %",
        "accuracy, %",
        "of the whole network, %",
        "share that leaves at each exit, %",
        "mean cycles against no exits, %",
    ]);
    for Measured { net, samples, forms, ours } in all {
        let name = format!("`{net}`");
        let difference = |separate: &usize, ours: &usize| {
            percent(*ours, *samples) - percent(*separate, *samples)
        };
        let differences: Vec<f64> =
            forms.separate.iter().zip(&ours.correct).map(|(a, b)| difference(a, b)).collect();
        #[allow(clippy::cast_precision_loss, reason = "some exits")]
        let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
        accuracy.row(vec![
            name.clone(),
            ours.layers.join(", "),
            samples.to_string(),
            shares(&forms.global, *samples),
            shares(&forms.every, *samples),
            shares(&forms.separate, *samples),
            shares(&with_head(&ours.correct, ours.head), *samples),
            format!("{mean:+.2}"),
        ]);
        #[allow(clippy::cast_precision_loss, reason = "some thousand bytes")]
        let ratio = forms.separate_bytes as f64 / ours.bytes() as f64;
        memory.row(vec![
            name.clone(),
            grouped(forms.separate_bytes as u64),
            grouped(forms.global_bytes as u64),
            grouped(ours.constants as u64),
            ours.state.to_string(),
            format!("{ratio:.1}"),
            format!("{:.2}", ours.cycles_percent),
        ]);
        for policy in &ours.policies {
            confidence.row(vec![
                name.clone(),
                policy.asked.to_string(),
                format!("{:.2}", percent(policy.agreeing, *samples)),
                format!("{:.2}", percent(policy.correct, *samples)),
                format!("{:.2}", percent(ours.head, *samples)),
                shares(&policy.at_exit, *samples),
                format!("{:+.1}", policy.cycles_percent - 100.0),
            ]);
        }
    }
    let body = format!(
        "{}\n{INTRODUCTION}\n\n## Memory and cycles\n\n{}\n{MEMORY}\n\n## Leaving early\n\n{}\n{CONFIDENCE}\n",
        accuracy.markdown(),
        memory.markdown(),
        confidence.markdown(),
    );
    table::publish("exits", "Early exits", "cargo xtask bench exits", &body)
}

const INTRODUCTION: &str = "Networks compressed to 5,000, 5,500, 4,000, 20,000 and 12,000 bytes, \
    on the public test sets of `../shared/data`. Early exits are behind the layers named, and the \
    last number of ours is the network's own head. All are trained on the results of the integer network \
    for the train sets; ours are measured by the kernels that the device runs, the others in \
    float arithmetic.\n\n\
    - **FreeML's form**: maps pooled to 2 x 2 (along a single axis, to 2), one linear map over all of \
    them, one exit drawn for each batch, descent with momentum 0.9 at 0.005, dropout 0.4, 16-bit \
    weights, as in its notebooks; 3,000 batches of 64.\n\
    - **Separate exits**: each map pooled by two in both directions, a linear map of its own; trained as \
    ours, without rounding.\n\
    - **Ours**: bytes are a twentieth of those of separate exits.";

const MEMORY: &str = "Bytes of separate exits are their weights and biases in 16 bits and, as they \
    stand, their largest pooled map and their logits; those of FreeML's form likewise. Constants of \
    ours are tables and descriptors, state is what the arena grows by. Cycles are by the cost \
    model, in percent of the network without exits.";

const CONFIDENCE: &str = "The policy `Confidence` with the margins that the compiler gives for an agreement \
    asked for, calibrated on a tenth of the train set. Cycles are by the cost model, in percent of \
    the network without exits.";
