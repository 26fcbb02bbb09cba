//! Firmware examples on the simulator: results under power failures, cycles and bytes.

mod baseline;
mod between;
mod build;
mod burst;
mod document;
mod firmware;
mod layers;
mod peers;
mod simulate;
mod symbols;
mod trace;
mod whole;

use freeml_compiler::Options;

use crate::nets::root;
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

/// Tests all firmware and compares it with the baseline, or writes that.
pub fn run(bless: bool) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for (firmware, _, tested) in test(&FIRMWARE, &[])? {
        all.push((firmware.name, tested.figures));
    }
    if bless { baseline::write(&all) } else { baseline::compare(&all) }
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
