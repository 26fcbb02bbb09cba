//! Firmware examples on the simulator: results under power failures, cycles and bytes.

mod baseline;
mod build;
mod firmware;
mod simulate;
mod symbols;

use crate::table::Table;
use baseline::Figures;
use firmware::Firmware;

/// The firmware that is tested everywhere.
const FIRMWARE: [Firmware; 3] = [
    Firmware { name: "kws_dscnn", samples: "kws_test" },
    Firmware { name: "resnet_tiny", samples: "cifar10_test" },
    Firmware { name: "lenet", samples: "mnist_test" },
];

/// Its model has no licence, so that neither it nor what is made of it is in the repository.
const CIFAR10_S: Firmware = Firmware { name: "cifar10_s", samples: "cifar10_test" };

/// What the columns of the result tables are.
const NOTES: &str = "Every firmware gives the host's logits on 20 inputs, with and without 50 \
    random power failures each. Cycles of one inference by the CPUX tables, without FRAM wait \
    states (none at 8 MHz), start-up and console output included. MAC are those of the weights \
    that are kept. `.text` is the whole code; tables are `.rodata` without the sample: weights, \
    biases, multipliers, descriptors and the texts of the console; state is the `.freeml` section; \
    FRAM is all of these, the sample and the values of `.data`; RAM is `.data` and `.bss`.";

/// Tests all firmware and compares it with the baseline, or writes that.
pub fn run(bless: bool) -> anyhow::Result<()> {
    let (table, all) = measure(&FIRMWARE, &[])?;
    if bless {
        let title = "Firmware on the simulated MSP430FR5994";
        table.publish("device", title, "cargo xtask device --bless", NOTES)?;
        return baseline::write(&all);
    }
    baseline::compare(&all)
}

/// Tests the firmware whose model lies beside the repository.
pub fn run_cifar() -> anyhow::Result<()> {
    let (table, _) = measure(&[CIFAR10_S], &["--package", CIFAR10_S.name])?;
    let title = "CIFAR-10 from 20,000 bytes on the simulated MSP430FR5994";
    table.publish("device-cifar", title, "cargo xtask bench device-cifar", NOTES)
}

/// Builds what `selection` says to cargo and tests `firmware`; the results as a table and by name.
fn measure(
    firmware: &[Firmware],
    selection: &[&str],
) -> anyhow::Result<(Table, Vec<(&'static str, Figures)>)> {
    let all = firmware.iter().map(Firmware::options).collect::<anyhow::Result<Vec<_>>>()?;
    build::firmware(selection)?;
    let mut table = Table::new(&[
        "firmware",
        "cycles",
        "s at 8 MHz",
        "cycles / MAC",
        ".text, B",
        "tables, B",
        "state, B",
        "FRAM, B",
        "RAM, B",
        "peak stack, B",
    ]);
    let mut figures = Vec::new();
    for (firmware, options) in firmware.iter().zip(&all) {
        let (found, macs) = firmware.measure(options)?;
        table.row(found.row(firmware.name, macs));
        figures.push((firmware.name, found));
    }
    Ok((table, figures))
}
