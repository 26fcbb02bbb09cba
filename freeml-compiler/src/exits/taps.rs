//! Where exits are.

use freeml_core::Kind;

use super::Taps;
use crate::error::Error;
use crate::program::Program;
use crate::quantise::{QuantOp, Quantised};

/// Most taps that are chosen automatically.
const MOST: usize = 4;

/// Percent of the cycles of the whole network that must lie before a first tap, between two, and
/// behind a last one.
const APART: u64 = 8;

/// The layers of `network` that `taps` asks for, in order.
pub fn find(network: &Quantised, program: &Program, taps: &Taps) -> Result<Vec<usize>, Error> {
    match taps {
        Taps::Auto => Ok(apart(network, program)),
        Taps::Named(names) => {
            let mut layers =
                names.iter().map(|name| named(network, name)).collect::<Result<Vec<_>, _>>()?;
            layers.sort_unstable();
            layers.dedup();
            Ok(layers)
        }
    }
}

fn named(network: &Quantised, name: &str) -> Result<usize, Error> {
    let layers = 0..network.layers.len().saturating_sub(1);
    let mut fitting = layers.filter(|&layer| is_cut(network, layer));
    let found = fitting.clone().find(|&layer| network.layers[layer].name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = fitting.by_ref().map(|layer| &*network.layers[layer].name).collect();
        Error::option(
            "exits",
            format!("`{name}` is no layer after which an exit can be: use {}", names.join(", ")),
        )
    })
}

/// The layers that end blocks, of which as many are kept as lie apart.
fn apart(network: &Quantised, program: &Program) -> Vec<usize> {
    let cycles: Vec<u64> = program.predicted_cycles().map(u64::from).collect();
    let all: u64 = cycles.iter().sum();
    let before = |layer: usize| cycles[..=layer].iter().sum::<u64>();
    let blocks: Vec<usize> = (0..network.layers.len().saturating_sub(1))
        .filter(|&layer| ends_block(network, layer))
        .collect();
    let far = |from: u64, to: u64| to.saturating_sub(from) * 100 >= all * APART;
    // As evenly as blocks allow: the last one before each share of the cycles.
    let mut found: Vec<usize> = Vec::new();
    for part in 1..=MOST as u64 {
        let most = all * part / (MOST as u64 + 1);
        let last = found.last().map_or(0, |&layer| before(layer));
        let fits = |layer: &usize| far(last, before(*layer)) && far(before(*layer), all);
        let fitting = blocks.iter().copied().filter(fits);
        found.extend(fitting.min_by_key(|&layer| before(layer).abs_diff(most)));
    }
    found
}

/// Whether `layer` gives what a non-linearity or a pool leaves, and nothing else is needed behind it.
fn ends_block(network: &Quantised, layer: usize) -> bool {
    let pooled = match &network.layers[layer].op {
        QuantOp::Conv { pool, .. } => pool.is_some(),
        QuantOp::MaxPool(_) => true,
        _ => false,
    };
    (pooled || network.tensors[layer + 1].kind == Kind::U8) && is_cut(network, layer)
}

/// Whether only the result of `layer` is needed behind it, which consists of bytes.
fn is_cut(network: &Quantised, layer: usize) -> bool {
    let behind = network.layers.iter().skip(layer + 1);
    let mut operands = behind.flat_map(|layer| &layer.operands);
    network.tensors[layer + 1].kind != Kind::I16 && operands.all(|&operand| operand > layer)
}
