//! Firmware examples on the simulator: results under power failures, cycles and bytes.

mod anytime;
mod baseline;
mod between;
mod build;
mod burst;
mod document;
mod firmware;
mod layers;
mod peers;
mod simulate;
mod smoke;
mod symbols;
mod trace;
mod whole;

use anyhow::ensure;
use freeml_compiler::Options;

use crate::nets::root;
use crate::table::grouped;
use burst::Bursts;
use document::Measured;
use firmware::{Firmware, Tested};

/// The firmware that is tested everywhere.
const FIRMWARE: [Firmware; 3] = [
    Firmware { name: "kws_dscnn", samples: "kws_test" },
    Firmware { name: "resnet_tiny", samples: "cifar10_test" },
    Firmware { name: "lenet", samples: "mnist_test" },
];

/// Its model has no licence, so that neither it nor what is made of it is in the repository.
const CIFAR10_S: Firmware = Firmware { name: "cifar10_s", samples: "cifar10_test" };

/// Tests all firmware and the programs that test themselves, and compares the firmware with the
/// baseline, or writes that.
pub fn run(bless: bool) -> anyhow::Result<()> {
    let mut all = Vec::new();
    let tested = test(&FIRMWARE, &[])?;
    smoke::run()?;
    anytime::run()?;
    for (firmware, _, tested) in tested {
        predicted(firmware.name, &tested)?;
        all.push((firmware.name, tested.figures));
    }
    if bless { baseline::write(&all) } else { baseline::compare(&all) }
}

/// Percent that the cost model may be off for all layers of a network together.
const PREDICTED: u64 = 5;

/// Compares the cycles that the cost model predicts for all layers with those simulated.
fn predicted(name: &str, tested: &Tested) -> anyhow::Result<()> {
    let program = &tested.compiled.program;
    let predicted: u64 = program.predicted_cycles().map(u64::from).sum();
    let layers = program.layers.iter();
    let simulated: u64 = layers.flat_map(|layer| tested.trace.layer(layer)).sum();
    println!("{name}: {} cycles predicted, {} simulated", grouped(predicted), grouped(simulated));
    ensure!(
        predicted.abs_diff(simulated) * 100 <= simulated * PREDICTED,
        "{name}: the cost model is off by more than {PREDICTED} %"
    );
    Ok(())
}

/// Measures all firmware, that of `cifar10_s` if its model lies beside the repository.
pub fn bench() -> anyhow::Result<()> {
    let mut tested = test(&FIRMWARE, &[])?;
    if root().join("../shared/models/cifar10_s.onnx").exists() {
        tested.extend(test(&[CIFAR10_S], &["--package", CIFAR10_S.name])?);
    }
    let mut all = Vec::new();
    for (firmware, options, tested) in tested {
        let Tested { elf, compiled, sample, logits, trace, .. } = &tested;
        println!("{}: energy bursts and the cost of steps", firmware.name);
        let bursts = Bursts::find(elf, &compiled.program, sample, trace, logits)?;
        let whole = whole::layer_cycles(firmware.name, &options, &tested)?;
        all.push(Measured {
            name: firmware.name,
            float_macs: peers::float_macs(&options)?,
            accuracy: firmware.accuracy(&options, &tested)?,
            between: between::cycles(elf, sample, trace)?,
            tested,
            bursts,
            whole,
        });
    }
    document::publish(&all)
}

/// Builds what `selection` says to cargo and tests `firmware`.
fn test(
    firmware: &[Firmware],
    selection: &[&str],
) -> anyhow::Result<Vec<(Firmware, Options, Tested)>> {
    let options = firmware.iter().map(Firmware::options).collect::<anyhow::Result<Vec<_>>>()?;
    build::firmware(selection)?;
    let all = firmware.iter().zip(options);
    all.map(|(firmware, options)| {
        let tested = firmware.test(&options)?;
        Ok((*firmware, options, tested))
    })
    .collect()
}
