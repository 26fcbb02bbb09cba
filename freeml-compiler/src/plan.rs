//! From an integer network to a program: addresses, step sizes, descriptors.

mod arena;
mod constants;
mod cost;
mod geometry;
mod reach;
mod windows;

use freeml_core::{HEADER_BYTES, Signature};

use crate::error::Error;
use crate::program::{Kernel, PlannedLayer, Program};
use crate::quantise::{QuantTensor, Quantised, Tables};

use arena::{Lifetime, Neighbours};
use constants::Constants;
use geometry::Places;

/// Places the tensors of `network`, encodes its weights and cuts its layers into steps.
pub fn plan(network: &Quantised) -> Result<Program, Error> {
    let layers = 0..network.layers.len();
    let constants: Vec<Constants> =
        layers.map(|index| constants::of(network, index)).collect::<Result<_, _>>()?;
    let (at, arena_bytes) = places(network, &constants)?;
    let kernels = geometry::layers(network, &constants, &at)?;
    let mut first_step = 0u32;
    let mut layers = Vec::with_capacity(kernels.len());
    for ((quantised, constants), kernel) in network.layers.iter().zip(constants).zip(kernels) {
        let first = u16::try_from(first_step).map_err(|_| Error::too_many_steps())?;
        first_step += kernel.steps();
        let (tables, macs) = match constants {
            Constants::Dense(tables) => (tables, cost::macs(&kernel)),
            Constants::Sparse(sparse) => {
                (Tables { weights: sparse.table, ..Tables::default() }, sparse.macs)
            }
        };
        let name = quantised.name.clone();
        layers.push(PlannedLayer { name, first_step: first, tables, macs, kernel });
    }
    // Progress counts one beyond the steps, and 0 means that there is no sample.
    let steps = u16::try_from(first_step).ok().filter(|&steps| steps < u16::MAX - 1);
    let last = network.tensors.len() - 1;
    let signature = Signature {
        identity: 0,
        steps: steps.ok_or_else(Error::too_many_steps)?,
        input: geometry::tensor(&network.tensors[0], at.tensors[0])?,
        logits: geometry::tensor(&network.tensors[last], at.tensors[last])?,
    };
    let state_bytes = usize::from(HEADER_BYTES) + arena_bytes.next_multiple_of(2);
    let scales = network.tensors.iter().map(|tensor| tensor.scale).collect();
    Ok(Program::new(signature, layers, state_bytes, scales))
}

/// Where tensors and scratch areas lie, and the bytes of the arena.
fn places(network: &Quantised, constants: &[Constants]) -> Result<(Places, usize), Error> {
    let (tensors, layers) = (network.tensors.len(), network.layers.len());
    let nowhere = Places { tensors: vec![0; tensors], scratch: vec![0; layers] };
    let draft = geometry::layers(network, constants, &nowhere)?;
    let mut lifetimes = lifetimes(network);
    let mut scratch = Vec::new();
    for (layer, constants) in constants.iter().enumerate() {
        let bytes = constants.scratch_bytes();
        if bytes != 0 {
            scratch.push(layer);
            lifetimes.push(Lifetime { bytes, first: layer, last: layer });
        }
    }
    let arena = arena::place(&lifetimes, &safe_neighbours(network, &draft));
    let limit = usize::from(u16::MAX - HEADER_BYTES);
    if arena.bytes > limit {
        return Err(Error::arena_too_large(arena.bytes, limit));
    }
    let at: Vec<u16> = arena
        .at
        .iter()
        .map(|&at| geometry::to_u16("arena", at).map(|at| at + HEADER_BYTES))
        .collect::<Result<_, _>>()?;
    let mut places = Places { tensors: at[..tensors].to_vec(), scratch: vec![0; layers] };
    for (layer, at) in scratch.into_iter().zip(&at[tensors..]) {
        places.scratch[layer] = *at;
    }
    Ok((places, arena.bytes))
}

/// When each tensor holds a value that is still to be read.
fn lifetimes(network: &Quantised) -> Vec<Lifetime> {
    let last_use = |tensor: usize| {
        let reads = network.layers.iter().rposition(|layer| layer.operands.contains(&tensor));
        if tensor == network.layers.len() { network.layers.len() } else { reads.unwrap_or(0) }
    };
    let bytes = |tensor: &QuantTensor| tensor.shape.len() * usize::from(tensor.kind.size());
    network
        .tensors
        .iter()
        .enumerate()
        .map(|(index, tensor)| Lifetime {
            bytes: bytes(tensor),
            first: index.saturating_sub(1),
            last: last_use(index),
        })
        .collect()
}

/// Which results may overlap which dying operands, and how far.
fn safe_neighbours(network: &Quantised, kernels: &[Kernel]) -> Neighbours {
    let mut neighbours = Neighbours::default();
    for (index, (layer, kernel)) in network.layers.iter().zip(kernels).enumerate() {
        for (place, &operand) in layer.operands.iter().enumerate() {
            neighbours.allow(operand, index + 1, reach::distance(kernel, place));
        }
    }
    neighbours
}
