//! The same firmware with a step for each layer, which shows what steps cost.
//!
//! Addresses are those of the real plan, so results may lie over operands that such a step needs
//! again: after a power failure, and in sparse layers, which go through the positions once for
//! each channel, in any case. This firmware is for measurements of cycles only, which hardly
//! depend on the numbers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use freeml_compiler::artefact::Found;
use freeml_compiler::encode::{self, Choice};
use freeml_compiler::prepare::Job;
use freeml_compiler::program::{Kernel, Program, SparseKernel};
use freeml_compiler::quantise::{Filters, LayerWeights, QuantOp};
use freeml_compiler::{Compiled, Options, evaluate, expand, format};

use super::firmware::Tested;
use super::trace::Trace;
use super::{build, simulate};
use crate::nets::root;

/// Cycles of each layer of firmware `name` when it is computed in a single step.
pub fn layer_cycles(name: &str, options: &Options, tested: &Tested) -> anyhow::Result<Vec<u64>> {
    let program = program(&tested.compiled.program, options)?;
    let steps = program.signature.steps;
    let crate_name = format!("{name}_whole");
    let compiled = Compiled { program, ..tested.compiled.clone() };
    let directory = root().join("target/firmware-whole");
    write_crate(&directory, name, &crate_name)?;
    let code = format(&expand(&compiled, options, &quote::quote!(::freeml))?);
    fs::write(directory.join("src/network.rs"), code)?;
    build::firmware(&["--manifest-path", &directory.join("Cargo.toml").to_string_lossy()])?;
    let run = simulate::run(&build::elf(&crate_name)?, &tested.sample, None)?;
    let expected = evaluate::logits(&compiled.program, &tested.sample);
    ensure!(run.logits == expected, "{crate_name} gives {:?}, not {expected:?}", run.logits);
    let trace = Trace::new(&run.progress, steps)?;
    Ok(compiled.program.layers.iter().map(|layer| trace.layer(layer).sum()).collect())
}

/// `program` with a step for each layer.
fn program(program: &Program, options: &Options) -> anyhow::Result<Program> {
    let filters = filters(options)?;
    let Program { mut signature, mut layers, exits, state_bytes, scales, .. } = program.clone();
    for (index, (first, layer)) in (0..).zip(&mut layers).enumerate() {
        layer.first_step = first;
        if let Kernel::Sparse(kernel) = &mut layer.kernel {
            let filters = filters.get(index).and_then(Option::as_ref);
            let filters = filters.with_context(|| format!("`{}` has no filters", layer.name))?;
            ensure!(
                kernel.windows.is_none_or(|windows| windows.scratch.weights != 0),
                "`{}` has no scratch area for lists",
                layer.name
            );
            layer.tables.weights = one_part(kernel, filters);
        }
        if let Kernel::Quads(kernel) = &mut layer.kernel {
            let quads = &mut kernel.layer;
            let tensor = quads.output.tensor;
            (quads.part_channels, quads.block) = (tensor.channels, 0);
        }
        let output = layer.kernel.output_mut();
        output.per_step = output.tensor.len();
        ensure!(layer.kernel.steps() == 1, "`{}` takes several steps", layer.name);
    }
    signature.steps = u16::try_from(layers.len())?;
    Ok(Program::new(signature, layers, exits, state_bytes, scales))
}

/// Makes all channels of a sparse layer one part; its table.
fn one_part(kernel: &mut SparseKernel, filters: &Filters) -> Vec<u8> {
    let channels = kernel.layer.output.tensor.channels;
    let choice = Choice { format: kernel.format, coding: kernel.layer.coding, bytes: 0 };
    kernel.layer.part_channels = channels;
    encode::table(filters, channels.into(), choice)
}

/// Kept weights of each layer, if the network is compressed.
fn filters(options: &Options) -> anyhow::Result<Vec<Option<Filters>>> {
    if options.compress.is_none() {
        return Ok(Vec::new());
    }
    let Found::Fits(_, artefact) = Job::new(options)?.find()? else {
        anyhow::bail!("the artefact is gone");
    };
    let filters = |op| match op {
        QuantOp::Conv { weights: LayerWeights::Sparse(filters), .. }
        | QuantOp::Depthwise { weights: LayerWeights::Sparse(filters), .. }
        | QuantOp::Dense { weights: LayerWeights::Sparse(filters), .. } => Some(filters),
        _ => None,
    };
    Ok(artefact.network.layers.into_iter().map(|layer| filters(layer.op)).collect())
}

/// Writes a crate of its own workspace: firmware `name` with `network.rs` for its macro call.
fn write_crate(directory: &Path, name: &str, crate_name: &str) -> anyhow::Result<()> {
    let workspace = root().join("examples/firmware");
    let original = workspace.join(name);
    fs::create_dir_all(directory.join("src"))?;
    let main = fs::read_to_string(original.join("src/main.rs"))?;
    let (before, call) = main.split_once("freeml::freeml_model!(").context("no macro call")?;
    let (_, after) = call.split_once(");\n").context("no end of the macro call")?;
    let main = format!("{before}include!(\"network.rs\");\n{after}");
    fs::write(directory.join("src/main.rs"), main)?;
    fs::copy(original.join("src/sample.bin"), directory.join("src/sample.bin"))?;
    fs::copy(workspace.join("Cargo.lock"), directory.join("Cargo.lock"))?;
    let package = fs::read_to_string(original.join("Cargo.toml"))?;
    let package =
        package.replace(&format!("name = \"{name}\""), &format!("name = \"{crate_name}\""));
    let settings = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let absolute = |path: &str| format!("path = \"{}\"", workspace.join(path).display());
    let settings: String = settings
        .lines()
        .filter(|line| !line.starts_with("members") && !line.starts_with("default-members"))
        .map(|line| {
            ["../..", "../../freeml-core", "support"]
                .iter()
                .fold(format!("{line}\n"), |line, path| {
                    line.replace(&format!("path = \"{path}\""), &absolute(path))
                })
        })
        .collect();
    fs::write(directory.join("Cargo.toml"), format!("{settings}\n{package}"))?;
    Ok(())
}
