//! Early exits against FreeML's form of them and against separate ones.

use std::path::Path;

use anyhow::Context as _;
use freeml_compiler::data::Dataset;
use freeml_compiler::exits::{self, Fit, Form, Grid, Inputs, Linear, Observed, Plan};
use freeml_compiler::train::{Loss, Method};
use freeml_compiler::{plan, whole_network};

use crate::nets::Net;
use crate::table::{Table, percent};

const NAMES: [&str; 5] = ["lenet_mnist", "kws_cnn", "har_cnn", "cifar10_s", "resnet_tiny_cifar10"];

/// FreeML's training (see its notebooks): one exit drawn for each batch, plain descent.
const FREEML: Fit = Fit {
    rate: 5e-3,
    method: Method::Sgd { momentum: 0.9 },
    form: Form::Drawn,
    loss: Loss::LABELS,
    dropout: 0.4,
    ..Fit::USUAL
};

/// Measures all networks, or the one of this name.
pub fn run(name: Option<&str>) -> anyhow::Result<()> {
    for net in NAMES.iter().filter(|net| name.is_none_or(|name| name == **net)) {
        measure(&Net::named(net)?)?;
    }
    Ok(())
}

fn measure(net: &Net) -> anyhow::Result<()> {
    let options = net.options();
    let network = whole_network(&options)?;
    let program = plan::plan(&network)?;
    let read = |path: &Path| {
        Dataset::read(&options, path, program.input_shape(), program.classes().into())
    };
    let (train, test) = (read(&net.train_set())?, read(&net.test_set())?);
    let begin = std::time::Instant::now();
    let with_exits = exits::add(&network, &Plan::default(), &train, 0, 2)?;
    println!("{}: {:?}", net.name, begin.elapsed());
    let planned = plan::plan(&with_exits)?;
    println!(
        "bytes {} -> {}, state {} -> {}, cycles {} -> {}",
        program.constant_bytes(),
        planned.constant_bytes(),
        program.state_bytes,
        planned.state_bytes,
        program.predicted_cycles().sum::<u32>(),
        planned.predicted_cycles().sum::<u32>()
    );
    for (layer, quant) in planned.layers.iter().zip(&with_exits.layers) {
        if let freeml_compiler::quantise::QuantOp::Features(f) = &quant.op {
            println!(
                "{} grid {:?} features {} cycles {}",
                layer.name,
                f.grid,
                f.chosen.len(),
                plan::cost::layer(layer)
            );
        }
        if let freeml_compiler::quantise::QuantOp::Exit(f) = &quant.op {
            println!(
                "{} margins {:?} correct {} cycles {}",
                layer.name,
                f.margins,
                f.correct,
                plan::cost::layer(layer)
            );
        }
    }
    let layers: Vec<usize> = with_exits
        .layers
        .iter()
        .enumerate()
        .filter_map(|(_, l)| {
            l.name
                .strip_suffix(" exit")
                .map(|n| network.layers.iter().position(|l| l.name == n).unwrap())
        })
        .collect();
    let all: Vec<usize> = (0..train.samples.len()).collect();
    let tests: Vec<usize> = (0..test.samples.len()).collect();
    let seen = exits::observe(&program, &layers, &train, &all, 2);
    let test_seen = exits::observe(&program, &layers, &test, &tests, 2);
    let halves: Vec<Grid> = seen.taps.iter().map(|t| Grid::halves(t.shape)).collect();
    let common: Vec<Grid> = seen.taps.iter().map(|t| Grid::of(t.shape, 2)).collect();
    let inputs = |grids: &[Grid]| (exits::inputs(&seen, grids), exits::inputs(&test_seen, grids));
    let fit = |form: &Fit, (a, b): (Vec<Inputs>, Vec<Inputs>)| {
        let mut m = Linear::new(seen.classes, a.iter().map(|i| i.width));
        m.fit(&a, &seen.samples, form);
        m.correct(&b, &test_seen.samples, false)
    };
    let f = fit(&FREEML, inputs(&common));
    let g = fit(&Fit { dropout: 0.0, ..Fit::USUAL }, inputs(&common));
    let (a, b) = inputs(&halves);
    let sep: Vec<usize> = a
        .into_iter()
        .zip(b)
        .enumerate()
        .map(|(k, (a, b))| {
            let _ = k;
            let mut m = Linear::new(seen.classes, [a.width]);
            m.fit(&[a], &seen.samples, &Fit { steps: 3000, ..Fit::USUAL });
            m.correct(&[b], &test_seen.samples, false)[0]
        })
        .collect();
    let p = |v: &[usize]| {
        v.iter()
            .map(|&c| format!("{:.2}", percent(c, test.samples.len())))
            .collect::<Vec<_>>()
            .join(" / ")
    };
    // ours
    let prog = plan::plan(&with_exits)?;
    let exits_seen = exits::answers(&prog, &test, &tests, 2);
    let mut ours = vec![0; prog.exits.len()];
    let mut last = 0;
    for (i, (head, given)) in exits_seen.iter().enumerate() {
        let label = test.labels.as_ref().context("labels")?[i];
        for (o, g) in ours.iter_mut().zip(given) {
            *o += usize::from(g.class == label);
        }
        last += usize::from(*head == label);
    }
    println!(
        "freeml {} | every exit {} | separate {} ({} B) | ours {} | head {:.2}",
        p(&f),
        p(&g),
        p(&sep),
        exits::separate_bytes(&seen),
        p(&ours),
        percent(last, test.samples.len())
    );
    let _: Option<(Table, Observed)> = None;
    Ok(())
}
